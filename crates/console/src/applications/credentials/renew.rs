//! A secret for another, or beside the others.

use appkeep_domain::Timestamp;
use appkeep_http::action::RotateSecret;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{ApplicationView, Error, NewSecretFields, Registry};
use axum::extract::State;
use axum::response::Response;

use crate::applications::forms::{form_page, path};
use crate::applications::overlap;
use crate::applications::tabs::{AppTab, page_of};
use crate::kit::{Action, Cell, Draft, Facts, Field, Form, Page, Part, Secret, Section};
use crate::posted::Posted;
use crate::view::View;

const HERE: AppTab = AppTab::Credentials;

pub(super) async fn ask_to_rotate(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.page(&rotation(&view, &shown, &Draft::new())))
}

pub(super) async fn rotate(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let rotated = match overlap::read(&posted) {
        Ok(overlap) => registry.rotate_secret(&access.by, &id, overlap).await,
        Err(error) => Err(error),
    };
    Ok(match rotated {
        Ok(rotated) => {
            let secret = (rotated.client_secret.expose(), "The new client secret");
            view.page(&told(
                &view,
                &shown,
                secret,
                ("Those before it end", Some(rotated.previous_expires_at)),
            ))
        }
        Err(error) => view.again(error, |error| rotation(&view, &shown, &Draft::refused(&posted, error))),
    })
}

fn rotation(view: &View, shown: &ApplicationView, draft: &Draft<'_>) -> Page {
    let form = Form::new(path(view, &shown.application, "/credentials/rotate"), "Rotate")
        .fields(draft, overlap::fields(draft))
        .back(path(view, &shown.application, "/credentials"));
    let section = Section::new("Rotate the secret")
        .lead(
            "The application gets a new secret. The one that it has is taken for a while longer, so that \
             nothing stops while the new one is put in its place. Secrets that were added beside it stay.",
        )
        .with(Part::Form(form));
    form_page(view, (shown, HERE), section)
}

pub(super) async fn ask_to_add(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.page(&addition(&view, &shown, &Draft::new())))
}

pub(super) async fn add(
    access: Access<RotateSecret>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let fields = NewSecretFields { name: posted.filled("name"), expires_at: posted.moment("expires_at") };
    Ok(match registry.add_secret(&access.by, &id, fields).await {
        Ok(added) => {
            let secret = (added.client_secret.expose(), "The further client secret");
            view.page(&told(&view, &shown, secret, ("It ends", added.credential.expires_at)))
        }
        Err(error) => again(&view, &shown, (error, &posted)),
    })
}

fn again(view: &View, shown: &ApplicationView, (error, posted): (Error, &Posted)) -> Response {
    view.again(error, |error| addition(view, shown, &Draft::refused(posted, error)))
}

fn addition(view: &View, shown: &ApplicationView, draft: &Draft<'_>) -> Page {
    let fields = vec![
        Field::line(draft, ("name", "Name"), "")
            .example("deploy of the northern region")
            .hint("By which you know it again, such as where it is used."),
        Field::typed(draft, ("expires_at", "Ends at"), ("datetime-local", ""))
            .hint("Without it the secret is good until it is revoked."),
    ];
    let form = Form::new(path(view, &shown.application, "/credentials/add"), "Add a secret")
        .fields(draft, fields)
        .back(path(view, &shown.application, "/credentials"));
    let section = Section::new("Add a secret")
        .lead(
            "It stands beside those that there are, and no rotation ends it. An application has at most ten.",
        )
        .with(Part::Form(form));
    form_page(view, (shown, HERE), section)
}

/// The secret, this one time.
fn told(
    view: &View,
    shown: &ApplicationView,
    (secret, title): (&str, &str),
    (what, at): (&str, Option<Timestamp>),
) -> Page {
    let application = &shown.application;
    let secret = Secret {
        title: title.to_owned(),
        sentence: "Copy it now: it is shown this one time, and nobody can look it up afterwards.".to_owned(),
        values: vec![
            ("client_id".to_owned(), application.id.to_string()),
            ("client_secret".to_owned(), secret.to_owned()),
        ],
        file: format!("{}.env", application.slug),
    };
    let back = Action::go("Back to the credentials", path(view, application, "/credentials"));
    page_of(view, shown, HERE)
        .with(Part::Secret(secret))
        .with(Part::Facts(Facts::new().with(what, Cell::maybe(at, Cell::at))))
        .with(Part::Actions(vec![back]))
}
