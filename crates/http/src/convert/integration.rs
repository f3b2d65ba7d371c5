//! What a tenant lets its applications reach.

use appkeep_api_types as api;
use appkeep_domain::integration::{
    AuthMode, Category, CredentialSchema, FoundMetadata, Integration, IntegrationUrl, ProviderWord,
    ValidationStatus,
};
use appkeep_service::{
    AttachedIntegration, CapabilityFields, Comeback, Error, ErrorCode, Expected, Fault, IntegrationClient,
    IntegrationClientFields, IntegrationDeparture, IntegrationFields, IntegrationLink, IntegrationQuery,
    IntegrationUpdate, LinkStatus, NewIntegration, OwnToken, PageQuery,
};
use zeroize::Zeroizing;

use super::audit::actor;
use super::fields::{edit, json};
use super::{moment, text, texts};

pub(crate) fn integration(integration: &Integration) -> api::Integration {
    let validation = integration.validation.as_ref();
    let capabilities = integration.capabilities;
    api::Integration {
        id: integration.id.to_string(),
        name: integration.name.to_string(),
        url: integration.url.to_string(),
        category: category(integration.category),
        auth_mode: auth_mode(integration.auth),
        scopes: texts(&integration.scopes),
        provider: integration.provider.as_ref().map(ProviderWord::as_str).map(str::to_owned),
        issuer: integration.issuer.as_ref().map(text),
        server_token_configured: integration.has_server_token,
        oauth_client_configured: integration.client.is_some(),
        credential_schema: integration.credential_schema.as_ref().and_then(members),
        capabilities: api::Capabilities {
            tools: capabilities.tools,
            resources: capabilities.resources,
            prompts: capabilities.prompts,
        },
        validation_status: validation.map(|validation| status(validation.status)),
        validation_message: validation.map(|validation| validation.message.clone()),
        validated_at: validation.map(|validation| moment(validation.at)),
        oauth_metadata: validation.and_then(|validation| validation.metadata.as_ref()).map(metadata),
        created_by: actor(integration.created_by.clone()),
        created_at: moment(integration.created_at),
        updated_at: moment(integration.updated_at),
        archived_at: integration.archived_at.map(moment),
    }
}

pub(crate) fn integration_oauth(known: &IntegrationClient) -> api::IntegrationOauth {
    let client = known.integration.client.as_ref();
    let said = |which: Option<&IntegrationUrl>| which.map(text);
    let found = known.integration.validation.as_ref().and_then(|validation| validation.metadata.as_ref());
    api::IntegrationOauth {
        client_id: client.map(|client| client.client_id.as_str().to_owned()),
        client_secret_configured: client.is_some_and(|client| client.has_secret),
        authorization_url: said(client.and_then(|client| client.authorization_url.as_ref())),
        token_url: said(client.and_then(|client| client.token_url.as_ref())),
        scopes: client.and_then(|client| client.scopes.as_ref()).map(texts),
        redirect_uri: known.redirect_uri.clone(),
        metadata: found.map(metadata),
    }
}

pub(crate) fn attached_integration(attached: &AttachedIntegration) -> api::AttachedIntegration {
    let integration = &attached.integration;
    api::AttachedIntegration {
        integration_id: integration.id.to_string(),
        name: integration.name.to_string(),
        category: category(integration.category),
        auth_mode: auth_mode(integration.auth),
        attached_at: moment(attached.attached_at),
    }
}

pub(crate) fn new_integration(new: api::NewIntegration) -> NewIntegration {
    let fields = IntegrationFields {
        name: Some(new.name),
        url: Some(new.url),
        category: new.category,
        auth_mode: new.auth_mode,
        scopes: new.scopes,
        provider: edit(new.provider),
        issuer: edit(new.issuer),
        server_token: new.server_token.map(Zeroizing::new),
        credential_schema: json(new.credential_schema),
        capabilities: capabilities(new.capabilities),
    };
    NewIntegration { fields, confirm_unarchive: new.confirm_unarchive.unwrap_or_default() }
}

pub(crate) fn integration_update(patch: api::IntegrationPatch, expected: Expected) -> IntegrationUpdate {
    let fields = IntegrationFields {
        name: patch.name,
        url: patch.url,
        category: patch.category,
        auth_mode: patch.auth_mode,
        scopes: patch.scopes,
        provider: edit(patch.provider),
        issuer: edit(patch.issuer),
        server_token: patch.server_token.map(Zeroizing::new),
        credential_schema: json(patch.credential_schema),
        capabilities: capabilities(patch.capabilities),
    };
    IntegrationUpdate { expected, fields }
}

