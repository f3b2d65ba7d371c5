//! `/settings`: what the tenant decides for itself.

mod addresses;
mod branding;
mod general;
mod registration;
mod tokens;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

use crate::kit::{Link, Page, Tab};
use crate::view::View;

const PATH: &str = "/settings";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/settings", get(general::show).post(general::save))
        .route("/settings/branding", get(branding::show).post(branding::save))
        .route("/settings/branding/preview", get(branding::preview))
        .route("/settings/registration", get(registration::show).post(registration::save))
        .route("/settings/registration/tokens", get(tokens::show))
        .route("/settings/registration/tokens/new", get(tokens::new).post(tokens::create))
        .route("/settings/registration/tokens/{id}/revoke", post(tokens::revoke))
        .route("/settings/addresses", get(addresses::show))
}

/// One of these pages, with the way to the others.
fn page(view: &View, here: &str) -> Page {
    let all = [
        ("", "General"),
        ("/branding", "Branding"),
        ("/registration", "Registration"),
        ("/registration/tokens", "Registration tokens"),
        ("/addresses", "Addresses"),
    ];
    let tabs = all.map(|(below, words)| Tab {
        link: Link::new(words, view.path(&format!("{PATH}{below}"))),
        is_here: below == here,
    });
    Page::new("Settings").tabs(tabs.to_vec())
}
