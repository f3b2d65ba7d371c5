//! Service accounts: programs that run the tenant by a role of their own.

mod form;
mod list;
mod one;

use appkeep_domain::ServiceAccount;
use appkeep_http::AppState;
use appkeep_service::ServiceAccountSecret;
use axum::Router;
use axum::routing::{get, post};

use crate::kit::{Action, Badge, Cell, Page, Part, Secret};
use crate::view::View;

const PATH: &str = "/service-accounts";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/service-accounts", get(list::show))
        .route("/service-accounts/new", get(form::new).post(form::create))
        .route("/service-accounts/{id}", get(one::show))
        .route("/service-accounts/{id}/edit", get(form::edit).post(form::save))
        .route("/service-accounts/{id}/rotate", get(one::ask_to_rotate).post(one::rotate))
        .route("/service-accounts/{id}/archive", post(one::archive))
}

fn state(account: &ServiceAccount) -> Cell {
    match account.archived_at {
        Some(_) => Cell::badge(Badge::Quiet, "archived"),
        None => Cell::badge(Badge::Good, "active"),
    }
}

/// Shows a new secret, this one time.
fn with_secret(view: &View, made: &ServiceAccountSecret) -> Page {
    let (name, client_id) = (made.account.name.as_str(), made.account.id.client_id());
    let path = view.path(&format!("{PATH}/{client_id}"));
    let secret = Secret {
        title: "Its secret".to_owned(),
        sentence: "Copy it now, or download it: it is shown this one time, and kept nowhere.".to_owned(),
        values: vec![
            ("client_id".to_owned(), client_id.clone()),
            ("client_secret".to_owned(), made.secret.expose().to_owned()),
        ],
        file: format!("{client_id}.txt"),
    };
    let request = format!(
        "curl -u '{client_id}:<client_secret>' -d grant_type=client_credentials {}/oauth2/token",
        view.issuer()
    );
    Page::new(name)
        .below("Service accounts", view.path(PATH))
        .with(Part::Secret(secret))
        .with(Part::Prose("It gets an access token to the management API by this:".to_owned()))
        .with(Part::Code(request))
        .with(Part::Actions(vec![Action::go("Done", path).main()]))
}
