//! Applications that register themselves, and the tokens that let them.

use appkeep_api_types as api;
use appkeep_domain::registration::RegistrationToken;
use appkeep_domain::{ApplicationKind, ClientKeys, OauthFacet, SigningAlgorithm};
use appkeep_oauth::GrantType;
use appkeep_service::{
    ClientMetadata, MadeRegistrationToken, RegisteredClient, RegistrationTokenFields, ReplacedMetadata,
};
use serde_json::Value;

use super::audit::actor;
use super::{moment, text, texts};

pub(crate) fn client_metadata(metadata: api::ClientMetadata) -> ClientMetadata {
    ClientMetadata {
        redirect_uris: metadata.redirect_uris,
        post_logout_redirect_uris: metadata.post_logout_redirect_uris,
        token_endpoint_auth_method: metadata.token_endpoint_auth_method,
        grant_types: metadata.grant_types,
        response_types: metadata.response_types,
        application_type: metadata.application_type,
        client_name: metadata.client_name,
        client_uri: metadata.client_uri,
        logo_uri: metadata.logo_uri,
        scope: metadata.scope,
        contacts: metadata.contacts,
        tos_uri: metadata.tos_uri,
        policy_uri: metadata.policy_uri,
        jwks: metadata.jwks.map(|members| Value::Object(members).to_string()),
        jwks_uri: metadata.jwks_uri,
        software_id: metadata.software_id,
        software_version: metadata.software_version,
        id_token_signed_response_alg: metadata.id_token_signed_response_alg,
    }
}

pub(crate) fn replaced_metadata(update: api::ClientUpdate) -> ReplacedMetadata {
    let ours = [
        ("registration_access_token", update.registration_access_token),
        ("registration_client_uri", update.registration_client_uri),
        ("client_id_issued_at", update.client_id_issued_at),
        ("client_secret_expires_at", update.client_secret_expires_at),
    ];
    let sent = |(name, value): (&'static str, Option<Value>)| value.map(|_| name);
    ReplacedMetadata {
        metadata: client_metadata(update.metadata),
        client_id: update.client_id,
        client_secret: update.client_secret,
        ours: ours.into_iter().filter_map(sent).collect(),
    }
}

/// `endpoint` is where clients register, at the issuer that was asked.
pub(crate) fn registered_client(registered: &RegisteredClient, endpoint: &str) -> api::RegisteredClient {
    let client_id = registered.application.id.to_string();
    let client_secret = registered.client_secret.as_ref().map(|secret| secret.expose().to_owned());
    api::RegisteredClient {
        client_secret_expires_at: client_secret.as_ref().map(|_| 0),
        client_secret,
        client_id_issued_at: registered.registration.created_at.as_seconds(),
        registration_access_token: registered.access_token.as_str().to_owned(),
        registration_client_uri: format!("{endpoint}/{client_id}"),
        client_id,
        metadata: metadata(registered),
    }
}

/// As it is registered: with what was not said, and without what was passed over.
fn metadata(registered: &RegisteredClient) -> api::ClientMetadata {
    let RegisteredClient { application, registration, .. } = registered;
    let said = registration.said.clone();
    let shown = api::ClientMetadata {
        application_type: Some(application_type(application.kind).to_owned()),
        client_name: Some(application.name.to_string()),
        client_uri: said.client_uri,
        logo_uri: application.logo_url.clone(),
        contacts: Some(said.contacts).filter(|contacts| !contacts.is_empty()),
        tos_uri: said.tos_uri,
        policy_uri: said.policy_uri,
        software_id: said.software_id,
        software_version: said.software_version,
        ..api::ClientMetadata::default()
    };
    match &application.oauth {
        Some(facet) => of_facet(facet, shown),
        None => shown,
    }
}

fn of_facet(facet: &OauthFacet, shown: api::ClientMetadata) -> api::ClientMetadata {
    let asks = facet.grant_types.contains(&GrantType::AuthorizationCode);
    let (jwks, jwks_uri) = match &facet.client_keys {
        None => (None, None),
        // Read as JSON when it was registered, so that it can be read again.
        Some(ClientKeys::Set(set)) => (serde_json::from_str(set).ok(), None),
        Some(ClientKeys::At(uri)) => (None, Some(uri.clone())),
    };
    let logout = texts(&facet.post_logout_redirect_uris);
    api::ClientMetadata {
        redirect_uris: Some(texts(&facet.redirect_uris)),
        post_logout_redirect_uris: Some(logout).filter(|uris| !uris.is_empty()),
        token_endpoint_auth_method: Some(facet.auth_method.as_str().to_owned()),
        grant_types: Some(facet.grant_types.iter().map(|grant| grant.as_str().to_owned()).collect()),
        response_types: Some(asks.then(|| "code".to_owned()).into_iter().collect()),
        scope: Some(text(&facet.allowed_scopes)),
        jwks,
        jwks_uri,
        id_token_signed_response_alg: facet
            .id_token_signing_alg
            .map(SigningAlgorithm::as_str)
            .map(str::to_owned),
        ..shown
    }
}

const fn application_type(kind: ApplicationKind) -> &'static str {
    match kind {
        ApplicationKind::Native => "native",
        ApplicationKind::Spa | ApplicationKind::Server | ApplicationKind::M2m | ApplicationKind::Saml => {
            "web"
        }
    }
}

pub(crate) fn registration_token(token: RegistrationToken) -> api::RegistrationToken {
    api::RegistrationToken {
        id: token.id.to_string(),
        name: token.name.as_ref().map(text),
        last_four: token.last_four,
        uses: token.uses,
        max_uses: token.max_uses,
        created_by: actor(token.created_by),
        created_at: moment(token.created_at),
        expires_at: moment(token.expires_at),
    }
}

pub(crate) fn made_registration_token(made: MadeRegistrationToken) -> api::MadeRegistrationToken {
    let MadeRegistrationToken { token, secret } = made;
    api::MadeRegistrationToken {
        registration_token: registration_token(token),
        token: secret.expose().to_owned(),
    }
}

pub(crate) fn new_registration_token(new: api::NewRegistrationToken) -> RegistrationTokenFields {
    RegistrationTokenFields { name: new.name, max_uses: new.max_uses, expires_at: new.expires_at }
}
