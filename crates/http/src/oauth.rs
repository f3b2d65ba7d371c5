//! The OAuth endpoints: one module an endpoint.

mod introspect;
mod jwks;
mod metadata;
mod refused;
mod revoke;
mod token;

use axum::middleware::map_response;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, PRAGMA};
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    let asked = OpenApiRouter::new()
        .merge(token::routes())
        .merge(introspect::routes())
        .merge(revoke::routes())
        .layer(map_response(no_store));
    let published =
        OpenApiRouter::new().merge(metadata::routes()).merge(jwks::routes()).layer(map_response(cacheable));
    OpenApiRouter::new().merge(asked).merge(published)
}

/// RFC 6749 §5.1
async fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// A new signing key is published for longer than this before it signs.
async fn cacheable(mut response: Response) -> Response {
    let control = if response.status().is_success() { "public, max-age=300" } else { "no-store" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(control));
    response
}
