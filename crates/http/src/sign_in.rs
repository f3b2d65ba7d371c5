//! The pages of a sign-in, from the first to where the browser goes back: what
//! a browser sends becomes one call of the service, and what comes next a page.
//!
//! Every form carries the request that it belongs to and how far the person
//! has come, under a token that only this browser's cookie fits.

mod choose_account;
mod consent;
mod context;
mod credentials;
mod posted;
mod progress;
mod show;
mod sign_out;
mod visit;

use axum::Router;
use axum::routing::post;

use crate::pages;
use crate::state::AppState;

pub(crate) use show::step;
pub(crate) use sign_out::{PATH as SIGN_OUT, logout};
pub(crate) use visit::Visit;

/// Where the forms are sent.
const SIGN_IN: &str = "/sign-in";
const CHOOSE_ACCOUNT: &str = "/choose-account";
const CONSENT: &str = "/consent";

/// What only pages lead to, and no application.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(SIGN_IN, post(credentials::sign_in))
        .route(CHOOSE_ACCOUNT, post(choose_account::choose_account))
        .route(CONSENT, post(consent::consent))
        .route(SIGN_OUT, post(sign_out::sign_out))
        .merge(pages::routes())
}
