//! Lists of which one is chosen for a user: a group, an application.

use appkeep_http::action::{ManageAssignments, ManageGroups};
use appkeep_http::{Access, Problem};
use appkeep_service::{ApplicationQuery, GroupQuery, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::scene::{Scene, Whose, look};
use crate::kit::{Action, Cell, Column, Empty, Filter, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

/// `/groups/add`
pub(super) async fn group(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = registry.groups(&access.by, GroupQuery { page, text: asked.get("q") }).await?;
    let join = view.path(&scene.whose.of_user("/groups/add"));
    let rows = found.items.iter().map(|group| {
        let put = Action::send("Put in", &*join).with("group_id", group.id.to_string());
        Row::new(vec![
            Cell::text(group.name.as_str()),
            Cell::maybe(group.description.clone(), Cell::text),
            Cell::Actions(vec![put.about(group.name.as_str())]),
        ])
    });
    let make = Action::go("Make a group", view.path("/groups/new"));
    let table = Table::new("Groups", Column::all(&["Group", "Description", ""]), rows.collect())
        .empty(Empty::new("No group fits.").doing(Some(make)));
    let list = list(&view, (&scene, "/groups/add"), (&asked, found.next_cursor.as_deref()), table);
    Ok(view.page(&scene.below_user(&view, &user, "Put into a group").with(list)))
}

/// `/applications/add`
pub(super) async fn application(
    access: Access<ManageAssignments>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let query = ApplicationQuery { page, text: asked.get("q"), ..ApplicationQuery::default() };
    let found = registry.applications(&access.by, query).await?;
    let assign = view.path(&scene.whose.of_user("/applications/add"));
    let rows = found.items.iter().map(|application| {
        let give = Action::send("Assign", &*assign).with("application_id", application.id.to_string());
        Row::new(vec![
            Cell::text(application.name.as_str()),
            Cell::text(application.kind.as_str()),
            Cell::Actions(vec![give.about(application.name.as_str())]),
        ])
    });
    let table = Table::new("Applications", Column::all(&["Application", "Type", ""]), rows.collect())
        .empty(Empty::new("No application fits."));
    let list = list(&view, (&scene, "/applications/add"), (&asked, found.next_cursor.as_deref()), table);
    Ok(view.page(&scene.below_user(&view, &user, "Assign an application").with(list)))
}

/// A list below a user, in which one can search by name.
pub(super) fn list(
    view: &View,
    (scene, below): (&Scene, &str),
    (asked, next): (&Asked, Option<&str>),
    table: Table,
) -> Part {
    let path = view.path(&scene.whose.bare(&format!("/{}{below}", scene.whose.user)));
    let more = next.map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let filter = Filter::new(path).search("q", "Search by name", asked.get("q").as_deref());
    Part::List(filter, table.parts(more, beginning))
}
