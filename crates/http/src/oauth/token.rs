//! `/oauth2/token` (RFC 6749 §3.2).

use appkeep_api_types::{Token, TokenForm};
use appkeep_oauth::TokenRequest;
use appkeep_service::Authority;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::refused::ClientRefused;
use crate::extract::{OauthRequest, Requester};
use crate::refusal::Refused;
use crate::state::AppState;

/// Where it is, from the issuer on.
pub(super) const PATH: &str = "/oauth2/token";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create_token))
}

/// Get an access token
///
/// For the client itself, by `client_credentials` (RFC 6749 §4.4). The client
/// proves who it is by its secret, in the `Authorization` header or the body,
/// or by a signed assertion (RFC 7523 §2.2).
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    security(("client_secret_basic" = []), ()),
    responses((status = 200, description = "The token", body = Token), ClientRefused),
)]
async fn create_token(
    State(authority): State<Authority>,
    requester: Requester,
    OauthRequest { client, form }: OauthRequest,
) -> Result<Json<Token>, Refused> {
    let request = TokenRequest::parse(&form)?;
    let issued = authority.token(client, request, &requester.origin()).await?;
    Ok(Json(Token {
        access_token: issued.access_token,
        token_type: "Bearer".to_owned(),
        expires_in: issued.expires_in,
        scope: issued.scope.to_string(),
    }))
}
