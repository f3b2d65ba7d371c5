//! What this authorization server can do (RFC 8414, OpenID Connect Discovery
//! 1.0): no more than what there is.

use appkeep_api_types::{GrantType, ServerMetadata, SigningAlgorithm, TokenEndpointAuthMethod};
use appkeep_domain::{MANAGEMENT_SCOPES, OIDC_SCOPES};
use appkeep_service::Authority;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{introspect, jwks, revoke, token};
use crate::state::AppState;

/// How clients prove who they are, at every endpoint that asks.
const AUTH_METHODS: [TokenEndpointAuthMethod; 3] = [
    TokenEndpointAuthMethod::ClientSecretBasic,
    TokenEndpointAuthMethod::ClientSecretPost,
    TokenEndpointAuthMethod::PrivateKeyJwt,
];

/// What assertions of clients may be signed with.
const ASSERTION_ALGORITHMS: [&str; 5] = ["ES256", "ES384", "RS256", "PS256", "EdDSA"];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_openid_configuration)).routes(routes!(get_server_metadata))
}

/// Discover this server as OpenID Connect does
#[utoipa::path(
    get,
    path = "/.well-known/openid-configuration",
    tag = "oauth",
    security(()),
    responses((status = 200, description = "What this server can do", body = ServerMetadata)),
)]
async fn get_openid_configuration(State(authority): State<Authority>) -> Json<ServerMetadata> {
    Json(metadata(authority.issuer()))
}

/// Discover this server as OAuth does
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "oauth",
    security(()),
    responses((status = 200, description = "What this server can do", body = ServerMetadata)),
)]
async fn get_server_metadata(State(authority): State<Authority>) -> Json<ServerMetadata> {
    Json(metadata(authority.issuer()))
}

fn metadata(issuer: &str) -> ServerMetadata {
    let algorithms = || ASSERTION_ALGORITHMS.map(str::to_owned).to_vec();
    ServerMetadata {
        issuer: issuer.to_owned(),
        token_endpoint: format!("{issuer}{}", token::PATH),
        introspection_endpoint: format!("{issuer}{}", introspect::PATH),
        revocation_endpoint: format!("{issuer}{}", revoke::PATH),
        jwks_uri: format!("{issuer}{}", jwks::PATH),
        grant_types_supported: vec![GrantType::ClientCredentials],
        // There is no authorization endpoint.
        response_types_supported: Vec::new(),
        scopes_supported: OIDC_SCOPES
            .iter()
            .chain(&MANAGEMENT_SCOPES)
            .map(|&scope| scope.to_owned())
            .collect(),
        subject_types_supported: vec!["public".to_owned()],
        id_token_signing_alg_values_supported: vec![SigningAlgorithm::Rs256],
        token_endpoint_auth_methods_supported: AUTH_METHODS.to_vec(),
        token_endpoint_auth_signing_alg_values_supported: algorithms(),
        introspection_endpoint_auth_methods_supported: AUTH_METHODS.to_vec(),
        introspection_endpoint_auth_signing_alg_values_supported: algorithms(),
        revocation_endpoint_auth_methods_supported: AUTH_METHODS.to_vec(),
        revocation_endpoint_auth_signing_alg_values_supported: algorithms(),
    }
}
