//! `/oauth2/logout` (OpenID Connect RP-Initiated Logout 1.0).

use appkeep_oauth::{ErrorCode, Refusal};
use axum::extract::RawQuery;
use axum::response::Response;
use bytes::Bytes;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::authorize::by_get;
use crate::sign_in::{Visit, logout, refused};
use crate::state::AppState;

/// Where it is, from the issuer on.
pub(super) const PATH: &str = "/oauth2/logout";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(logout_by_get, logout_by_post))
}

/// Ask a person to sign out
///
/// Not for programs to call: an application sends a browser here. With an ID
/// token of the sign-in that is to end as `id_token_hint` the person is not
/// asked first.
#[utoipa::path(
    get,
    path = PATH,
    tag = "oauth",
    security(()),
    responses(
        (status = 200, description = "A page for the person", content_type = "text/html", body = String),
        (status = 303, description = "Back to the application, at a registered `post_logout_redirect_uri`"),
        (status = 400, description = "A page: the request is malformed", content_type = "text/html", body = String),
        (status = 500, description = "A page: a fault of the server", content_type = "text/html", body = String),
        (status = 503, description = "A page: the database cannot be reached", content_type = "text/html", body = String),
    ),
)]
async fn logout_by_get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    logout(visit, &query.unwrap_or_default(), false).await
}

/// Ask a person to sign out, by POST
///
/// As by GET, which it leads to: a browser that is sent here by POST does not
/// show who is signed in. What is no query is refused.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    security(()),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the same by GET"),
        (status = 400, description = "A page: the request is malformed", content_type = "text/html", body = String),
        (status = 413, description = "The body is too long"),
        (status = 500, description = "A page: a fault of the server", content_type = "text/html", body = String),
        (status = 503, description = "A page: the database cannot be reached", content_type = "text/html", body = String),
    ),
)]
async fn logout_by_post(visit: Visit, body: Bytes) -> Response {
    if let Some(response) = by_get(&visit.path(PATH), &body) {
        return response;
    }
    let reason = "the request is no form, or longer than fits into an address";
    refused(visit, &Refusal::new(ErrorCode::InvalidRequest, reason)).await
}
