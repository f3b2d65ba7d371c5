//! A connection is made, and changed.

use appkeep_domain::{Connection, Environment, ProviderKind};
use appkeep_http::action::UpdateApplication;
use appkeep_http::{Access, AppState, Problem, Segment, Segments};
use appkeep_service::{ApplicationView, ConnectionUpdate, Pool, Registry};
use axum::extract::State;
use axum::response::Response;

use super::{ENVIRONMENT, HERE, fields, of};
use crate::applications::forms::{VERSION, expected, form_page, onward, outrun, path};
use crate::kit::{Action, Cell, Choice, Column, Draft, Facts, Form, Page, Part, Row, Section, Table};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

/// In links and forms: which sort of provider it is.
const KIND: &str = "type";

pub(super) async fn ask_for_new(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let environment = environment(&asked.text(ENVIRONMENT))?;
    let page = match fields::parse_kind(&asked.text(KIND)) {
        Some(kind) => creation(&view, &shown, (environment, kind), &Draft::new()),
        None => choice(&view, &shown, environment),
    };
    Ok(view.page(&page))
}

/// Live where it is not said.
pub(super) fn environment(word: &str) -> Result<Environment, Problem> {
    if word.is_empty() {
        return Ok(Environment::Live);
    }
    Environment::parse(word).map_err(|_| Problem::not_found())
}

/// Which provider it is to be.
fn choice(view: &View, shown: &ApplicationView, environment: Environment) -> Page {
    let row = |choice: Choice| {
        let below =
            format!("/connections/new?{ENVIRONMENT}={}&{KIND}={}", environment.as_str(), choice.value);
        let link = Cell::link(choice.words, path(view, &shown.application, &below));
        Row::new(vec![link, Cell::maybe(choice.hint, Cell::text)])
    };
    let rows = fields::kinds().into_iter().map(row).collect();
    let table = Table::new("Providers", Column::all(&["Provider", "What is needed"]), rows);
    let section = Section::new(&format!("Connect a provider in {}", environment.as_str()))
        .lead("With which account are people to sign in?")
        .with(Part::Table(table));
    form_page(view, (shown, HERE), section)
}

pub(super) async fn create(
    access: Access<UpdateApplication>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let shown = state.registry.application(&access.by, &id).await?;
    let environment = environment(posted.text(ENVIRONMENT))?;
    let Some(kind) = fields::parse_kind(posted.text(KIND)) else { return Err(Problem::not_found()) };
    let of = Pool::Application(shown.application.id, environment);
    let new = fields::read_new(kind, &posted);
    let made = state.registry.create_connection(&access.by, of, new, &state.authority).await;
    Ok(match made {
        Ok(_) => view.go(&onward(&id, "/connections"), Said::Added),
        Err(error) => view.again(error, |error| {
            creation(&view, &shown, (environment, kind), &Draft::refused(&posted, error))
        }),
    })
}

fn creation(
    view: &View,
    shown: &ApplicationView,
    (environment, kind): (Environment, ProviderKind),
    draft: &Draft<'_>,
) -> Page {
    let form = Form::new(path(view, &shown.application, "/connections/new"), "Connect")
        .fields(draft, fields::of_new(kind, draft))
        .hidden(ENVIRONMENT, environment.as_str())
        .hidden(KIND, kind.as_str())
        .back(path(view, &shown.application, "/connections"));
    let section = Section::new(&format!("Connect {} in {}", kind.as_str(), environment.as_str()))
        .lead(
            "Register the application at the provider first, with one of its own redirect URIs. What proves it \
             there is kept sealed, and never shown again.",
        )
        .with(Part::Form(form));
    form_page(view, (shown, HERE), section)
}

pub(super) async fn ask(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, provider): Segments,
    asked: Asked,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let environment = environment(&asked.text(ENVIRONMENT))?;
    let of = Pool::Application(shown.application.id, environment);
    let connection = registry.connection(&access.by, of, &provider).await?;
    Ok(view.page(&change_of(&view, &shown, (environment, &connection), &Draft::new())))
}

pub(super) async fn change(
    access: Access<UpdateApplication>,
    view: View,
    State(state): State<AppState>,
    Segments(id, provider): Segments,
    posted: Posted,
) -> Result<Response, Problem> {
    let (registry, by) = (&state.registry, &access.by);
    let shown = registry.application(by, &id).await?;
    let environment = environment(posted.text(ENVIRONMENT))?;
    let of = Pool::Application(shown.application.id, environment);
    let stands = registry.connection(by, of, &provider).await?;
    let fields = fields::read(stands.kind(), &posted, Some(&stands));
    let update =
        ConnectionUpdate { expected: expected(&posted), client_id: Some(posted.typed("client_id")), fields };
    let changed = registry.update_connection(by, (of, &provider), update, &state.authority).await;
    Ok(match changed {
        Ok(_) => view.go(&onward(&id, "/connections"), Said::Saved),
        Err(error) => view.again(outrun(error), |error| {
            change_of(&view, &shown, (environment, &stands), &Draft::refused(&posted, error))
        }),
    })
}

fn change_of(
    view: &View,
    shown: &ApplicationView,
    (environment, connection): (Environment, &Connection),
    draft: &Draft<'_>,
) -> Page {
    let this = (environment, connection);
    let facts = Facts::new()
        .with("Provider", Cell::code(connection.provider.as_str()))
        .with("Environment", Cell::text(environment.as_str()))
        .with("Issuer", Cell::maybe(fields::issuer(connection), Cell::code));
    let form = Form::new(of(view, shown, this, "edit"), "Save")
        .fields(draft, fields::of_known(connection, draft))
        .hidden(ENVIRONMENT, environment.as_str())
        .hidden(VERSION, connection.version.to_string())
        .back(path(view, &shown.application, "/connections"));
    let delete = Action::go("Delete …", of(view, shown, this, "delete")).danger();
    let section = Section::new(connection.shown_as())
        .action(Some(delete))
        .with(Part::Facts(facts))
        .with(Part::Form(form));
    form_page(view, (shown, HERE), section)
}
