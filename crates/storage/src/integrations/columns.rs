//! What is said and was found of an integration, as JSON columns.

use appkeep_domain::integration::{
    Capabilities, CredentialSchema, FoundMetadata, Integration, IntegrationUrl, OauthClient, ProviderWord,
    Validation, ValidationStatus,
};
use appkeep_domain::{ProviderClientId, Timestamp};
use appkeep_oauth::ScopeSet;
use serde::{Deserialize, Serialize};

use crate::claims::parse_scope;
use crate::error::BoxError;

/// How settings are kept; a field added later has a default.
#[derive(Serialize, Deserialize)]
struct SettingsColumn {
    scopes: String,
    provider: Option<String>,
    issuer: Option<String>,
    /// The text of it.
    credential_schema: Option<String>,
    tools: bool,
    resources: bool,
    prompts: bool,
    client: Option<ClientColumn>,
}

#[derive(Serialize, Deserialize)]
struct ClientColumn {
    client_id: String,
    authorization_url: Option<String>,
    token_url: Option<String>,
    scopes: Option<String>,
}

/// What `settings` says.
pub(super) struct Settings {
    pub(super) scopes: ScopeSet,
    pub(super) provider: Option<ProviderWord>,
    pub(super) issuer: Option<IntegrationUrl>,
    pub(super) credential_schema: Option<CredentialSchema>,
    pub(super) capabilities: Capabilities,
    pub(super) client: Option<OauthClient>,
}

#[derive(Serialize, Deserialize)]
struct ValidationColumn {
    status: String,
    message: String,
    at: i64,
    metadata: Option<MetadataColumn>,
}

#[derive(Serialize, Deserialize)]
struct MetadataColumn {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    resource: Option<String>,
    scopes_supported: Vec<String>,
    #[serde(default)]
    says_who_answers: bool,
}

pub(super) fn print_settings(integration: &Integration) -> String {
    let text = |url: &IntegrationUrl| url.as_str().to_owned();
    let client = integration.client.as_ref().map(|client| ClientColumn {
        client_id: client.client_id.as_str().to_owned(),
        authorization_url: client.authorization_url.as_ref().map(text),
        token_url: client.token_url.as_ref().map(text),
        scopes: client.scopes.as_ref().map(ToString::to_string),
    });
    let Capabilities { tools, resources, prompts } = integration.capabilities;
    let column = SettingsColumn {
        scopes: integration.scopes.to_string(),
        provider: integration.provider.as_ref().map(|word| word.as_str().to_owned()),
        issuer: integration.issuer.as_ref().map(text),
        credential_schema: integration.credential_schema.as_ref().map(|schema| schema.as_str().to_owned()),
        tools,
        resources,
        prompts,
        client,
    };
    serde_json::to_string(&column).expect("strings and booleans are JSON")
}

pub(super) fn parse_settings(text: &str, has_secret: bool) -> Result<Settings, BoxError> {
    let column: SettingsColumn = serde_json::from_str(text)?;
    let url = |raw: &String| IntegrationUrl::parse(raw);
    let client = column.client.map(|client| -> Result<OauthClient, BoxError> {
        Ok(OauthClient {
            client_id: ProviderClientId::parse(&client.client_id)?,
            has_secret,
            authorization_url: client.authorization_url.as_ref().map(url).transpose()?,
            token_url: client.token_url.as_ref().map(url).transpose()?,
            scopes: client.scopes.as_deref().map(parse_scope).transpose()?,
        })
    });
    Ok(Settings {
        scopes: parse_scope(&column.scopes)?,
        provider: column.provider.as_deref().map(ProviderWord::parse).transpose()?,
        issuer: column.issuer.as_ref().map(url).transpose()?,
        credential_schema: column.credential_schema.map(CredentialSchema::of_object).transpose()?,
        capabilities: Capabilities {
            tools: column.tools,
            resources: column.resources,
            prompts: column.prompts,
        },
        client: client.transpose()?,
    })
}

pub(super) fn print_validation(validation: &Validation) -> String {
    let metadata = validation.metadata.as_ref().map(|found| MetadataColumn {
        issuer: found.issuer.to_string(),
        authorization_endpoint: found.authorization_endpoint.to_string(),
        token_endpoint: found.token_endpoint.to_string(),
        resource: found.resource.as_ref().map(ToString::to_string),
        scopes_supported: found.scopes_supported.clone(),
        says_who_answers: found.says_who_answers,
    });
    let column = ValidationColumn {
        status: validation.status.as_str().to_owned(),
        message: validation.message.clone(),
        at: validation.at.as_micros(),
        metadata,
    };
    serde_json::to_string(&column).expect("strings and numbers are JSON")
}

pub(super) fn parse_validation(text: &str) -> Result<Validation, BoxError> {
    let column: ValidationColumn = serde_json::from_str(text)?;
    let metadata = column.metadata.map(|found| -> Result<FoundMetadata, BoxError> {
        Ok(FoundMetadata {
            issuer: IntegrationUrl::parse(&found.issuer)?,
            authorization_endpoint: IntegrationUrl::parse(&found.authorization_endpoint)?,
            token_endpoint: IntegrationUrl::parse(&found.token_endpoint)?,
            resource: found.resource.as_deref().map(IntegrationUrl::parse).transpose()?,
            scopes_supported: found.scopes_supported,
            says_who_answers: found.says_who_answers,
        })
    });
    Ok(Validation {
        status: ValidationStatus::parse(&column.status)?,
        message: column.message,
        at: Timestamp::from_micros(column.at),
        metadata: metadata.transpose()?,
    })
}
