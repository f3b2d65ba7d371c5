//! `/applications/{id}/credentials`: what an application proves itself with.

mod authentication;
mod renew;
mod told;

use appkeep_domain::{CredentialClass, SafeToRetire, Timestamp};
use appkeep_http::action::{ReadApplication, RotateSecret};
use appkeep_http::{Access, AppState, Problem, Segment, Segments};
use appkeep_service::{ApplicationView, CredentialView, PageQuery, Registry};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

pub(super) use self::told::{COLUMNS, called, hint, row};
use super::forms::{onward, path};
use super::registered;
use super::tabs::{AppTab, page_of};
use crate::kit::{Action, Badge, Column, Empty, Notice, Part, Row, Section, Table};
use crate::posted::Asked;
use crate::said::Said;
use crate::view::View;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/credentials", get(show))
        .route("/applications/{id}/credentials/rotate", get(renew::ask_to_rotate).post(renew::rotate))
        .route("/applications/{id}/credentials/add", get(renew::ask_to_add).post(renew::add))
        .route(
            "/applications/{id}/credentials/authentication",
            get(authentication::ask).post(authentication::change),
        )
        .route("/applications/{id}/credentials/{credential}/revoke", post(revoke))
}

async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let (registry, by) = (&state.registry, &access.by);
    let shown = registry.application(by, &id).await?;
    let query = PageQuery { cursor: asked.get("after"), limit: None };
    let mut found = registry.credentials(by, &id, query).await?;
    let registration = registry.registration(by, &id).await?;
    found.items.retain(|one| one.credential.credential.class == CredentialClass::ClientSecret);
    let now = state.clock.now();
    let mut page = page_of(&view, &shown, AppTab::Credentials);
    for unused in found.items.iter().filter(|one| is_unused(one, now)) {
        page = page.with(Part::Notice(retire(&view, &shown, unused)));
    }
    let rows = found.items.iter().map(|one| row_of(&view, &shown, (one, now))).collect();
    let here = path(&view, &shown.application, "/credentials");
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&here, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&here, ("after", None)));
    let table = Table::new("Secrets", Column::all(&COLUMNS), rows)
        .empty(Empty::new(nothing_listed(&shown)).doing(rotation(&view, &shown)))
        .parts(more, beginning)
        .note(Some("What has ended stays listed for 30 days.".to_owned()));
    let page = page
        .with(Part::Section(secrets(&view, &shown, table)))
        .with(Part::Section(authentication::section(&view, &shown)));
    let page = registered::with_section(page, registration.as_ref());
    Ok(view.page(&page))
}

fn secrets(view: &View, shown: &ApplicationView, table: Table) -> Section {
    let another = shown
        .can
        .rotate_secret
        .then(|| Action::go("Add another …", path(view, &shown.application, "/credentials/add")));
    Section::new("Secrets")
        .lead("A secret is shown once, when it is made. Here is what tells one from another.")
        .action(rotation(view, shown))
        .action(another)
        .with(Part::Table(table))
}

fn rotation(view: &View, shown: &ApplicationView) -> Option<Action> {
    let path = path(view, &shown.application, "/credentials/rotate");
    shown.can.rotate_secret.then(|| Action::go("Rotate …", path).main())
}

const fn nothing_listed(shown: &ApplicationView) -> &'static str {
    if shown.can.rotate_secret {
        "There is no secret: rotate, and it has one."
    } else {
        "There is no secret here."
    }
}

/// One that is good and that nobody would miss.
fn is_unused(one: &CredentialView, now: Timestamp) -> bool {
    one.safe_to_retire == SafeToRetire::Yes && one.credential.credential.is_live(now)
}

/// That nothing uses a secret any more, and what to do about it.
fn retire(view: &View, shown: &ApplicationView, one: &CredentialView) -> Notice {
    let credential = &one.credential.credential;
    let said = format!(
        "Nothing uses {} ({}) any more, and a newer one is in use: it can be revoked.",
        called(credential),
        hint(credential)
    );
    let notice = Notice::new(Badge::Warning, said);
    match revocation(view, shown, one) {
        Some(action) => notice.doing(action),
        None => notice,
    }
}

fn row_of(view: &View, shown: &ApplicationView, (one, now): (&CredentialView, Timestamp)) -> Row {
    let is_live = one.credential.credential.is_live(now);
    row((one, now), is_live.then(|| revocation(view, shown, one)).flatten())
}

fn revocation(view: &View, shown: &ApplicationView, one: &CredentialView) -> Option<Action> {
    let credential = &one.credential.credential;
    let path = path(view, &shown.application, &format!("/credentials/{}/revoke", credential.id));
    let question = format!("Revoke {}? Whatever still uses it is refused at once.", hint(credential));
    let revoke = Action::send("Revoke", path).about(hint(credential)).danger().asking(question);
    shown.can.rotate_secret.then_some(revoke)
}

async fn revoke(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, credential): Segments,
) -> Result<Response, Problem> {
    registry.revoke_secret(&access.by, &id, &credential).await?;
    Ok(view.go(&onward(&id, "/credentials"), Said::Revoked))
}
