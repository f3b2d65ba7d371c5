//! All groups of the tenant.

use appkeep_domain::{Action as Doing, Group};
use appkeep_http::action::ReadGroups;
use appkeep_http::{Access, Problem};
use appkeep_service::{GroupQuery, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Column, Empty, Filter, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadGroups>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = registry.groups(&access.by, GroupQuery { page, text: asked.get("q") }).await?;
    let path = view.path(PATH);
    let rows = found.items.iter().map(|group| row(&path, group)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let make =
        view.may(Doing::ManageGroups).then(|| Action::go("Make a group", format!("{path}/new")).main());
    let table = Table::new("Groups", Column::all(&["Group", "Description", "Created"]), rows)
        .empty(Empty::new("No group fits.").doing(make.clone()))
        .parts(more, beginning);
    let filter = Filter::new(path).search("q", "Search by name or description", asked.get("q").as_deref());
    let page = Page::new("Groups")
        .lead("Users who may use the same applications. A group can be in another, with everybody in it.")
        .action(make)
        .with(Part::List(filter, table));
    Ok(view.page(&page))
}

fn row(path: &str, group: &Group) -> Row {
    Row::new(vec![
        Cell::link(group.name.as_str(), format!("{path}/{}", group.id)),
        Cell::maybe(group.description.clone(), Cell::text),
        Cell::at(group.created_at),
    ])
}
