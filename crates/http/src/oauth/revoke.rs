//! `/oauth2/revoke` (RFC 7009).

use appkeep_api_types::RevocationForm;
use appkeep_oauth::TokenQuery;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::refused::ClientRefused;
use crate::extract::{OauthRequest, Requester};
use crate::mount::Here;
use crate::refusal::Refused;
use crate::state::AppState;

/// Where it is, from the issuer on.
pub(super) const PATH: &str = "/oauth2/revoke";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(revoke_token))
}

/// Revoke a token
///
/// One's own. A token that is none is answered alike; somebody else's is refused.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(content = RevocationForm, content_type = "application/x-www-form-urlencoded"),
    security(("client_secret_basic" = []), ()),
    responses((status = 200, description = "It is not accepted from now on"), ClientRefused),
)]
async fn revoke_token(
    Here(authority): Here,
    requester: Requester,
    OauthRequest { client, form }: OauthRequest,
) -> Result<StatusCode, Refused> {
    let query = TokenQuery::parse(&form)?;
    authority.revoke(client, query, &requester.origin()).await?;
    Ok(StatusCode::OK)
}
