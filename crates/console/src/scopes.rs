//! `/scopes`: what applications can be allowed.

use appkeep_domain::Action as Doing;
use appkeep_http::action::{ChangeScopes, ReadScopes};
use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{PageQuery, Registry, ScopeEntry, ScopeQuery};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

use crate::kit::{Action, Badge, Cell, Column, Draft, Empty, Field, Form, Page, Part, Row, Table};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

const PATH: &str = "/scopes";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/scopes", get(show))
        .route("/scopes/new", get(new).post(create))
        .route("/scopes/delete", post(delete))
}

async fn show(
    access: Access<ReadScopes>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let query = ScopeQuery { page: PageQuery { cursor: asked.get("after"), limit: None } };
    let found = registry.scopes(&access.by, query).await?;
    let path = view.path(PATH);
    let rows = found.items.iter().map(|entry| row(&view, entry)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let register = view
        .may(Doing::ChangeScopes)
        .then(|| Action::go("Register a scope", view.path("/scopes/new")).main());
    let columns = Column::all(&["Scope", "Description", "Kind", "Registered", "Actions"]);
    let table = Table::new("Scopes", columns, rows)
        .empty(Empty::new("There is no scope.").doing(register.clone()))
        .parts(more, beginning);
    let page = Page::new("Scopes")
        .lead("What applications can be allowed: the scopes that are built in, and the tenant's own for its APIs.")
        .action(register)
        .with(Part::Table(table));
    Ok(view.page(&page))
}

fn row(view: &View, entry: &ScopeEntry) -> Row {
    let scope = entry.scope.as_str();
    let kind = if entry.built_in { Cell::badge(Badge::Quiet, "built in") } else { Cell::text("own") };
    let delete = (!entry.built_in && view.may(Doing::ChangeScopes)).then(|| {
        let question = format!("Delete {scope}? From now on nobody is granted it, whoever was allowed it.");
        Action::send("Delete …", view.path("/scopes/delete"))
            .with("scope", scope)
            .about(scope)
            .danger()
            .asking(question)
    });
    Row::new(vec![
        Cell::code(scope),
        Cell::maybe(entry.description.as_deref(), Cell::text),
        kind,
        Cell::maybe(entry.created_at, Cell::at),
        delete.map_or(Cell::Nothing, |delete| Cell::Actions(vec![delete])),
    ])
}

async fn new(_: Access<ChangeScopes>, view: View) -> Response {
    view.page(&new_page(&view, &Draft::new()))
}

async fn create(
    access: Access<ChangeScopes>,
    view: View,
    State(registry): State<Registry>,
    posted: Posted,
) -> Result<Response, Problem> {
    let (scope, description) = (posted.typed("scope"), posted.filled("description"));
    match registry.create_scope(&access.by, &scope, description.as_deref()).await {
        Ok(_) => Ok(view.go(PATH, Said::Made)),
        Err(error) => Ok(view.again(error, |error| new_page(&view, &Draft::refused(&posted, error)))),
    }
}

fn new_page(view: &View, draft: &Draft<'_>) -> Page {
    let fields = vec![
        Field::line(draft, ("scope", "Scope"), "").required().example("invoices:read").hint(
            "As access tokens have it: printable characters of ASCII without spaces, quotes and backslashes.",
        ),
        Field::line(draft, ("description", "Description"), "")
            .hint("What people are asked to allow, in one sentence."),
    ];
    let form =
        Form::new(view.path("/scopes/new"), "Register the scope").fields(draft, fields).back(view.path(PATH));
    Page::new("Register a scope")
        .below("Scopes", view.path(PATH))
        .lead("From then on applications of this tenant can be allowed it.")
        .with(Part::Form(form))
}

async fn delete(
    access: Access<ChangeScopes>,
    view: View,
    State(registry): State<Registry>,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.delete_scope(&access.by, posted.text("scope")).await?;
    Ok(view.go(PATH, Said::Deleted))
}
