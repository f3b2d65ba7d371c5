//! Groups of the tenant's users.

mod edit;
mod list;
mod members;
mod one;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

/// The list, below which each group is.
const PATH: &str = "/groups";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/groups", get(list::show))
        .route("/groups/new", get(edit::show_new).post(edit::create))
        .route("/groups/{id}", get(one::show))
        .route("/groups/{id}/edit", get(edit::show).post(edit::save))
        .route("/groups/{id}/delete", get(edit::show_delete).post(edit::delete))
        .route("/groups/{id}/members/add", get(members::choose_user).post(members::add))
        .route("/groups/{id}/members/remove", post(members::remove))
        .route("/groups/{id}/subgroups", get(one::subgroups))
        .route("/groups/{id}/subgroups/add", get(members::choose_group).post(members::add_group))
        .route("/groups/{id}/subgroups/remove", post(members::remove_group))
        .route("/groups/{id}/applications", get(one::applications))
}
