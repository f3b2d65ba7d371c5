//! Who is signed in to an application, and since when: people, and agents at the
//! gateway.

mod agents;
mod list;
mod shown;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

pub(crate) use self::shown::{Named, columns, ending, filter, from, row, state};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/sessions", get(list::show))
        .route("/applications/{id}/sessions/end", post(list::end))
        .route("/applications/{id}/sessions/end-all", get(list::show_all).post(list::end_all))
        .route("/applications/{id}/agent-sessions", get(agents::show))
        .route("/applications/{id}/agent-sessions/end", post(agents::end))
        .route("/applications/{id}/agent-sessions/end-all", get(agents::show_all).post(agents::end_all))
}
