//! The vault: data that is kept sealed, and shown masked until somebody who may
//! asks for more.

mod change;
mod create;
mod delete;
mod list;
mod one;
mod patch;
mod search;
mod words;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

const PATH: &str = "/vault";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(PATH, get(list::show).post(create::create))
        .route("/vault/new", get(create::new))
        .route("/vault/search", get(search::ask).post(search::show))
        .route("/vault/tokens/{id}", get(one::show))
        .route("/vault/tokens/{id}/reveal", post(one::reveal))
        .route("/vault/tokens/{id}/edit", get(change::edit).post(change::update))
        .route("/vault/tokens/{id}/delete", get(delete::ask).post(delete::delete))
}
