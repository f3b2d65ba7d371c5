//! `/v1/auth`: what an application's keys unlock for its end users.

mod addresses;
mod asking;
mod from_pages;
mod magic_link;
mod passwords;
mod sessions;
mod shape;
mod users;

use appkeep_http::AppState;
use axum::Router;
use axum::middleware::from_fn;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(users::routes())
        .merge(sessions::routes())
        .merge(passwords::routes())
        .merge(addresses::routes())
        .merge(magic_link::routes())
        .layer(from_fn(from_pages::answer))
}
