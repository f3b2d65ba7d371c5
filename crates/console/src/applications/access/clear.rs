//! Everything is taken back that was said.

use appkeep_http::action::UpdateApplication;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{ApplicationView, By, Error, Registry};
use axum::extract::State;
use axum::response::Response;

use super::HERE;
use crate::applications::forms::{expected, form_page, of_version, onward, outrun, path};
use crate::kit::{Cell, Draft, Facts, Form, Page, Part, Section};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

/// How many there are of each that goes with it.
struct Lost {
    keys: usize,
    rules: usize,
}

impl Lost {
    async fn count(registry: &Registry, by: &By, id: &str) -> Result<Self, Error> {
        let keys = registry.api_keys(by, id).await?.len();
        let rules = registry.access(by, id).await?.map_or(0, |said| said.rules.len());
        Ok(Self { keys, rules })
    }
}

pub(super) async fn ask(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let lost = Lost::count(&registry, &access.by, &id).await?;
    Ok(view.page(&page(&view, &shown, &lost, &Draft::new())))
}

pub(super) async fn carry_out(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let Err(error) = registry.clear_access(&access.by, &id, expected(&posted)).await else {
        return Ok(view.go(&onward(&id, "/access"), Said::Removed));
    };
    let shown = registry.application(&access.by, &id).await?;
    let lost = Lost::count(&registry, &access.by, &id).await?;
    Ok(view.again(outrun(error), |error| page(&view, &shown, &lost, &Draft::refused(&posted, error))))
}

fn page(view: &View, shown: &ApplicationView, lost: &Lost, draft: &Draft<'_>) -> Page {
    let number = |count: usize| Cell::text(count.to_string());
    let facts = Facts::new()
        .with("Keys that are revoked", number(lost.keys))
        .with("Rules that are forgotten", number(lost.rules));
    let form = Form::new(path(view, &shown.application, "/access/clear"), "Clear the access")
        .fields(draft, Vec::new())
        .danger()
        .back(path(view, &shown.application, "/access"));
    let section = Section::new("Clear the access")
        .lead(
            "Every key is refused at once, and none of them comes back. Then the application can be given \
             another kind of keys.",
        )
        .with(Part::Facts(facts))
        .with(Part::Form(of_version(form, shown)))
        .danger();
    form_page(view, (shown, HERE), section)
}
