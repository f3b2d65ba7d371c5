//! The pages of a sign-in, from the first to where the browser goes back: what
//! a browser sends becomes one call of the service, and what comes next a page.
//!
//! Every form carries the request that it belongs to and how far the person
//! has come, under a token that only this browser's cookie fits.

mod account;
mod choose_account;
mod code;
mod connect;
mod consent;
mod context;
mod credentials;
mod forgotten_password;
mod posted;
mod progress;
mod reset_password;
mod show;
mod sign_out;
mod verify_address;
mod visit;

use appkeep_service::{RESET_PASSWORD, VERIFY_ADDRESS};
use axum::Router;
use axum::routing::get;

use crate::state::AppState;

pub(crate) use show::{refused, step};
pub(crate) use sign_out::{PATH as SIGN_OUT, logout};
pub(crate) use visit::Visit;

/// Where the forms are sent.
const SIGN_IN: &str = "/sign-in";
const SIGN_IN_CODE: &str = "/sign-in/code";
const CHOOSE_ACCOUNT: &str = "/choose-account";
const CONSENT: &str = "/consent";
const ACCOUNT: &str = "/account";
const FORGOTTEN_PASSWORD: &str = "/forgotten-password";

/// What only pages lead to, and no application.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(SIGN_IN, get(show::start_again).post(credentials::sign_in))
        .route(SIGN_IN_CODE, get(show::start_again).post(code::prove))
        .route(CHOOSE_ACCOUNT, get(show::start_again).post(choose_account::choose_account))
        .route(CONSENT, get(show::start_again).post(consent::consent))
        .route(SIGN_OUT, get(show::start_again).post(sign_out::sign_out))
        .route(ACCOUNT, get(account::show).post(account::take_back))
        .route(FORGOTTEN_PASSWORD, get(forgotten_password::ask).post(forgotten_password::send))
        .route(RESET_PASSWORD, get(reset_password::ask).post(reset_password::change))
        .route(VERIFY_ADDRESS, get(verify_address::ask).post(verify_address::confirm))
        .route("/integrations/{integration_id}/connect", get(connect::follow).post(connect::set_out))
        .route("/integrations/{integration_id}/connect-own", get(connect::offer).post(connect::accept))
        .route("/integrations/{integration_id}/callback", get(connect::come_back))
}
