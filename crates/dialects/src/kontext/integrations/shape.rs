//! An integration in Kontext's JSON.

use appkeep_api_types::{Edit, Object};
use appkeep_domain::integration::{self, FoundMetadata, IntegrationUrl, OauthClient, ProviderWord};
use appkeep_http::Body;
use appkeep_service::{
    CapabilityFields, IntegrationClient, IntegrationClientFields, IntegrationFields, NewIntegration,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::edit::{edit, edit_as};
use crate::json::texts;

/// As it is shown: never with a secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Integration {
    id: String,
    name: String,
    url: String,
    category: &'static str,
    auth_mode: &'static str,
    oauth: Oauth,
    server_token_configured: bool,
    credential_schema: Option<Value>,
    capabilities: Capabilities,
    validation_status: Option<&'static str>,
    validation_message: Option<String>,
    validated_at: Option<String>,
    created_at: String,
    updated_at: String,
    archived_at: Option<String>,
}

#[derive(Serialize)]
struct Oauth {
    provider: Option<String>,
    issuer: Option<String>,
    scopes: Vec<String>,
    /// What came of looking for who gives out tokens; `null` until then.
    metadata: Option<Metadata>,
}

#[derive(Serialize)]
struct Capabilities {
    tools: bool,
    resources: bool,
    prompts: bool,
}

/// As an authorization server spells it (RFC 8414 §2).
#[derive(Serialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    scopes_supported: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Single {
    pub(super) integration: Integration,
}

/// What came of reaching one, both ways in which clients look for it.
#[derive(Serialize)]
pub(super) struct Validated {
    status: Option<&'static str>,
    message: Option<String>,
    integration: Integration,
}

/// As what we are registered with whoever gives out tokens for one.
#[expect(clippy::struct_field_names, reason = "the members are called so")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Client {
    client_id: Option<String>,
    client_secret_configured: bool,
    authorization_url: Option<String>,
    token_url: Option<String>,
    scopes: Option<Vec<String>>,
    /// Where people come back to.
    redirect_uri: String,
    metadata: Option<Metadata>,
}

#[derive(Serialize)]
pub(super) struct SingleClient {
    pub(super) oauth: Client,
}

impl Integration {
    pub(super) fn of(one: &integration::Integration) -> Self {
        let (validation, capabilities) = (one.validation.as_ref(), one.capabilities);
        let schema = one.credential_schema.as_ref();
        Self {
            id: one.id.to_uuid(),
            name: one.name.to_string(),
            url: one.url.to_string(),
            category: one.category.as_str(),
            auth_mode: one.auth.as_str(),
            oauth: Oauth {
                provider: one.provider.as_ref().map(ProviderWord::as_str).map(str::to_owned),
                issuer: one.issuer.as_ref().map(ToString::to_string),
                scopes: texts(&one.scopes),
                metadata: metadata(one),
            },
            server_token_configured: one.has_server_token,
            credential_schema: schema.and_then(|schema| serde_json::from_str(schema.as_str()).ok()),
            capabilities: Capabilities {
                tools: capabilities.tools,
                resources: capabilities.resources,
                prompts: capabilities.prompts,
            },
            validation_status: validation.map(|validation| validation.status.as_str()),
            validation_message: validation.map(|validation| validation.message.clone()),
            validated_at: validation.map(|validation| validation.at.to_string()),
            created_at: one.created_at.to_string(),
            updated_at: one.updated_at.to_string(),
            archived_at: one.archived_at.map(|at| at.to_string()),
        }
    }
}

fn metadata(one: &integration::Integration) -> Option<Metadata> {
    one.validation.as_ref()?.metadata.as_ref().map(Metadata::of)
}

impl Metadata {
    fn of(found: &FoundMetadata) -> Self {
        Self {
            issuer: found.issuer.to_string(),
            authorization_endpoint: found.authorization_endpoint.to_string(),
            token_endpoint: found.token_endpoint.to_string(),
            resource: found.resource.as_ref().map(ToString::to_string),
            scopes_supported: found.scopes_supported.clone(),
        }
    }
}

impl Validated {
    pub(super) fn of(reached: &integration::Integration) -> Self {
        let integration = Integration::of(reached);
        let (status, message) = (integration.validation_status, integration.validation_message.clone());
        Self { status, message, integration }
    }
}

impl Client {
    pub(super) fn of(known: &IntegrationClient) -> Self {
        let client = known.integration.client.as_ref();
        let url = |which: fn(&OauthClient) -> Option<&IntegrationUrl>| {
            client.and_then(which).map(ToString::to_string)
        };
        Self {
            client_id: client.map(|client| client.client_id.as_str().to_owned()),
            client_secret_configured: client.is_some_and(|client| client.has_secret),
            authorization_url: url(|client| client.authorization_url.as_ref()),
            token_url: url(|client| client.token_url.as_ref()),
            scopes: client.and_then(|client| client.scopes.as_ref()).map(texts),
            redirect_uri: known.redirect_uri.clone(),
            metadata: metadata(&known.integration),
        }
    }
}

/// What is said of one. Members that are not known are passed over; which are
/// missing in what is to be made, the service says.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Said {
    name: Option<String>,
    url: Option<String>,
    category: Option<String>,
    auth_mode: Option<String>,
    oauth: Option<Object<OauthPart>>,
    server_token: Option<String>,
    credential_schema: Edit<Map<String, Value>>,
    capabilities: Option<Object<CapabilitiesPart>>,
    confirm_unarchive: Option<bool>,
}

impl Body for Said {
    const REQUIRED: &'static [&'static str] = &[];
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OauthPart {
    provider: Edit<String>,
    issuer: Edit<String>,
    scopes: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CapabilitiesPart {
    tools: Option<bool>,
    resources: Option<bool>,
    prompts: Option<bool>,
}

/// What stands in `oauth`, as the native API calls it.
pub(super) const OF_OAUTH: [&str; 3] = ["provider", "issuer", "scopes"];

impl Said {
    pub(super) fn into_new(self) -> NewIntegration {
        let confirm_unarchive = self.confirm_unarchive.unwrap_or_default();
        NewIntegration { fields: self.into_fields(), confirm_unarchive }
    }

    pub(super) fn into_fields(self) -> IntegrationFields {
        let oauth = self.oauth.map(|Object(oauth)| oauth).unwrap_or_default();
        let offers = self.capabilities.map(|Object(offers)| offers).unwrap_or_default();
        IntegrationFields {
            name: self.name,
            url: self.url,
            category: self.category,
            auth_mode: self.auth_mode,
            scopes: oauth.scopes,
            provider: edit(oauth.provider),
            issuer: edit(oauth.issuer),
            server_token: self.server_token.map(Zeroizing::new),
            credential_schema: edit_as(self.credential_schema, |schema| Value::Object(schema).to_string()),
            capabilities: CapabilityFields {
                tools: offers.tools,
                resources: offers.resources,
                prompts: offers.prompts,
            },
        }
    }
}

/// As what we are registered from now on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewClient {
    client_id: String,
    client_secret: Option<String>,
    authorization_url: Option<String>,
    token_url: Option<String>,
    scopes: Option<Vec<String>>,
}

impl Body for NewClient {
    const REQUIRED: &'static [&'static str] = &["clientId"];
}

impl NewClient {
    pub(super) fn into_fields(self) -> IntegrationClientFields {
        IntegrationClientFields {
            client_id: self.client_id,
            client_secret: self.client_secret.map(Zeroizing::new),
            authorization_url: self.authorization_url,
            token_url: self.token_url,
            scopes: self.scopes,
        }
    }
}
