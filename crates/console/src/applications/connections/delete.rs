//! A connection is taken away.

use appkeep_domain::{Connection, Environment};
use appkeep_http::action::UpdateApplication;
use appkeep_http::{Access, Problem, Segments};
use appkeep_service::{ApplicationView, Pool, Registry};
use axum::extract::State;
use axum::response::Response;

use super::edit::environment;
use super::{ENVIRONMENT, HERE, of};
use crate::applications::forms::{VERSION, expected, form_page, onward, outrun, path};
use crate::kit::{Draft, Form, Page, Part, Section};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

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
    Ok(view.page(&page(&view, &shown, (environment, &connection), &Draft::new())))
}

pub(super) async fn carry_out(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, provider): Segments,
    posted: Posted,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let environment = environment(posted.text(ENVIRONMENT))?;
    let of = Pool::Application(shown.application.id, environment);
    let connection = registry.connection(&access.by, of, &provider).await?;
    let deleted = registry.delete_connection(&access.by, (of, &provider), expected(&posted)).await;
    Ok(match deleted {
        Ok(()) => view.go(&onward(&id, "/connections"), Said::Deleted),
        Err(error) => view.again(outrun(error), |error| {
            page(&view, &shown, (environment, &connection), &Draft::refused(&posted, error))
        }),
    })
}

fn page(
    view: &View,
    shown: &ApplicationView,
    (environment, connection): (Environment, &Connection),
    draft: &Draft<'_>,
) -> Page {
    let form = Form::new(of(view, shown, (environment, connection), "delete"), "Delete the connection")
        .fields(draft, Vec::new())
        .hidden(ENVIRONMENT, environment.as_str())
        .hidden(VERSION, connection.version.to_string())
        .danger()
        .back(path(view, &shown.application, "/connections"));
    let said = format!(
        "Nobody signs in to {} by {} any more. What tied people to their accounts there goes with it, and does \
         not come back: whoever has no other way to sign in has to be helped. To stop it for a while, disable \
         it instead.",
        environment.as_str(),
        connection.shown_as()
    );
    let section =
        Section::new(&format!("Delete {}", connection.shown_as())).lead(said).with(Part::Form(form)).danger();
    form_page(view, (shown, HERE), section)
}
