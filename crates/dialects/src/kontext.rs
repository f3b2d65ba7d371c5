//! Kontext's API, as its reference documents it and its clients speak it.
//!
//! Whoever administers speaks to the organization that is theirs: the tenant
//! whose issuer gave out their token.

mod access_graph;
mod applications;
mod errors;
mod integrations;
mod oauth;
mod pages;
mod service_accounts;
mod sessions;
mod words;

use appkeep_http::{AppState, CarryOutOnce, Dialect, Problem, SpeaksTo};
use appkeep_service::Surface;
use axum::middleware::from_fn;
use axum::{Extension, Router};

const DIALECT: Dialect = Dialect { surface: Surface::Kontext, speaks_to: SpeaksTo::OwnTenant };

/// `native` are our own routes.
pub(crate) fn routes(state: &AppState, native: &Router) -> Router<AppState> {
    Router::new()
        .nest("/api/v1", management(state))
        .merge(oauth::routes(state, native))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn(errors::in_our_form))
}

fn management(state: &AppState) -> Router<AppState> {
    let once = CarryOutOnce(state.clone());
    let routes = applications::routes().merge(integrations::routes()).merge(sessions::routes());
    let routes = routes.merge(access_graph::routes()).merge(service_accounts::routes());
    routes.layer(once).layer(Extension(DIALECT))
}
