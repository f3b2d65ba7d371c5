//! `/.well-known/jwks.json` (RFC 7517).

use appkeep_api_types::JsonWebKeySet;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Unavailable;
use crate::mount::Here;
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

/// Where it is, from the issuer on.
pub(super) const PATH: &str = "/.well-known/jwks.json";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_jwks))
}

/// Get the keys that tokens are verified with
///
/// A key is published here before it signs, and until the last token that it
/// signed has expired.
#[utoipa::path(
    get,
    path = PATH,
    tag = "oauth",
    security(()),
    responses((status = 200, description = "The public keys", body = JsonWebKeySet), Unavailable),
)]
async fn get_jwks(Here(authority): Here) -> Result<impl IntoResponse, Problem> {
    Ok(Json(authority.jwks().await?))
}