pub(crate) fn integration_query(query: api::IntegrationQuery) -> IntegrationQuery {
    IntegrationQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        category: query.category,
        auth_mode: query.auth_mode,
        archived: query.archived.unwrap_or_default(),
        text: query.q,
    }
}

pub(crate) fn integration_client(new: api::NewIntegrationOauth) -> IntegrationClientFields {
    IntegrationClientFields {
        client_id: new.client_id,
        client_secret: new.client_secret.map(Zeroizing::new),
        authorization_url: new.authorization_url,
        token_url: new.token_url,
        scopes: new.scopes,
    }
}

pub(crate) fn integration_connection(link: &IntegrationLink) -> api::IntegrationConnection {
    api::IntegrationConnection {
        connected: link.status == LinkStatus::Connected,
        status: link_status(link.status),
        connected_at: link.connected_at.map(moment),
        expires_at: link.expires_at.map(moment),
    }
}

pub(crate) fn connected_user(link: &IntegrationLink) -> api::ConnectedUser {
    api::ConnectedUser {
        user_id: link.user.to_string(),
        status: link_status(link.status),
        connected_at: link.connected_at.map(moment),
        expires_at: link.expires_at.map(moment),
    }
}

pub(crate) fn own_token(own: api::OwnIntegrationToken) -> OwnToken {
    OwnToken { token: Zeroizing::new(own.token), expires_at: own.expires_at }
}

pub(crate) fn integration_authorization(departure: &IntegrationDeparture) -> api::IntegrationAuthorization {
    api::IntegrationAuthorization {
        connect_url: departure.connect_url.clone(),
        state: departure.state.expose().to_owned(),
        expires_at: moment(departure.expires_at),
    }
}

/// One of the two, and not both.
pub(crate) fn comeback(arrival: api::IntegrationArrival) -> Result<Comeback, Error> {
    let outcome = match (arrival.code, arrival.error) {
        (Some(code), None) => Ok(Zeroizing::new(code)),
        (None, Some(error)) => Err(error),
        (Some(_), Some(_)) | (None, None) => {
            let message = "there is to be this or `error`";
            return Err(Error::invalid(Fault::new("code", ErrorCode::InvalidRequest, message)));
        }
    };
    Ok(Comeback { state: Zeroizing::new(arrival.state), outcome })
}

const fn link_status(status: LinkStatus) -> api::IntegrationConnectionStatus {
    match status {
        LinkStatus::Connected => api::IntegrationConnectionStatus::Connected,
        LinkStatus::Expired => api::IntegrationConnectionStatus::Expired,
        LinkStatus::None => api::IntegrationConnectionStatus::None,
    }
}

fn capabilities(patch: Option<api::CapabilitiesPatch>) -> CapabilityFields {
    let api::CapabilitiesPatch { tools, resources, prompts } = patch.unwrap_or_default();
    CapabilityFields { tools, resources, prompts }
}

fn metadata(found: &FoundMetadata) -> api::IntegrationMetadata {
    api::IntegrationMetadata {
        issuer: found.issuer.to_string(),
        authorization_endpoint: found.authorization_endpoint.to_string(),
        token_endpoint: found.token_endpoint.to_string(),
        resource: found.resource.as_ref().map(text),
        scopes_supported: found.scopes_supported.clone(),
    }
}

/// Kept as the text of an object.
fn members(schema: &CredentialSchema) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_str(schema.as_str()).ok()
}

const fn category(category: Category) -> api::IntegrationCategory {
    match category {
        Category::GatewayRemoteMcp => api::IntegrationCategory::GatewayRemoteMcp,
        Category::InternalMcpCredentials => api::IntegrationCategory::InternalMcpCredentials,
    }
}

const fn auth_mode(auth: AuthMode) -> api::IntegrationAuthMode {
    match auth {
        AuthMode::Oauth => api::IntegrationAuthMode::Oauth,
        AuthMode::UserToken => api::IntegrationAuthMode::UserToken,
        AuthMode::ServerToken => api::IntegrationAuthMode::ServerToken,
        AuthMode::Nothing => api::IntegrationAuthMode::None,
    }
}

const fn status(status: ValidationStatus) -> api::IntegrationValidationStatus {
    match status {
        ValidationStatus::Valid => api::IntegrationValidationStatus::Valid,
        ValidationStatus::Unauthorized => api::IntegrationValidationStatus::Unauthorized,
        ValidationStatus::Unreachable => api::IntegrationValidationStatus::Unreachable,
        ValidationStatus::Invalid => api::IntegrationValidationStatus::Invalid,
    }
}
