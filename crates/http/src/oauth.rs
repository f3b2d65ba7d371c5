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

use axum::middleware::map_response;
use axum::response::Response;
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    let published =
        OpenApiRouter::new().merge(metadata::routes()).merge(jwks::routes()).layer(map_response(cacheable));
    OpenApiRouter::new()
        .merge(authorize::routes())
        .merge(token::routes())
        .merge(userinfo::routes())
        .merge(logout::routes())
        .merge(introspect::routes())
        .merge(revoke::routes())
        .merge(published)
}

/// A new signing key is published for longer than this before it signs.
async fn cacheable(mut response: Response) -> Response {
    if response.status().is_success() {
        let control = HeaderValue::from_static("public, max-age=300");
        response.headers_mut().insert(CACHE_CONTROL, control);
    }
    response
}
