//! `/docs`: the description of the API for people. Everything it needs comes
//! from this server, so that it works without the internet.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

use crate::state::AppState;

const PAGE: &str = include_str!("viewer.html");
/// As it was published; its licence stands beside it.
const RAPIDOC: &[u8] = include_bytes!("../../assets/rapidoc-9.3.8/rapidoc-min.js");

/// Nothing from elsewhere, and no script that is not a file of ours. The viewer
/// sets styles on its elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/docs", get(page)).route("/docs/rapidoc-9.3.8.js", get(script))
}

async fn page() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, PAGE)
}

/// Its name changes with its version, so a copy is good for ever.
async fn script() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, RAPIDOC)
}
