//! ScaiKey's admin API, as its reference documents it.
//!
//! Collections end in a slash there, and elements do not; either is taken with
//! and without one.

mod applications;
mod assignments;
mod audit;
mod effective_users;
mod envelope;
mod errors;
mod groups;
mod oauth;
mod parameters;
mod partners;
mod people;
mod sessions;
mod tenants;
mod users;
mod words;

use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{By, Surface};
use axum::Router;
use axum::middleware::{from_fn, map_request};

use crate::with_slash;

/// `native` are our own routes.
pub(crate) fn routes(state: &AppState, native: &Router) -> Router<AppState> {
    Router::new()
        .nest("/api/v1/admin", admin())
        .nest("/api/v1", oauth::routes(state, native).merge(assignments::routes()))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn(errors::in_our_form))
}

fn admin() -> Router<AppState> {
    Router::new()
        .merge(applications::routes())
        .merge(effective_users::routes())
        .merge(users::routes())
        .merge(groups::routes())
        .merge(tenants::routes())
        .merge(partners::routes())
        .merge(sessions::routes())
        .merge(audit::routes())
        .layer(map_request(parameters::without_empty))
}

/// The caller, by this surface.
fn ours<A>(access: Access<A>) -> By {
    By { surface: Surface::Scaikey, ..access.by }
}
