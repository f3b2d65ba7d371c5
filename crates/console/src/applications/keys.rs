//! `/applications/{id}/keys`: the API keys of an application.

use appkeep_domain::{Action as Doing, Environment, Timestamp};
use appkeep_http::action::{ReadApplication, RotateSecret};
use appkeep_http::{Access, AppState, Problem, Segment, Segments};
use appkeep_service::access::{AddedKey, NewKeyFields};
use appkeep_service::{ApplicationView, CredentialView, NewSecretFields, Registry};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

use super::credentials::{hint, row};
use super::forms::{form_page, onward, path};
use super::tabs::{AppTab, may_here, page_of};
use crate::kit::{
    Action, Badge, Cell, Choice, Column, Draft, Empty, Facts, Field, Form, Notice, Page, Part, Row, Secret,
    Section, Table,
};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

const HERE: AppTab = AppTab::Keys;
const LIVE: &str = "live";
const TEST: &str = "test";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/keys", get(show))
        .route("/applications/{id}/keys/add", get(ask).post(add))
        .route("/applications/{id}/keys/{key}/revoke", post(revoke))
}

fn may_change(view: &View, shown: &ApplicationView) -> bool {
    shown.can.update || may_here(view, shown, Doing::RotateSecret)
}

async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = state.registry.application(&access.by, &id).await?;
    let keys = state.registry.api_keys(&access.by, &id).await?;
    let now = state.clock.now();
    let page = page_of(&view, &shown, HERE)
        .lead("A key is all that is needed to do what the application's access says: it names the application by itself.");
    if shown.application.access.is_none() {
        let said = "What its keys may do was never said. Say that first; then it can be given keys.";
        let set = Action::go("Set the access …", path(&view, &shown.application, "/access/permissions"));
        let notice = Notice::new(Badge::Quiet, said);
        let notice = if shown.can.update { notice.doing(set) } else { notice };
        return Ok(view.page(&page.with(Part::Notice(notice))));
    }
    let rows = keys.iter().map(|key| row_of(&view, &shown, (key, now))).collect();
    let columns = Column::all(&["Key", "Environment", "State", "Made", "Last used", "Ends", "What to do"]);
    let new = may_change(&view, &shown)
        .then(|| Action::go("Add a key …", path(&view, &shown.application, "/keys/add")).main());
    let table = Table::new("API keys", columns, rows)
        .empty(Empty::new("It has no key that is good.").doing(new.clone()));
    Ok(view.page(&page.action(new).with(Part::Table(table))))
}

fn row_of(view: &View, shown: &ApplicationView, (key, now): (&CredentialView, Timestamp)) -> Row {
    let credential = &key.credential.credential;
    let path = path(view, &shown.application, &format!("/keys/{}/revoke", credential.id));
    let question = format!("Revoke {}? Whatever still uses it is refused at once.", hint(credential));
    let revoke = Action::send("Revoke", path).about(hint(credential)).danger().asking(question);
    let mut row = row((key, now), may_change(view, shown).then_some(revoke));
    let environment = credential.class.environment().map(Environment::as_str);
    row.cells.insert(1, Cell::maybe(environment, Cell::text));
    row
}

async fn ask(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.page(&addition(&view, &shown, &Draft::new())))
}

async fn add(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let fields = NewKeyFields {
        environment: posted.filled("environment"),
        secret: NewSecretFields { name: posted.filled("name"), expires_at: posted.moment("expires_at") },
    };
    Ok(match registry.add_key(&access.by, &id, fields).await {
        Ok(added) => view.page(&told(&view, &shown, &added)),
        Err(error) => view.again(error, |error| addition(&view, &shown, &Draft::refused(&posted, error))),
    })
}

fn addition(view: &View, shown: &ApplicationView, draft: &Draft<'_>) -> Page {
    let environments = vec![
        Choice::new(LIVE, "Live").hint("For what is real."),
        Choice::new(TEST, "Test").hint("Sees nothing of what is live."),
    ];
    let fields = vec![
        Field::radio(draft, ("environment", "Environment"), (environments, LIVE)),
        Field::line(draft, ("name", "Name"), "")
            .example("checkout")
            .hint("By which you know it again, such as where it is used."),
        Field::typed(draft, ("expires_at", "Ends at"), ("datetime-local", ""))
            .hint("Without it the key is good until it is revoked."),
    ];
    let form = Form::new(path(view, &shown.application, "/keys/add"), "Add the key")
        .fields(draft, fields)
        .back(path(view, &shown.application, "/keys"));
    let section = Section::new("Add a key")
        .lead("An application has at most three keys that are good: one in use, the next, and one to spare.")
        .with(Part::Form(form));
    form_page(view, (shown, HERE), section)
}

fn told(view: &View, shown: &ApplicationView, added: &AddedKey) -> Page {
    let application = &shown.application;
    let secret = Secret {
        title: "The new key".to_owned(),
        sentence: "Copy it now: it is shown this one time, and nobody can look it up afterwards.".to_owned(),
        values: vec![("api_key".to_owned(), added.key.expose().to_owned())],
        file: format!("{}-{}.key", application.slug, added.environment.as_str()),
    };
    let facts = Facts::new()
        .with("Environment", Cell::text(added.environment.as_str()))
        .with("It ends", Cell::maybe(added.credential.expires_at, Cell::at));
    let back = Action::go("Back to the keys", path(view, application, "/keys"));
    page_of(view, shown, HERE)
        .with(Part::Secret(secret))
        .with(Part::Facts(facts))
        .with(Part::Actions(vec![back]))
}

async fn revoke(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, key): Segments,
) -> Result<Response, Problem> {
    registry.revoke_key(&access.by, (&id, &key)).await?;
    Ok(view.go(&onward(&id, "/keys"), Said::Revoked))
}
