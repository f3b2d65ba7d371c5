//! Operators: people who run the platform, a partner or a tenant.

mod form;
mod list;
mod lockouts;
mod one;
mod places;

use appkeep_domain::{Role, UserStatus};
use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

use crate::kit::{Badge, Cell, Choice};

const PATH: &str = "/operators";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/operators", get(list::show))
        .route("/operators/new", get(form::new).post(form::invite))
        .route("/operators/lockouts", get(lockouts::show))
        .route("/operators/lockouts/{id}/unlock", post(lockouts::unlock))
        .route("/operators/{id}", get(one::show))
        .route("/operators/{id}/edit", get(form::edit).post(form::save))
        .route("/operators/{id}/roles", post(one::give_role))
        .route("/operators/{id}/roles/take", post(one::take_role))
        .route("/operators/{id}/status", post(one::turn))
        .route("/operators/{id}/unlock", post(one::unlock))
        .route("/operators/{id}/mail-link", post(one::mail_link))
        .route("/operators/{id}/delete", get(form::ask_to_delete).post(form::delete))
}

fn status(status: UserStatus) -> Cell {
    match status {
        UserStatus::Active => Cell::badge(Badge::Good, "active"),
        UserStatus::Suspended => Cell::badge(Badge::Warning, "suspended"),
        UserStatus::Pending => Cell::badge(Badge::Quiet, "invited"),
    }
}

/// Every role, and what whoever has it does.
pub(crate) fn roles() -> Vec<Choice> {
    let described = |role: Role| match role {
        Role::Owner => "Everything there, and makes other owners.",
        Role::Admin => "Everything there, but for making owners.",
        Role::Operator => "Reads, and rotates client secrets.",
        Role::Member => "Makes applications and changes their own; reads the rest; manages users.",
        Role::Viewer => "Reads.",
    };
    Role::ALL.map(|role| Choice::new(role.as_str(), role.as_str()).hint(described(role))).to_vec()
}
