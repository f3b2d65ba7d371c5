//! Zyphr's API, as its reference documents it.
//!
//! Whoever administers speaks to the workspace that they logged in to, which is
//! the tenant whose issuer gave out their token.

mod applications;
mod dashboard;
mod end_users;
mod envelope;
mod environments;
mod errors;
mod impersonation;
mod limits;
mod list;
mod users;
mod words;

use std::sync::Arc;

use appkeep_http::{AppState, CarryOutOnce, Dialect, Problem, SpeaksTo};
use appkeep_service::Surface;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};

use self::limits::Limits;

pub use self::limits::Rates;

const DIALECT: Dialect = Dialect { surface: Surface::Zyphr, speaks_to: SpeaksTo::OwnTenant };

pub(crate) fn routes(state: &AppState, rates: Rates) -> Router<AppState> {
    let limits = Arc::new(Limits::new(rates));
    Router::new()
        .nest("/v1", for_operators(state).merge(dashboard::routes()).nest("/auth", end_users::routes()))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state((state.clone(), limits), limits::count))
        .layer(from_fn(errors::in_our_form))
        .layer(from_fn(end_users::answer_pages))
        .layer(Extension(DIALECT))
}

/// What an operator does with their token.
fn for_operators(state: &AppState) -> Router<AppState> {
    let once = CarryOutOnce(state.clone());
    let routes = applications::routes().merge(environments::routes()).merge(users::routes());
    routes.merge(impersonation::routes()).layer(once)
}
