//! An application in Kontext's JSON.

use appkeep_api_types::Object;
use appkeep_domain::{self as domain, ApplicationKind, OauthFacet};
use appkeep_http::Body;
use appkeep_service::{
    ApplicationFields, AttachedIntegration, Error, OauthConfig, OauthEndpoints, OauthFields, WholeApplication,
};
use serde::{Deserialize, Serialize};

use crate::json::texts;
use crate::kontext::words;

/// As it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Application {
    id: String,
    name: String,
    /// Nobody, of one that was made before that was kept.
    owner_user_id: Option<String>,
    created_at: String,
    updated_at: String,
    archived_at: Option<String>,
    can_modify: bool,
    active_session_count: u64,
    idle_session_count: u64,
    live_session_count: u64,
    total_session_count: u64,
    mcp_url_template: Option<String>,
    integrations: Vec<Attached>,
    oauth: Option<Oauth>,
}

/// What it is as an OAuth client.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Oauth {
    #[serde(rename = "type")]
    kind: &'static str,
    client_id: String,
    /// This one time.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    pkce_required: bool,
    scopes: Vec<String>,
    redirect_uris: Vec<String>,
    allowed_resources: Vec<String>,
    authorization_url: Option<String>,
    token_url: Option<String>,
    gateway_url: Option<String>,
}

/// Something that it reaches.
#[expect(clippy::struct_field_names, reason = "the members are called so")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    id: String,
    name: String,
    url: String,
    category: &'static str,
    auth_mode: &'static str,
    attached_at: String,
}

#[derive(Serialize)]
pub(super) struct Single {
    application: Application,
}

#[derive(Serialize)]
pub(super) struct SingleOauth {
    oauth: Oauth,
}

/// Beside the application, which has it too, because clients look for a new
/// secret there.
#[derive(Serialize)]
pub(super) struct WithOauth {
    application: Application,
    oauth: Option<Oauth>,
}

impl Application {
    pub(super) fn of(whole: &WholeApplication) -> Self {
        let (application, sessions) = (&whole.application, whole.agents.unwrap_or_default());
        let endpoints = whole.endpoints.as_ref();
        Self {
            id: application.id.to_uuid(),
            name: application.name.to_string(),
            owner_user_id: application.made_by.as_ref().map(words::user_id),
            created_at: application.created_at.to_string(),
            updated_at: application.updated_at.to_string(),
            archived_at: application.archived_at.map(|at| at.to_string()),
            can_modify: whole.can.update,
            active_session_count: sessions.active,
            idle_session_count: sessions.idle,
            live_session_count: sessions.live,
            total_session_count: sessions.total,
            mcp_url_template: endpoints.map(|endpoints| endpoints.gateway.clone()),
            integrations: whole.integrations.iter().map(Attached::of).collect(),
            oauth: oauth(whole),
        }
    }
}

fn oauth(whole: &WholeApplication) -> Option<Oauth> {
    let facet = whole.application.oauth.as_ref()?;
    Some(Oauth::of(&whole.application, facet, whole.endpoints.as_ref()))
}

impl Oauth {
    fn of(application: &domain::Application, facet: &OauthFacet, endpoints: Option<&OauthEndpoints>) -> Self {
        Self {
            kind: words::oauth_type(application.kind),
            client_id: words::client_id(application.id),
            client_secret: None,
            pkce_required: facet.require_pkce,
            scopes: texts(&facet.allowed_scopes),
            redirect_uris: texts(&facet.redirect_uris),
            allowed_resources: texts(&facet.allowed_resources),
            authorization_url: endpoints.map(|endpoints| endpoints.authorization.clone()),
            token_url: endpoints.map(|endpoints| endpoints.token.clone()),
            gateway_url: endpoints.map(|endpoints| endpoints.gateway.clone()),
        }
    }
}

impl Attached {
    fn of(attached: &AttachedIntegration) -> Self {
        let integration = &attached.integration;
        Self {
            id: integration.id.to_uuid(),
            name: integration.name.to_string(),
            url: integration.url.to_string(),
            category: integration.category.as_str(),
            auth_mode: integration.auth.as_str(),
            attached_at: attached.attached_at.to_string(),
        }
    }
}

impl Single {
    pub(super) fn of(whole: &WholeApplication) -> Self {
        Self { application: Application::of(whole) }
    }
}

impl SingleOauth {
    pub(super) fn of(config: &OauthConfig) -> Self {
        Self { oauth: Oauth::of(&config.application, &config.facet, config.endpoints.as_ref()) }
    }
}

impl WithOauth {
    pub(super) fn of(whole: &WholeApplication, secret: Option<String>) -> Self {
        let oauth = oauth(whole).map(|oauth| Oauth { client_secret: secret, ..oauth });
        Self { application: Application::of(whole), oauth }
    }
}

/// What a new one is to be. Members that are not known are passed over.
#[derive(Deserialize)]
pub(super) struct NewApplication {
    name: String,
    oauth: Object<NewOauth>,
}

impl Body for NewApplication {
    const REQUIRED: &'static [&'static str] = &["name", "oauth"];
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewOauth {
    #[serde(rename = "type")]
    kind: String,
    redirect_uris: Vec<String>,
    pkce_required: Option<bool>,
    scopes: Option<Vec<String>>,
    allowed_resources: Option<Vec<String>>,
}

/// What stands in `oauth`, as the native API calls it.
pub(super) const OF_OAUTH: [&str; 6] =
    ["type", "redirect_uris", "require_pkce", "allowed_scopes", "allowed_resources", "grant_types"];

impl NewApplication {
    /// One that keeps a secret trades tokens in as well: its agents reach what it
    /// is attached to by tokens that it exchanged.
    pub(super) fn into_fields(self) -> Result<(ApplicationKind, ApplicationFields), Error> {
        let Object(oauth) = self.oauth;
        let kind = words::kind(&oauth.kind)?;
        let every_grant = || kind.grant_types().iter().map(|grant| grant.as_str().to_owned()).collect();
        let fields = ApplicationFields {
            name: Some(self.name),
            redirect_uris: Some(oauth.redirect_uris),
            require_pkce: Some(oauth.pkce_required.unwrap_or(true)),
            allowed_scopes: oauth.scopes,
            allowed_resources: oauth.allowed_resources,
            grant_types: kind.is_confidential().then(every_grant),
            ..ApplicationFields::default()
        };
        Ok((kind, fields))
    }
}

/// What is to become of one; what is left out stays.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Patch {
    name: Option<String>,
}

impl Body for Patch {
    const REQUIRED: &'static [&'static str] = &[];
}

impl Patch {
    pub(super) fn into_fields(self) -> ApplicationFields {
        ApplicationFields { name: self.name, ..ApplicationFields::default() }
    }
}

/// The same of what it is as an OAuth client.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OauthPatch {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    redirect_uris: Option<Vec<String>>,
    pkce_required: Option<bool>,
    scopes: Option<Vec<String>>,
    allowed_resources: Option<Vec<String>>,
}

impl Body for OauthPatch {
    const REQUIRED: &'static [&'static str] = &[];
}

impl OauthPatch {
    pub(super) fn into_fields(self) -> OauthFields {
        OauthFields {
            redirect_uris: self.redirect_uris,
            allowed_scopes: self.scopes,
            allowed_resources: self.allowed_resources,
            grant_types: None,
            require_pkce: self.pkce_required,
        }
    }
}
