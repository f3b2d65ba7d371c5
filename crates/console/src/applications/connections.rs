//! `/applications/{id}/connections`: with whom else an application's own users
//! may sign in.

mod delete;
mod edit;
mod fields;

use appkeep_domain::{Connection, Environment, RedirectUri};
use appkeep_http::action::ReadApplication;
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::{ApplicationView, Pool, Registry};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::forms::path;
use super::tabs::{AppTab, page_of};
use crate::kit::{Action, Badge, Cell, Column, Empty, Facts, Part, Row, Section, Table};
use crate::view::View;

const HERE: AppTab = AppTab::Connections;
/// In links and forms: of which environment a connection is.
const ENVIRONMENT: &str = "environment";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/connections", get(show))
        .route("/applications/{id}/connections/new", get(edit::ask_for_new).post(edit::create))
        .route("/applications/{id}/connections/{provider}/edit", get(edit::ask).post(edit::change))
        .route("/applications/{id}/connections/{provider}/delete", get(delete::ask).post(delete::carry_out))
}

async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let mut page = page_of(&view, &shown, HERE).lead(
        "Providers that sign this application's people in for it, with the account that somebody has there.",
    );
    for environment in [Environment::Live, Environment::Test] {
        let of = Pool::Application(shown.application.id, environment);
        let found = registry.connections(&access.by, of).await?;
        page = page.with(Part::Section(section(&view, &shown, (environment, &found))));
    }
    Ok(view.page(&page.with(Part::Section(callback(&shown)))))
}

/// What a provider wants to know.
fn callback(shown: &ApplicationView) -> Section {
    let uris = shown.application.oauth.iter().flat_map(|oauth| &oauth.redirect_uris);
    let uris: Vec<Cell> = uris.map(RedirectUri::as_str).map(Cell::code).collect();
    let uris = if uris.is_empty() {
        Cell::text("none yet: say them in the OAuth settings")
    } else {
        Cell::Stack(uris)
    };
    Section::new("At the provider")
        .lead(
            "Register the application there with one of its redirect URIs: the provider sends people back to \
             that one, and what comes back with them is handed to us.",
        )
        .with(Part::Facts(Facts::new().with("Redirect URIs", uris)))
}

fn section(
    view: &View,
    shown: &ApplicationView,
    (environment, found): (Environment, &[Connection]),
) -> Section {
    let (title, word) = match environment {
        Environment::Live => ("Live", environment.as_str()),
        Environment::Test => ("Test", environment.as_str()),
    };
    let new = path(view, &shown.application, &format!("/connections/new?{ENVIRONMENT}={word}"));
    let new = shown.can.update.then(|| Action::go("Connect …", new).about(format!("a provider in {word}")));
    let rows = found.iter().map(|one| row(view, shown, (environment, one))).collect();
    let columns = Column::all(&["Provider", "Client id", "Scopes", "State", "Changed"]);
    let table = Table::new(&format!("Connections of {word}"), columns, rows)
        .empty(Empty::new("Nobody signs in with another account here.").doing(new.clone()));
    Section::new(title).action(new).with(Part::Table(table))
}

fn row(view: &View, shown: &ApplicationView, (environment, one): (Environment, &Connection)) -> Row {
    let name = if shown.can.update {
        Cell::link(one.shown_as(), of(view, shown, (environment, one), "edit"))
    } else {
        Cell::text(one.shown_as())
    };
    let state = if one.is_enabled {
        Cell::badge(Badge::Good, "enabled")
    } else {
        Cell::badge(Badge::Warning, "disabled")
    };
    Row::new(vec![
        Cell::Stack(vec![name, Cell::Detail(one.provider.to_string())]),
        Cell::code(one.client_id.as_str()),
        Cell::words(one.scopes.iter().map(ToString::to_string)),
        state,
        Cell::at(one.updated_at),
    ])
}

/// Where something is done to a connection.
fn of(
    view: &View,
    shown: &ApplicationView,
    (environment, one): (Environment, &Connection),
    verb: &str,
) -> String {
    let below = format!("/connections/{}/{verb}?{ENVIRONMENT}={}", one.provider, environment.as_str());
    path(view, &shown.application, &below)
}
