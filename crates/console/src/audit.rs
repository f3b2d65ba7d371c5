//! The history: what happened, by whom, and whether it still stands as it was
//! sealed.

pub(crate) mod changes;
mod list;
mod verify;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::get;

const PATH: &str = "/audit";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(list::show)).route("/audit/verify", get(verify::show))
}
