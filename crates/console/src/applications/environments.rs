//! `/applications/{id}/environments`: live and test of an application that has
//! people of its own.

use appkeep_domain::{Action as Doing, ApplicationEnvironment, CredentialClass, Environment};
use appkeep_http::action::{ReadApplication, RotateSecret};
use appkeep_http::{Access, AppState, Problem, Segment, Segments};
use appkeep_service::{ApplicationView, PageQuery, Pool, Registry, RotatedEnvironment};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::credentials::{COLUMNS, row};
use super::forms::{form_page, path};
use super::overlap;
use super::tabs::{AppTab, may_here, page_of};
use crate::kit::{Action, Cell, Column, Draft, Empty, Facts, Form, Page, Part, Secret, Section, Table};
use crate::posted::Posted;
use crate::view::View;

const HERE: AppTab = AppTab::Environments;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/environments", get(show))
        .route("/applications/{id}/environments/{mode}/rotate", get(ask).post(rotate))
}

async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let (registry, by) = (&state.registry, &access.by);
    let shown = registry.application(by, &id).await?;
    let query = PageQuery { cursor: None, limit: Some(250) };
    let secrets = registry.credentials(by, &id, query).await?.items;
    let now = state.clock.now();
    let mut page = page_of(&view, &shown, HERE);
    if let Some(key) = &shown.application.public_key {
        let whole = Facts::new().with("Public key of the application", Cell::code(key.as_str()));
        page = page.with(Part::Facts(whole));
    }
    if shown.environments.is_empty() {
        let said = "This application serves its tenant's people, and so it has no environments.";
        return Ok(view.page(&page.with(Part::Prose(said.to_owned()))));
    }
    for environment in &shown.environments {
        let class = CredentialClass::EnvironmentSecret(environment.mode);
        let own = secrets.iter().filter(|one| one.credential.credential.class == class);
        let rows = own.map(|one| row((one, now), None)).collect();
        let table =
            Table::new(&format!("Secrets of {}", environment.mode.as_str()), Column::all(&COLUMNS), rows)
                .empty(Empty::new("It has no secret: rotate, and it has one."));
        let users = if may_here(&view, &shown, Doing::ReadUsers) {
            Some(registry.count_users(by, Pool::Application(shown.application.id, environment.mode)).await?)
        } else {
            None
        };
        let section = section(&view, &shown, (environment, users));
        page = page.with(Part::Section(section.with(Part::Table(table))));
    }
    Ok(view.page(&page))
}

fn section(
    view: &View,
    shown: &ApplicationView,
    (environment, users): (&ApplicationEnvironment, Option<u64>),
) -> Section {
    let (application, mode) = (&shown.application, environment.mode.as_str());
    let people = path(view, application, &format!("/users?environment={mode}"));
    let rotation = path(view, application, &format!("/environments/{mode}/rotate"));
    let may_rotate = shown.can.update || may_here(view, shown, Doing::RotateSecret);
    let rotate = may_rotate.then(|| Action::go("Rotate …", rotation).about(format!("the secret of {mode}")));
    let facts = Facts::new()
        .with("Public key", Cell::code(environment.public_key.as_str()))
        .with("Made", Cell::at(environment.created_at))
        .with("Secret replaced", Cell::at(environment.updated_at))
        .with("Users", Cell::maybe(users, |users| Cell::link(users.to_string(), people)))
        .with("Providers", Cell::link("Its connections", path(view, application, "/connections")));
    let (title, lead) = words(environment.mode);
    Section::new(title).lead(lead).action(rotate).with(Part::Facts(facts))
}

const fn words(mode: Environment) -> (&'static str, &'static str) {
    match mode {
        Environment::Live => ("Live", "The people who use the application."),
        Environment::Test => ("Test", "Those it is tried with. Nothing of live is seen here."),
    }
}

async fn ask(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, mode): Segments,
) -> Result<Response, Problem> {
    let mode = Environment::parse(&mode).map_err(|_| Problem::not_found())?;
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.page(&rotation(&view, (&shown, mode), &Draft::new())))
}

async fn rotate(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, mode): Segments,
    posted: Posted,
) -> Result<Response, Problem> {
    let mode = Environment::parse(&mode).map_err(|_| Problem::not_found())?;
    let shown = registry.application(&access.by, &id).await?;
    let rotated = match overlap::read(&posted) {
        Ok(overlap) => registry.rotate_environment(&access.by, (&id, mode.as_str()), overlap).await,
        Err(error) => Err(error),
    };
    Ok(match rotated {
        Ok(rotated) => view.page(&told(&view, &shown, &rotated)),
        Err(error) => {
            view.again(error, |error| rotation(&view, (&shown, mode), &Draft::refused(&posted, error)))
        }
    })
}

fn rotation(view: &View, (shown, mode): (&ApplicationView, Environment), draft: &Draft<'_>) -> Page {
    let mode = mode.as_str();
    let here = path(view, &shown.application, &format!("/environments/{mode}/rotate"));
    let form = Form::new(here, "Rotate").fields(draft, overlap::fields(draft)).back(path(
        view,
        &shown.application,
        "/environments",
    ));
    let section = Section::new(&format!("Rotate the secret of {mode}"))
        .lead("This environment gets a new secret. That of the other stays as it is.")
        .with(Part::Form(form));
    form_page(view, (shown, HERE), section)
}

fn told(view: &View, shown: &ApplicationView, rotated: &RotatedEnvironment) -> Page {
    let (application, environment) = (&shown.application, &rotated.environment);
    let mode = environment.mode.as_str();
    let secret = Secret {
        title: format!("The new secret of {mode}"),
        sentence: "Copy it now: it is shown this one time, and nobody can look it up afterwards.".to_owned(),
        values: vec![
            ("public_key".to_owned(), environment.public_key.to_string()),
            ("secret_key".to_owned(), rotated.secret_key.expose().to_owned()),
        ],
        file: format!("{}-{mode}.env", application.slug),
    };
    let back = Action::go("Back to the environments", path(view, application, "/environments"));
    page_of(view, shown, HERE)
        .with(Part::Secret(secret))
        .with(Part::Facts(Facts::new().with("Those before it end", Cell::at(rotated.previous_expires_at))))
        .with(Part::Actions(vec![back]))
}
