//! The OAuth endpoints: one module an endpoint.

mod authorize;
mod introspect;
mod jwks;
mod logout;
mod metadata;
mod refused;
mod register;
mod revoke;
mod token;
mod userinfo;

use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use utoipa_axum::router::OpenApiRouter;

use crate::cors;
use crate::state::AppState;

/// What an application's own pages may ask as well.
pub(crate) const FOR_CLIENTS: [&str; 4] = [token::PATH, userinfo::PATH, introspect::PATH, revoke::PATH];

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(authorize::routes())
        .merge(token::routes())
        .merge(userinfo::routes())
        .merge(logout::routes())
        .merge(introspect::routes())
        .merge(revoke::routes())
        .merge(register::routes())
        .merge(published())
}

/// What is published where RFC 8414 §3.1 puts it for an issuer whose address
/// has a path: before that path.
pub(crate) fn routes_before(path: &str) -> Router<AppState> {
    metadata::routes_before(path).layer(map_response(cacheable)).layer(from_fn(cors::public))
}

fn published() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(metadata::routes())
        .merge(jwks::routes())
        .layer(map_response(cacheable))
        .layer(from_fn(cors::public))
}

/// A new signing key is published for longer than this before it signs.
pub(crate) async fn cacheable(mut response: Response) -> Response {
    if response.status().is_success() {
        let control = HeaderValue::from_static("public, max-age=300");
        response.headers_mut().insert(CACHE_CONTROL, control);
    }
    response
}
