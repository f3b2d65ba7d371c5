//! What this authorization server can do (RFC 8414, OpenID Connect Discovery
//! 1.0): no more than what there is.

use appkeep_api_types::{GrantType, ServerMetadata, SigningAlgorithm, TokenEndpointAuthMethod};
use appkeep_domain::built_in_scopes;
use appkeep_service::Authority;
use axum::Router;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{authorize, introspect, jwks, logout, register, revoke, token, userinfo};
use crate::mount::Here;
use crate::outgoing::Json;
use crate::state::AppState;

const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
const SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";

/// How clients prove who they are, at every endpoint that asks.
const AUTH_METHODS: [TokenEndpointAuthMethod; 3] = [
    TokenEndpointAuthMethod::ClientSecretBasic,
    TokenEndpointAuthMethod::ClientSecretPost,
    TokenEndpointAuthMethod::PrivateKeyJwt,
];

/// What assertions of clients may be signed with.
const ASSERTION_ALGORITHMS: [&str; 5] = ["ES256", "ES384", "RS256", "PS256", "EdDSA"];

/// What ID tokens and the userinfo endpoint may say of a person.
const CLAIMS: [&str; 22] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "picture",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_openid_configuration)).routes(routes!(get_server_metadata))
}

/// The same of the issuers below this path (RFC 8414 §3.1, §5).
pub(super) fn routes_before(path: &str) -> Router<AppState> {
    let [oidc, oauth] = [OPENID_CONFIGURATION, SERVER_METADATA].map(|known| format!("{known}{path}"));
    Router::new().route(&oidc, get(get_openid_configuration)).route(&oauth, get(get_server_metadata))
}

/// Discover this server as OpenID Connect does
#[utoipa::path(
    get,
    path = OPENID_CONFIGURATION,
    tag = "oauth",
    security(()),
    responses((status = 200, description = "What this server can do", body = ServerMetadata)),
)]
async fn get_openid_configuration(Here(authority): Here) -> Json<ServerMetadata> {
    Json(metadata(&authority).await)
}

/// Discover this server as OAuth does
#[utoipa::path(
    get,
    path = SERVER_METADATA,
    tag = "oauth",
    security(()),
    responses((status = 200, description = "What this server can do", body = ServerMetadata)),
)]
async fn get_server_metadata(Here(authority): Here) -> Json<ServerMetadata> {
    Json(metadata(&authority).await)
}

async fn metadata(authority: &Authority) -> ServerMetadata {
    let issuer = authority.issuer();
    let registers = authority.registers_clients().await;
    let algorithms = || ASSERTION_ALGORITHMS.map(str::to_owned).to_vec();
    ServerMetadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: format!("{issuer}{}", authorize::PATH),
        token_endpoint: format!("{issuer}{}", token::PATH),
        userinfo_endpoint: format!("{issuer}{}", userinfo::PATH),
        end_session_endpoint: format!("{issuer}{}", logout::PATH),
        introspection_endpoint: format!("{issuer}{}", introspect::PATH),
        revocation_endpoint: format!("{issuer}{}", revoke::PATH),
        registration_endpoint: registers.then(|| register::endpoint(authority)),
        jwks_uri: format!("{issuer}{}", jwks::PATH),
        grant_types_supported: vec![
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
            GrantType::TokenExchange,
        ],
        response_types_supported: words(&["code"]),
        response_modes_supported: words(&["query", "form_post"]),
        code_challenge_methods_supported: words(&["S256"]),
        authorization_response_iss_parameter_supported: true,
        prompt_values_supported: words(&["none", "login", "consent", "select_account"]),
        acr_values_supported: words(&["1"]),
        claims_supported: words(&CLAIMS),
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        claims_parameter_supported: false,
        scopes_supported: built_in_scopes().map(str::to_owned).collect(),
        subject_types_supported: vec!["public".to_owned()],
        id_token_signing_alg_values_supported: vec![
            SigningAlgorithm::Rs256,
            SigningAlgorithm::Es256,
            SigningAlgorithm::EdDsa,
        ],
        token_endpoint_auth_methods_supported: with_public_clients(),
        token_endpoint_auth_signing_alg_values_supported: algorithms(),
        introspection_endpoint_auth_methods_supported: AUTH_METHODS.to_vec(),
        introspection_endpoint_auth_signing_alg_values_supported: algorithms(),
        revocation_endpoint_auth_methods_supported: with_public_clients(),
        revocation_endpoint_auth_signing_alg_values_supported: algorithms(),
    }
}

/// Where a client without a secret may come as well: for tokens, and to end its own.
fn with_public_clients() -> Vec<TokenEndpointAuthMethod> {
    [&AUTH_METHODS[..], &[TokenEndpointAuthMethod::None]].concat()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
