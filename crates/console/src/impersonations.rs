//! Who acts as one of an application's people: listed, begun, and ended.

mod list;
mod start;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/impersonations", get(list::show))
        .route("/applications/{id}/impersonations/end", post(list::end))
        .route("/applications/{id}/impersonations/new", get(start::show).post(start::start))
}

/// Where they are, below the console.
fn path(application: &str) -> String {
    format!("/applications/{application}/impersonations")
}
