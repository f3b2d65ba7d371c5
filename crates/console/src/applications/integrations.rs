//! `/applications/{id}/integrations`: what an application reaches.

use appkeep_domain::integration::Integration;
use appkeep_domain::{Action as Doing, IntegrationId};
use appkeep_http::action::{ReadApplication, UpdateApplication};
use appkeep_http::{Access, AppState, Problem, Segment, Segments};
use appkeep_service::{
    ApplicationView, AttachedIntegration, By, Error, IntegrationQuery, Integrations, PageQuery,
};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

use super::forms::{form_page, onward, path};
use super::tabs::{AppTab, may_here, page_of};
use crate::kit::{Action, Cell, Choice, Column, Draft, Empty, Field, Form, Page, Part, Row, Section, Table};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

const HERE: AppTab = AppTab::Integrations;
/// As many as one call gives.
const PART: i64 = 250;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/integrations", get(show))
        .route("/applications/{id}/integrations/attach", post(attach))
        .route("/applications/{id}/integrations/choose", get(choose).post(replace))
        .route("/applications/{id}/integrations/{integration}/detach", post(detach))
}

/// An application, what it reaches, and what it could.
struct Standing {
    shown: ApplicationView,
    attached: Vec<AttachedIntegration>,
    /// All of the tenant's, for whoever may attach one.
    there: Vec<Integration>,
    may_attach: bool,
}

impl Standing {
    async fn read(view: &View, state: &AppState, by: &By, id: &str) -> Result<Self, Error> {
        let integrations = Integrations::new(state.registry.clone(), state.authority.clone());
        let shown = state.registry.application(by, id).await?;
        let attached = integrations.attached(by, id).await?;
        let may_attach = shown.can.update && may_here(view, &shown, Doing::ManageIntegrations);
        let there = if may_attach { all(&integrations, by).await? } else { Vec::new() };
        Ok(Self { shown, attached, there, may_attach })
    }

    fn is_attached(&self, id: IntegrationId) -> bool {
        self.attached.iter().any(|one| one.integration.id == id)
    }
}

/// Of the tenant's, which has not many, all.
async fn all(integrations: &Integrations, by: &By) -> Result<Vec<Integration>, Error> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = PageQuery { cursor, limit: Some(PART) };
        let part = integrations.list(by, IntegrationQuery { page, ..IntegrationQuery::default() }).await?;
        all.extend(part.items);
        cursor = part.next_cursor;
        if cursor.is_none() || all.len() > Integration::MOST as usize {
            return Ok(all);
        }
    }
}

async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let standing = Standing::read(&view, &state, &access.by, &id).await?;
    Ok(view.page(&page(&view, &standing, &Draft::new())))
}

fn page(view: &View, standing: &Standing, draft: &Draft<'_>) -> Page {
    let Standing { shown, attached, there, may_attach } = standing;
    let rows = attached.iter().map(|one| row(view, shown, one)).collect();
    let columns = Column::all(&["Integration", "Address", "Reached", "Attached", "What to do"]);
    let table = Table::new("Integrations", columns, rows).empty(Empty::new(
        "It reaches none. Attach one, and its people can use it through this application.",
    ));
    let choose = may_attach
        .then(|| Action::go("Choose several …", path(view, &shown.application, "/integrations/choose")));
    let page = page_of(view, shown, HERE)
        .lead("What the application reaches for the people who use it, through the gateway or by credentials from here.")
        .action(choose)
        .with(Part::Table(table));
    if !may_attach {
        return page;
    }
    let left: Vec<&Integration> = there.iter().filter(|one| !standing.is_attached(one.id)).collect();
    if left.is_empty() {
        let said =
            "There is no other integration that could be attached: register one under Integrations first.";
        return page.with(Part::Prose(said.to_owned()));
    }
    let choices = left.iter().map(|one| Choice::new(one.id.to_string(), one.name.as_str())).collect();
    let field = Field::select(draft, ("integration_id", "Integration"), (choices, "")).required();
    let form = Form::new(path(view, &shown.application, "/integrations/attach"), "Attach")
        .fields(draft, vec![field]);
    page.with(Part::Section(Section::new("Attach another").with(Part::Form(form))))
}

fn row(view: &View, shown: &ApplicationView, one: &AttachedIntegration) -> Row {
    let integration = &one.integration;
    let to = path(view, &shown.application, &format!("/integrations/{}/detach", integration.id));
    let question = format!("Detach {}? The application reaches it no more.", integration.name);
    let detach = Action::send("Detach", to).about(integration.name.as_str()).danger().asking(question);
    let name = if view.may(Doing::ReadIntegrations) {
        let href = view.path(&format!("/integrations/{}", integration.id));
        Cell::link(integration.name.as_str(), href)
    } else {
        Cell::text(integration.name.as_str())
    };
    Row::new(vec![
        name,
        Cell::code(integration.url.as_str()),
        Cell::text(integration.category.as_str()),
        Cell::at(one.attached_at),
        Cell::maybe(shown.can.update.then_some(detach), |action| Cell::Actions(vec![action])),
    ])
}

async fn attach(
    access: Access<UpdateApplication>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let integrations = Integrations::new(state.registry.clone(), state.authority.clone());
    let attached = integrations.attach(&access.by, &id, posted.text("integration_id")).await;
    let Err(error) = attached else { return Ok(view.go(&onward(&id, "/integrations"), Said::Added)) };
    let standing = Standing::read(&view, &state, &access.by, &id).await?;
    Ok(view.again(error, |error| page(&view, &standing, &Draft::refused(&posted, error))))
}

async fn detach(
    access: Access<UpdateApplication>,
    view: View,
    State(integrations): State<Integrations>,
    Segments(id, integration): Segments,
) -> Result<Response, Problem> {
    integrations.detach(&access.by, &id, &integration).await?;
    Ok(view.go(&onward(&id, "/integrations"), Said::Removed))
}

async fn choose(
    access: Access<UpdateApplication>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let standing = Standing::read(&view, &state, &access.by, &id).await?;
    Ok(view.page(&choice(&view, &standing, &Draft::new())))
}

async fn replace(
    access: Access<UpdateApplication>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let integrations = Integrations::new(state.registry.clone(), state.authority.clone());
    let chosen = posted.list("integration_ids");
    let Err(error) = integrations.replace_attached(&access.by, &id, &chosen).await else {
        return Ok(view.go(&onward(&id, "/integrations"), Said::Saved));
    };
    let standing = Standing::read(&view, &state, &access.by, &id).await?;
    Ok(view.again(error, |error| choice(&view, &standing, &Draft::refused(&posted, error))))
}

fn choice(view: &View, standing: &Standing, draft: &Draft<'_>) -> Page {
    let Standing { shown, attached, there, .. } = standing;
    let choices =
        there.iter().map(|one| Choice::new(one.id.to_string(), one.name.as_str()).hint(one.url.as_str()));
    let chosen: Vec<String> = attached.iter().map(|one| one.integration.id.to_string()).collect();
    let named = ("integration_ids", "Integrations");
    let hint =
        format!("{} at most. What people have with one that goes stays theirs.", Integration::MOST_ATTACHED);
    let field = Field::checks(draft, named, (choices.collect(), &chosen)).hint(hint);
    let form = Form::new(path(view, &shown.application, "/integrations/choose"), "Save")
        .fields(draft, vec![field])
        .back(path(view, &shown.application, "/integrations"));
    let section = Section::new("Choose what it reaches")
        .lead("These and no others from now on.")
        .with(Part::Form(form));
    form_page(view, (shown, HERE), section)
}
