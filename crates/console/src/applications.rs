//! Applications.

mod list;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::get;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/applications", get(list::show))
}
