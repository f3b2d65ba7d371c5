//! Partners, who bring tenants and look after them.

mod form;
mod list;
mod one;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

const PATH: &str = "/partners";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/partners", get(list::show))
        .route("/partners/new", get(form::new).post(form::create))
        .route("/partners/{id}", get(one::show))
        .route("/partners/{id}/edit", get(form::edit).post(form::save))
        .route("/partners/{id}/{turn}", post(one::turn))
}
