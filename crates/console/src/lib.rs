//! The web console: pages over the use cases that the API has, with the rights of
//! the operator who looks.
//!
//! A handler reads what was sent, makes one call of the service, and says what is
//! shown; `kit` makes HTML of it. Every page works without its scripts.
//!
//! **Invariant:** nothing here decides who may do what. What nobody may do is not
//! offered, and refused by the service to whoever asks all the same.

mod access_graph;
mod applications;
mod assets;
mod audit;
mod door;
mod groups;
mod impersonations;
mod integrations;
mod kit;
mod menu;
mod operators;
mod outside;
mod overview;
mod partners;
mod posted;
mod said;
mod scopes;
mod service_accounts;
mod sessions;
mod settings;
mod switch;
mod tenants;
mod users;
mod vault;
mod view;

use appkeep_http::{AppState, Problem, SLUG};
use appkeep_service::TENANTS;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::post;

/// The console at the public URL, and each tenant's below the tenant's address.
pub fn routes(state: &AppState) -> Router<AppState> {
    let pages = pages();
    let there = format!("{TENANTS}{{{SLUG}}}/console");
    Router::new()
        .nest("/console", pages.clone().route("/sign-out", post(door::sign_out)).merge(switch::routes()))
        .nest(&there, pages)
        .layer(from_fn_with_state(state.clone(), door::pass))
        .merge(door::routes())
        .merge(assets::routes())
}

fn pages() -> Router<AppState> {
    Router::new()
        .merge(access_graph::routes())
        .merge(applications::routes())
        .merge(audit::routes())
        .merge(groups::routes())
        .merge(impersonations::routes())
        .merge(integrations::routes())
        .merge(operators::routes())
        .merge(overview::routes())
        .merge(partners::routes())
        .merge(scopes::routes())
        .merge(service_accounts::routes())
        .merge(sessions::routes())
        .merge(settings::routes())
        .merge(tenants::routes())
        .merge(users::routes())
        .merge(vault::routes())
        .fallback(async || Problem::not_found())
}
