//! An application in ScaiKey's JSON.

use appkeep_api_types::Edit;
use appkeep_domain::{self as domain, Owner};
use appkeep_http::Body;
use appkeep_service::{
    self as service, ApplicationFields, ApplicationUpdate, Error, ErrorCode, Fault, OwnershipFields,
};
use serde::{Deserialize, Serialize};

use crate::edit::edit;
use crate::json::texts;
use crate::scaikey::words;

/// As it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Application {
    id: String,
    client_id: String,
    name: String,
    slug: String,
    description: Option<String>,
    logo_url: Option<String>,
    #[serde(rename = "application_type")]
    kind: &'static str,
    scope: &'static str,
    tenant_id: Option<String>,
    partner_id: Option<String>,
    status: &'static str,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    allowed_origins: Vec<String>,
    allowed_scopes: Vec<String>,
    /// In seconds.
    token_lifetime: Option<u32>,
    /// In seconds.
    refresh_token_lifetime: Option<u32>,
    created_at: String,
    updated_at: String,
}

/// The same with a secret, this one time.
#[derive(Serialize)]
pub(super) struct Secret<T> {
    #[serde(flatten)]
    pub(super) of: T,
    pub(super) client_secret: Option<String>,
}

/// What rotating gives, this one time.
#[derive(Serialize)]
pub(super) struct Rotated {
    id: String,
    client_id: String,
    client_secret: String,
}

impl Rotated {
    pub(super) fn of(rotated: &service::Rotated) -> Self {
        Self {
            id: rotated.application.to_string(),
            client_id: rotated.application.to_string(),
            client_secret: rotated.client_secret.expose().to_owned(),
        }
    }
}

impl Application {
    pub(super) fn of(application: &domain::Application) -> Self {
        let oauth = application.oauth.as_ref();
        let (tenant_id, partner_id) = owner_ids(application.owner);
        Self {
            id: application.id.to_string(),
            client_id: application.id.to_string(),
            name: application.name.to_string(),
            slug: application.slug.to_string(),
            description: application.description.clone(),
            logo_url: application.logo_url.clone(),
            kind: words::application_type(application.kind),
            scope: words::scope(application.owner),
            tenant_id,
            partner_id,
            status: words::status(application),
            redirect_uris: oauth.map(|oauth| texts(&oauth.redirect_uris)).unwrap_or_default(),
            post_logout_redirect_uris: oauth
                .map(|oauth| texts(&oauth.post_logout_redirect_uris))
                .unwrap_or_default(),
            allowed_origins: oauth.map(|oauth| texts(&oauth.allowed_origins)).unwrap_or_default(),
            allowed_scopes: oauth.map(|oauth| texts(&oauth.allowed_scopes)).unwrap_or_default(),
            token_lifetime: oauth.map(|oauth| oauth.access_token_ttl.as_seconds()),
            refresh_token_lifetime: oauth.map(|oauth| oauth.refresh_token_ttl.as_seconds()),
            created_at: application.created_at.to_string(),
            updated_at: application.updated_at.to_string(),
        }
    }
}

fn owner_ids(owner: Owner) -> (Option<String>, Option<String>) {
    match owner {
        Owner::Global => (None, None),
        Owner::Partner(id) => (None, Some(id.to_string())),
        Owner::Tenant(id) => (Some(id.to_string()), None),
    }
}

/// What a new one is to be. Members that are not known are passed over, as they
/// are there.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Said")]
pub(super) struct NewApplication {
    application_type: String,
    scope: String,
    said: Said,
}

impl Body for NewApplication {
    const REQUIRED: &'static [&'static str] = &["name", "application_type", "scope"];
}

impl TryFrom<Said> for NewApplication {
    type Error = &'static str;

    fn try_from(mut said: Said) -> Result<Self, &'static str> {
        match (said.application_type.take(), said.scope.take()) {
            (Some(application_type), Some(scope)) if said.name.is_some() => {
                Ok(Self { application_type, scope, said })
            }
            _ => Err("what is required is not there"),
        }
    }
}

/// What is to become of one.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Patch(Said);

impl Body for Patch {
    const REQUIRED: &'static [&'static str] = &[];
}

/// Whatever is said of one. Where nothing can stand, `null` is nothing said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    application_type: Option<String>,
    scope: Option<String>,
    tenant_id: Option<String>,
    partner_id: Option<String>,
    name: Option<String>,
    description: Edit<String>,
    logo_url: Edit<String>,
    redirect_uris: Option<Vec<String>>,
    post_logout_redirect_uris: Option<Vec<String>>,
    allowed_origins: Option<Vec<String>>,
    allowed_scopes: Option<Vec<String>>,
    token_lifetime: Option<i64>,
    refresh_token_lifetime: Option<i64>,
}

impl NewApplication {
    /// Its kind, and the rest. Which id is required, the scope says; the other
    /// one says nothing of whose it is, since a tenant's partner is known.
    pub(super) fn into_fields(mut self) -> Result<(String, ApplicationFields), Error> {
        let (tenant_id, partner_id) = (self.said.tenant_id.take(), self.said.partner_id.take());
        let (tenant_id, partner_id) = match self.scope.as_str() {
            "TENANT" => (required("tenant_id", tenant_id)?, service::Edit::Keep),
            "PARTNER" => (service::Edit::Keep, required("partner_id", partner_id)?),
            _ => (service::Edit::Keep, service::Edit::Keep),
        };
        let ownership =
            OwnershipFields { ownership: Some(words::ownership(&self.scope)), tenant_id, partner_id };
        let fields = ApplicationFields { ownership, ..self.said.into_fields() };
        Ok((words::kind(&self.application_type), fields))
    }
}

impl Patch {
    pub(super) fn into_update(self) -> ApplicationUpdate {
        let Self(mut said) = self;
        let id = |raw: Option<String>| raw.map_or(service::Edit::Keep, service::Edit::Set);
        let ownership = OwnershipFields {
            ownership: said.scope.as_deref().map(words::ownership),
            tenant_id: id(said.tenant_id.take()),
            partner_id: id(said.partner_id.take()),
        };
        ApplicationUpdate {
            kind: said.application_type.as_deref().map(words::kind),
            fields: ApplicationFields { ownership, ..said.into_fields() },
            ..ApplicationUpdate::default()
        }
    }
}

impl Said {
    fn into_fields(self) -> ApplicationFields {
        ApplicationFields {
            name: self.name,
            description: edit(self.description),
            logo_url: edit(self.logo_url),
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            allowed_origins: self.allowed_origins,
            allowed_scopes: self.allowed_scopes,
            access_token_ttl_s: self.token_lifetime,
            refresh_token_ttl_s: self.refresh_token_lifetime,
            ..ApplicationFields::default()
        }
    }
}

fn required(field: &str, id: Option<String>) -> Result<service::Edit<String>, Error> {
    let missing = || Error::invalid(Fault::new(field, ErrorCode::InvalidRequest, "is required"));
    id.map(service::Edit::Set).ok_or_else(missing)
}
