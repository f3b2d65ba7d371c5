//! Applications.

mod access;
mod advice;
mod bulk;
mod connections;
mod create;
mod credentials;
mod danger;
mod edit;
mod environments;
mod fields;
mod first_steps;
mod forms;
mod history;
mod integrations;
mod keys;
mod list;
mod oauth;
mod overlap;
mod registered;
mod saml;
mod show;
pub(crate) mod tabs;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

pub(crate) use self::advice::{told_of, told_of_secret};
pub(crate) use self::fields::name_of;
pub(crate) use self::first_steps::{placeholder as token_command, token as token_step};
use self::list::state as state_of;
pub(crate) use self::show::credentials;

/// The list, below which each has its pages.
const PATH: &str = "/applications";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications", get(list::show))
        .route("/applications/new", get(create::choose).post(create::chosen))
        .route("/applications/new/{kind}", get(create::form).post(create::create))
        .route("/applications/bulk", post(bulk::preview))
        .route("/applications/bulk/confirm", post(bulk::confirm))
        .route("/applications/{id}", get(show::show))
        .route("/applications/{id}/edit", get(edit::form).post(edit::save))
        .route("/applications/{id}/history", get(history::show))
        .route("/applications/{id}/danger", get(danger::show))
        .route("/applications/{id}/danger/end-sessions", post(danger::end_sessions))
        .route("/applications/{id}/disable", post(danger::disable))
        .route("/applications/{id}/enable", post(danger::enable))
        .route("/applications/{id}/archive", post(danger::archive))
        .route("/applications/{id}/restore", post(danger::restore))
        .route("/applications/{id}/revoke-tokens", post(danger::revoke_tokens))
        .route("/applications/{id}/delete", post(danger::delete))
        .merge(credentials::routes())
        .merge(oauth::routes())
        .merge(saml::routes())
        .merge(environments::routes())
        .merge(connections::routes())
        .merge(keys::routes())
        .merge(access::routes())
        .merge(integrations::routes())
}
