//! Who is connected with an integration: never with what.

use appkeep_http::action::ReadUsers;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{IntegrationLink, Integrations, LinkStatus, PageQuery};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Badge, Cell, Column, Empty, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadUsers>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let integration = integrations.get(&access.by, &id).await?;
    let query = PageQuery { cursor: asked.get("after"), limit: None };
    let found = integrations.links(&access.by, &id, query).await?;
    let above = view.path(&format!("{PATH}/{}", integration.id));
    let path = format!("{above}/connections");
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let rows = found.items.iter().map(|link| row(&view, link)).collect();
    let empty = "Nobody is connected. Users connect from an application that the integration is attached to.";
    let table = Table::new("Connected users", Column::all(&["User", "Status", "Connected", "Until"]), rows)
        .empty(Empty::new(empty))
        .parts(more, beginning);
    let page = Page::new("Connected users")
        .below("Integrations", view.path(PATH))
        .below(integration.name.as_str(), above)
        .lead("Who is connected, and since when. What they are connected with is shown to nobody.")
        .with(Part::Table(table));
    Ok(view.page(&page))
}

fn row(view: &View, link: &IntegrationLink) -> Row {
    let status = match link.status {
        LinkStatus::Connected => Cell::badge(Badge::Good, "connected"),
        LinkStatus::Expired => Cell::badge(Badge::Warning, "expired"),
        LinkStatus::None => Cell::Nothing,
    };
    let user = link.user.to_string();
    let href = view.path(&format!("/users/{user}"));
    Row::new(vec![
        Cell::link(user, href),
        status,
        Cell::maybe(link.connected_at, Cell::at),
        Cell::maybe(link.expires_at, Cell::at),
    ])
}
