//! The OAuth endpoints: one module an endpoint.

mod authorize;
mod introspect;
mod jwks;
mod logout;
mod metadata;
mod refused;
mod revoke;
mod token;
mod userinfo;

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
        .merge(published())
}

fn published() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(metadata::routes())
        .merge(jwks::routes())
        .layer(map_response(cacheable))
        .layer(from_fn(cors::public))
}

/// A new signing key is published for longer than this before it signs.
async fn cacheable(mut response: Response) -> Response {
    if response.status().is_success() {
        let control = HeaderValue::from_static("public, max-age=300");
        response.headers_mut().insert(CACHE_CONTROL, control);
    }
    response
}
