//! `/v1/auth`: what an application's keys unlock for its end users.

mod addresses;
mod asking;
mod connections;
mod from_pages;
mod magic_link;
mod mfa;
mod oauth;
mod passwords;
mod sessions;
mod shape;
mod users;

use appkeep_http::AppState;
use axum::Router;

pub(super) use self::from_pages::answer as answer_pages;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(users::routes())
        .merge(sessions::routes())
        .merge(passwords::routes())
        .merge(addresses::routes())
        .merge(magic_link::routes())
        .merge(mfa::routes())
        .merge(oauth::routes())
        .merge(connections::routes())
}
