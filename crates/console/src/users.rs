//! People who sign in: the tenant's, and those whom an application has for itself.

mod acting;
mod assigned;
mod choose;
mod doings;
mod edit;
mod effective;
mod end;
mod facts;
mod fields;
mod list;
mod locked;
mod one;
mod password;
mod policy;
mod scene;
mod ties;

use appkeep_http::AppState;
use axum::Router;
use axum::routing::{get, post};

/// The tenant's users.
const PATH: &str = "/users";

pub(crate) fn routes() -> Router<AppState> {
    let here = Router::new()
        .route("/users", get(list::show))
        .route("/users/new", get(edit::show_new).post(edit::create))
        .route("/users/locked-addresses", get(locked::show))
        .route("/users/locked-addresses/unlock", post(locked::unlock))
        .route("/users/settings", get(policy::show).post(policy::save))
        .route("/users/{user}/groups", get(ties::groups))
        .route("/users/{user}/groups/add", get(choose::group).post(ties::join))
        .route("/users/{user}/groups/remove", post(ties::leave))
        .route("/users/{user}/applications", get(ties::applications))
        .route("/users/{user}/applications/add", get(choose::application).post(ties::assign))
        .route("/users/{user}/applications/remove", post(ties::unassign))
        .route("/users/{user}/consents", get(ties::consents))
        .route("/users/{user}/consents/withdraw", post(ties::withdraw))
        .route("/users/{user}/act-as", get(acting::show))
        .route("/users/{user}/impersonations", get(acting::history))
        .route("/users/{user}/mail", post(doings::mail))
        .route("/users/{user}/sessions/end-all", get(end::show_all).post(end::all));
    let there = Router::new()
        .route("/applications/{id}/users", get(assigned::or_users))
        .route("/applications/{id}/users/new", get(edit::show_new).post(edit::create))
        .route("/applications/{id}/users/settings", get(policy::show).post(policy::save))
        .route("/applications/{id}/users/locked-addresses", get(locked::show))
        .route("/applications/{id}/users/locked-addresses/unlock", post(locked::unlock))
        .route("/applications/{id}/users/effective", get(effective::show))
        .route("/applications/{id}/users/assign", get(assigned::show_assign).post(assigned::assign))
        .route("/applications/{id}/users/unassign", post(assigned::unassign))
        .route("/applications/{id}/users/{user}/identities", get(ties::identities))
        .route("/applications/{id}/users/{user}/identities/remove", post(ties::disconnect));
    here.merge(there).merge(each("/users/{user}")).merge(each("/applications/{id}/users/{user}"))
}

/// What there is of a user, whosever they are.
fn each(user: &str) -> Router<AppState> {
    let at = |below: &str| format!("{user}{below}");
    Router::new()
        .route(user, get(one::show))
        .route(&at("/edit"), get(edit::show).post(edit::save))
        .route(&at("/password"), get(password::show).post(password::set))
        .route(&at("/password/remove"), post(doings::remove_password))
        .route(&at("/second-factor/remove"), post(doings::remove_second_factor))
        .route(&at("/unlock"), post(doings::unlock))
        .route(&at("/suspend"), post(doings::suspend))
        .route(&at("/reactivate"), post(doings::reactivate))
        .route(&at("/sessions"), get(one::sessions))
        .route(&at("/sessions/end"), post(end::one))
        .route(&at("/delete"), get(end::show_delete).post(end::delete))
}
