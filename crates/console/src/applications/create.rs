//! `/applications/new`: which type, what it is, and its secret this one time.

use appkeep_domain::ApplicationKind;
use appkeep_http::action::CreateApplication;
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::{Created, Error, ErrorCode, Fault, Registry};
use axum::extract::State;
use axum::response::Response;

use super::tabs::{AppTab, page_of};
use super::{PATH, fields, first_steps};
use crate::kit::{Action, Choice, Draft, Field, Form, Page, Part, Secret, Section};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::{View, see_other};

/// `GET /applications/new`
pub(super) async fn choose(_access: Access<CreateApplication>, view: View) -> Response {
    view.page(&choose_page(&view, &Draft::new()))
}

/// `POST /applications/new`: on to the form of the type.
pub(super) async fn chosen(
    _access: Access<CreateApplication>,
    view: View,
    State(state): State<AppState>,
    posted: Posted,
) -> Response {
    let Ok(kind) = ApplicationKind::parse(posted.text("type")) else {
        let error = Error::invalid(Fault::new("type", ErrorCode::InvalidField, "has to be chosen"));
        return view.again(error, |error| choose_page(&view, &Draft::refused(&posted, error)));
    };
    see_other(&state.site, &view.path(&format!("{PATH}/new/{}", kind.as_str())))
}

fn choose_page(view: &View, draft: &Draft<'_>) -> Page {
    let choices = ApplicationKind::ALL
        .iter()
        .map(|kind| Choice::new(kind.as_str(), fields::name_of(*kind)).hint(fields::purpose_of(*kind)));
    let kind = Field::radio(draft, ("type", "What is it?"), (choices.collect(), ""))
        .hint("The type decides how it proves who it is, and is fixed from then on.");
    let form = Form::new(view.path(&format!("{PATH}/new")), "Continue")
        .fields(draft, vec![kind])
        .back(view.path(PATH));
    Page::new("Register an application").below("Applications", view.path(PATH)).with(Part::Form(form))
}

/// `GET /applications/new/{type}`
pub(super) async fn form(
    _access: Access<CreateApplication>,
    view: View,
    Segment(kind): Segment,
) -> Result<Response, Problem> {
    let kind = parse(&kind)?;
    Ok(view.page(&form_page(&view, kind, &Draft::new())))
}

/// `POST /applications/new/{type}`
pub(super) async fn create(
    access: Access<CreateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(kind): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let kind = parse(&kind)?;
    let new = fields::read_new(kind, &posted);
    Ok(match registry.create_application(&access.by, kind.as_str(), new).await {
        Ok(created) if has_secrets(&created) => view.page(&made_page(&view, &created)),
        Ok(created) => view.go(&format!("{PATH}/{}", created.view.application.id), Said::Made),
        Err(error) => view.again(error, |error| form_page(&view, kind, &Draft::refused(&posted, error))),
    })
}

/// A type that nobody has is a page that is not there.
fn parse(kind: &str) -> Result<ApplicationKind, Problem> {
    ApplicationKind::parse(kind).map_err(|_| Problem::not_found())
}

fn form_page(view: &View, kind: ApplicationKind, draft: &Draft<'_>) -> Page {
    let new = view.path(&format!("{PATH}/new"));
    let form = Form::new(format!("{new}/{}", kind.as_str()), "Register")
        .fields(draft, fields::of_new(view, kind, draft))
        .back(view.path(PATH));
    Page::new(format!("Register: {}", fields::name_of(kind)))
        .lead(fields::purpose_of(kind))
        .below("Applications", view.path(PATH))
        .below("Register an application", new)
        .with(Part::Form(form))
}

fn has_secrets(created: &Created) -> bool {
    created.client_secret.is_some() || !created.environments.is_empty()
}

fn made_page(view: &View, created: &Created) -> Page {
    let shown = &created.view;
    let application = &shown.application;
    let on = Action::go("I have kept it", view.path(&format!("{PATH}/{}", application.id))).main();
    let steps = Section::new("What to do next").with(Part::Steps(first_steps::of(view, shown)));
    page_of(view, shown, AppTab::Overview)
        .lead("Registered. Copy what is below to where the application runs, before you leave this page.")
        .with(Part::Secret(secret(view, created)))
        .with(Part::Actions(vec![on]))
        .with(Part::Section(steps))
}

/// As an application is configured with it.
fn secret(view: &View, created: &Created) -> Secret {
    let application = &created.view.application;
    let mut values = vec![
        ("APPKEEP_ISSUER".to_owned(), view.issuer().to_owned()),
        ("APPKEEP_CLIENT_ID".to_owned(), application.id.to_string()),
    ];
    if let Some(secret) = &created.client_secret {
        values.push(("APPKEEP_CLIENT_SECRET".to_owned(), secret.expose().to_owned()));
    }
    for made in &created.environments {
        let mode = made.environment.mode.as_str().to_uppercase();
        values.push((format!("APPKEEP_{mode}_PUBLIC_KEY"), made.environment.public_key.to_string()));
        values.push((format!("APPKEEP_{mode}_SECRET_KEY"), made.secret_key.expose().to_owned()));
    }
    Secret {
        title: "Shown this one time".to_owned(),
        sentence: "We keep no copy that anybody could read. Whoever has it can act as the application; \
                   if it is lost, rotate it."
            .to_owned(),
        values,
        file: format!("{}.env", application.slug),
    }
}
