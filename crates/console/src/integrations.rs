//! Integrations: what a tenant lets its applications reach.

mod change;
mod connections;
mod delete;
mod form;
mod list;
mod oauth;
mod one;

use appkeep_domain::integration::{AuthMode, Category};
use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

const PATH: &str = "/integrations";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(PATH, get(list::show).post(change::create))
        .route("/integrations/new", get(change::new))
        .route("/integrations/{id}", get(one::show))
        .route("/integrations/{id}/edit", get(change::edit).post(change::update))
        .route("/integrations/{id}/validate", post(change::validate))
        .route("/integrations/{id}/oauth", get(oauth::edit).post(oauth::set))
        .route("/integrations/{id}/oauth/clear", post(oauth::clear))
        .route("/integrations/{id}/connections", get(connections::show))
        .route("/integrations/{id}/delete", get(delete::ask).post(delete::archive))
}

const fn category(category: Category) -> &'static str {
    match category {
        Category::GatewayRemoteMcp => "By way of the gateway",
        Category::InternalMcpCredentials => "By itself",
    }
}

const fn auth_mode(auth: AuthMode) -> &'static str {
    match auth {
        AuthMode::Oauth => "OAuth, for each user",
        AuthMode::UserToken => "A token of each user",
        AuthMode::ServerToken => "One token for everybody",
        AuthMode::Nothing => "None",
    }
}
