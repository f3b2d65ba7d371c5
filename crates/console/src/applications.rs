//! Applications.

mod list;
pub(crate) mod tabs;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::get;

/// The list, below which each has its pages.
const PATH: &str = "/applications";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/applications", get(list::show))
}
