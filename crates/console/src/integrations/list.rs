//! `/integrations`: the tenant's.

use appkeep_domain::Action as Doing;
use appkeep_domain::integration::{AuthMode, Category, Integration, ValidationStatus};
use appkeep_http::action::ReadIntegrations;
use appkeep_http::{Access, Problem};
use appkeep_service::{IntegrationQuery, Integrations, PageQuery};
use axum::extract::State;
use axum::response::Response;

use super::{PATH, auth_mode, category};
use crate::kit::{Action, Badge, Cell, Choice, Column, Empty, Filter, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    asked: Asked,
) -> Result<Response, Problem> {
    let query = IntegrationQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        category: asked.get("category"),
        auth_mode: asked.get("auth_mode"),
        archived: asked.get("archived").is_some_and(|archived| archived == "true"),
        text: asked.get("q"),
    };
    let found = integrations.list(&access.by, query).await?;
    let path = view.path(PATH);
    let rows = found.items.iter().map(|integration| row(&view, integration)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let add = view
        .may(Doing::ManageIntegrations)
        .then(|| Action::go("Add an integration", view.path("/integrations/new")).main());
    let columns = Column::all(&["Name", "Reached", "Shows", "Status", "Created"]);
    let table = Table::new("Integrations", columns, rows)
        .empty(Empty::new("No integration fits.").doing(add.clone()))
        .parts(more, beginning);
    let page = Page::new("Integrations")
        .lead("Servers of tools that speak MCP, and APIs, that applications reach for their users.")
        .action(add)
        .with(Part::List(filter(&view, &asked), table));
    Ok(view.page(&page))
}

fn filter(view: &View, asked: &Asked) -> Filter {
    let all = |words: &str| std::iter::once(Choice::new("", words));
    let categories = Category::ALL.iter().map(|one| Choice::new(one.as_str(), category(*one)));
    let modes = AuthMode::ALL.iter().map(|one| Choice::new(one.as_str(), auth_mode(*one)));
    let archived = [Choice::new("", "In use"), Choice::new("true", "Archived")];
    Filter::new(view.path(PATH))
        .search("q", "Search by name", asked.get("q").as_deref())
        .menu(
            ("category", "Reached"),
            all("Any way").chain(categories).collect(),
            asked.get("category").as_deref(),
        )
        .menu(
            ("auth_mode", "Shows"),
            all("Anything").chain(modes).collect(),
            asked.get("auth_mode").as_deref(),
        )
        .menu(("archived", "State"), archived.to_vec(), asked.get("archived").as_deref())
}

fn row(view: &View, integration: &Integration) -> Row {
    let href = view.path(&format!("{PATH}/{}", integration.id));
    let name = Cell::Stack(vec![
        Cell::link(integration.name.as_str(), href),
        Cell::Detail(integration.url.to_string()),
    ]);
    Row::new(vec![
        name,
        Cell::text(category(integration.category)),
        Cell::text(auth_mode(integration.auth)),
        status(integration),
        Cell::at(integration.created_at),
    ])
}

/// What came of reaching it, in a word.
pub(super) fn status(integration: &Integration) -> Cell {
    if integration.is_archived() {
        return Cell::badge(Badge::Quiet, "archived");
    }
    let Some(validation) = &integration.validation else { return Cell::badge(Badge::Quiet, "not validated") };
    let badge = match validation.status {
        ValidationStatus::Valid => Badge::Good,
        ValidationStatus::Unauthorized => Badge::Warning,
        ValidationStatus::Unreachable | ValidationStatus::Invalid => Badge::Bad,
    };
    Cell::badge(badge, validation.status.as_str())
}
