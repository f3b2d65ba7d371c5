//! The routes and what lies around them.

use axum::Router;

use crate::middleware::Passage;
use crate::problem::Problem;
use crate::state::AppState;
use crate::{openapi, operations};

/// The native API, the OAuth endpoints, and the description of both.
pub fn routes() -> Router<AppState> {
    Router::from(openapi::described_routes()).merge(openapi::routes())
}

/// Adds to `routes` what operators ask for, and puts around all of them what
/// every request passes, those to unknown routes too.
pub fn router(routes: Router<AppState>, state: AppState) -> Router {
    routes
        .merge(operations::routes())
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(Passage(state.clone()))
        .with_state(state)
}
