//! The routes and what lies around them.

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::idempotency::carry_out_once;
use crate::middleware::Passage;
use crate::problem::Problem;
use crate::state::AppState;
use crate::{api, oauth, openapi, operations, sign_in};

/// The native API, the OAuth endpoints, and the description of both.
pub fn routes(state: &AppState) -> Router<AppState> {
    let once = from_fn_with_state(state.clone(), carry_out_once);
    let native: Router<AppState> = api::routes().into();
    native.layer(once).merge(Router::from(oauth::routes())).merge(sign_in::routes()).merge(openapi::routes())
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
