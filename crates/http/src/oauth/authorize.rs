//! `/oauth2/authorize` (RFC 6749 §3.1): where a person's browser comes from an
//! application, and goes back.

use appkeep_service::Progress;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::LOCATION;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::sign_in::{Visit, step};
use crate::state::AppState;

/// Where it is, from the issuer on.
pub(super) const PATH: &str = "/oauth2/authorize";

/// What a browser surely takes as an address.
const LONGEST_QUERY: usize = 8_000;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(authorize, authorize_by_post))
}

/// Ask a person to sign in
///
/// Not for programs to call: an application sends a browser here (RFC 6749
/// §4.1.1, OIDC Core §3.1.2.1). The answer is a page, or a redirect back with
/// `code` or `error`, `state` and `iss` (RFC 9207).
#[utoipa::path(
    get,
    path = PATH,
    tag = "oauth",
    security(()),
    responses(
        (status = 200, description = "A page for the person", content_type = "text/html", body = String),
        (status = 303, description = "Back to the application"),
        (status = 400, description = "A page: the application or its redirect URI is not known here", content_type = "text/html", body = String),
        (status = 403, description = "A page: the person may not use the application", content_type = "text/html", body = String),
        (status = 500, description = "A page: a fault of the server", content_type = "text/html", body = String),
        (status = 503, description = "A page: the database cannot be reached", content_type = "text/html", body = String),
    ),
)]
async fn authorize(visit: Visit, RawQuery(query): RawQuery) -> Response {
    step(visit, query.unwrap_or_default().as_bytes(), Progress::default()).await
}

/// Ask a person to sign in, by POST
///
/// As by GET, which it leads to (OIDC Core §3.1.2.1): a browser that is sent
/// here by POST does not show who is signed in.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    security(()),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the same by GET, or back to the application"),
        (status = 200, description = "A page for the person", content_type = "text/html", body = String),
        (status = 400, description = "A page: the application or its redirect URI is not known here", content_type = "text/html", body = String),
        (status = 403, description = "A page: the person may not use the application", content_type = "text/html", body = String),
        (status = 413, description = "The body is too long"),
        (status = 500, description = "A page: a fault of the server", content_type = "text/html", body = String),
        (status = 503, description = "A page: the database cannot be reached", content_type = "text/html", body = String),
    ),
)]
async fn authorize_by_post(visit: Visit, body: Bytes) -> Response {
    match by_get(&visit.path(PATH), &body) {
        Some(response) => response,
        None => step(visit, &body, Progress::default()).await,
    }
}

/// To the same by GET: a browser that another site sends here by POST does not
/// show who is signed in (`SameSite=Lax`). Nothing when that would be too long.
pub(super) fn by_get(path: &str, body: &[u8]) -> Option<Response> {
    let is_query = |byte: u8| byte.is_ascii_graphic() && !b"#\"<>".contains(&byte);
    let query = std::str::from_utf8(body).ok()?;
    if query.len() > LONGEST_QUERY || !query.bytes().all(is_query) {
        return None;
    }
    Some((StatusCode::SEE_OTHER, [(LOCATION, format!("{path}?{query}"))]).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_into_an_address_goes_there() {
        for (body, location) in [
            (&b"client_id=a&state=x+y%20"[..], Some("/x?client_id=a&state=x+y%20")),
            (b"", Some("/x?")),
            (b"a=b c", None),
            (b"a=b\r\nset-cookie: x", None),
            (b"a=#b", None),
            (&[b'a'; 8_001], None),
            (&[0xff], None),
        ] {
            let found = by_get("/x", body);
            let found = found.as_ref().map(|response| response.headers()[LOCATION].to_str().expect("ASCII"));
            assert_eq!(found, location);
        }
    }
}
