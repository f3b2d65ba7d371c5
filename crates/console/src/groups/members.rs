//! Who is in a group: users, and other groups, are put in and taken out.

use appkeep_domain::Group;
use appkeep_http::action::ManageGroups;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{GroupQuery, PageQuery, Pool, Registry, UserQuery};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Column, Empty, Filter, Page, Part, Row, Table};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

/// A list of which one is chosen.
struct Choosing<'a> {
    view: &'a View,
    group: &'a Group,
    title: &'static str,
    /// Below the group, where what is chosen is sent.
    below: &'static str,
    rows: Vec<Row>,
    next: Option<String>,
}

impl Choosing<'_> {
    fn page(self, asked: &Asked) -> Page {
        let Self { view, group, title, below, rows, next } = self;
        let of_group = view.path(&format!("{PATH}/{}", group.id));
        let path = format!("{of_group}{below}");
        let more = next.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
        let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
        let table = Table::new(title, Column::all(&["Who", "Also", ""]), rows)
            .empty(Empty::new("Nothing fits."))
            .parts(more, beginning);
        let filter = Filter::new(path).search("q", "Search by name or address", asked.get("q").as_deref());
        Page::new(title)
            .below("Groups", view.path(PATH))
            .below(group.name.as_str(), of_group)
            .with(Part::List(filter, table))
    }
}

pub(super) async fn choose_user(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let group = registry.group(&access.by, &id).await?;
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let query = UserQuery { page, text: asked.get("q"), ..UserQuery::default() };
    let found = registry.users(&access.by, Pool::Tenant, query).await?;
    let add = view.path(&format!("{PATH}/{}/members/add", group.id));
    let rows = found.items.iter().map(|user| {
        let action = Action::send("Add", &*add).with("user_id", user.id.to_string());
        Row::new(vec![
            Cell::text(user.email.as_str()),
            Cell::maybe(user.name.as_ref(), |name| Cell::text(name.as_str())),
            Cell::Actions(vec![action.about(user.email.as_str())]),
        ])
    });
    let (rows, next) = (rows.collect(), found.next_cursor.clone());
    let (title, below) = ("Add a user", "/members/add");
    let choosing = Choosing { view: &view, group: &group, title, below, rows, next };
    Ok(view.page(&choosing.page(&asked)))
}

pub(super) async fn choose_group(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let group = registry.group(&access.by, &id).await?;
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = registry.groups(&access.by, GroupQuery { page, text: asked.get("q") }).await?;
    let add = view.path(&format!("{PATH}/{}/subgroups/add", group.id));
    let others = found.items.iter().filter(|other| other.id != group.id);
    let rows = others.map(|other| {
        let action = Action::send("Put in", &*add).with("subgroup_id", other.id.to_string());
        Row::new(vec![
            Cell::text(other.name.as_str()),
            Cell::maybe(other.description.clone(), Cell::text),
            Cell::Actions(vec![action.about(other.name.as_str())]),
        ])
    });
    let (rows, next) = (rows.collect(), found.next_cursor.clone());
    let (title, below) = ("Put a group in", "/subgroups/add");
    let choosing = Choosing { view: &view, group: &group, title, below, rows, next };
    Ok(view.page(&choosing.page(&asked)))
}

pub(super) async fn add(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.add_group_member(&access.by, &id, posted.text("user_id")).await?;
    Ok(view.go(&format!("{PATH}/{id}"), Said::Added))
}

pub(super) async fn remove(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.remove_group_member(&access.by, &id, posted.text("user_id")).await?;
    Ok(view.go(&format!("{PATH}/{id}"), Said::Removed))
}

/// Into itself, by whichever way, none is put.
pub(super) async fn add_group(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.add_subgroup(&access.by, &id, posted.text("subgroup_id")).await?;
    Ok(view.go(&format!("{PATH}/{id}/subgroups"), Said::Added))
}

pub(super) async fn remove_group(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.remove_subgroup(&access.by, &id, posted.text("subgroup_id")).await?;
    Ok(view.go(&format!("{PATH}/{id}/subgroups"), Said::Removed))
}
