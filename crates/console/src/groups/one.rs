//! One group: its users, the groups in it, and what it may use.

use appkeep_domain::{Action as Doing, Group, Subject};
use appkeep_http::action::{ReadAssignments, ReadGroups};
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Column, Empty, Facts, Link, Page, Part, Row, Tab, Table};
use crate::posted::Asked;
use crate::view::View;

/// The pages of a group: the path below its own, and the words.
const TABS: [(&str, &str); 3] =
    [("", "Members"), ("/subgroups", "Groups in it"), ("/applications", "Applications")];

/// One of its pages, still empty.
fn page_of(view: &View, group: &Group, here: &str) -> Page {
    let base = view.path(&format!("{PATH}/{}", group.id));
    let shown = TABS
        .iter()
        .filter(|(below, _)| *below == here || *below != "/applications" || view.may(Doing::ReadAssignments));
    let tab = |(below, words): &(&str, &str)| Tab {
        link: Link::new(*words, format!("{base}{below}")),
        is_here: *below == here,
    };
    Page::new(group.name.as_str()).below("Groups", view.path(PATH)).tabs(shown.map(tab).collect())
}

/// Where the next part of a list is, and the first.
fn parts(table: Table, path: &str, (asked, next): (&Asked, Option<&str>)) -> Table {
    let more = next.map(|cursor| asked.with(path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(path, ("after", None)));
    table.parts(more, beginning)
}

/// Who the members are, is for those who may read users.
pub(super) async fn show(
    access: Access<ReadGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let group = registry.group(&access.by, &id).await?;
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = registry.group_members(&access.by, &id, page).await?;
    let (may, knows) = (view.may(Doing::ManageGroups), view.may(Doing::ReadUsers));
    let path = view.path(&format!("{PATH}/{}", group.id));
    let remove = format!("{path}/members/remove");
    let rows = found.items.iter().map(|member| {
        let id = member.user.id.to_string();
        let name = if knows { member.user.email.as_str().to_owned() } else { id.clone() };
        let out = Action::send("Take out", &*remove).with("user_id", &*id).about(&*name).danger();
        Row::new(vec![
            Cell::link(name, view.path(&format!("/users/{id}"))),
            Cell::maybe(member.user.name.as_ref().filter(|_| knows), |name| Cell::text(name.as_str())),
            Cell::at(member.added_at),
            if may { Cell::Actions(vec![out.asking("Take them out of the group?")]) } else { Cell::Nothing },
        ])
    });
    let add = (may && knows).then(|| Action::go("Add a user …", format!("{path}/members/add")).main());
    let table = Table::new("Members", Column::all(&["User", "Name", "Added", ""]), rows.collect())
        .empty(Empty::new("Nobody is in it, other than by the groups in it.").doing(add.clone()));
    let table = parts(table, &path, (&asked, found.next_cursor.as_deref()));
    let page = page_of(&view, &group, "")
        .action(add)
        .action(may.then(|| Action::go("Edit", format!("{path}/edit"))))
        .action(may.then(|| Action::go("Delete …", format!("{path}/delete")).danger()))
        .with(Part::Facts(facts(&group)))
        .with(Part::Table(table));
    Ok(view.page(&page))
}

fn facts(group: &Group) -> Facts {
    Facts::new()
        .with("Id", Cell::code(group.id.to_string()))
        .with("Description", Cell::maybe(group.description.clone(), Cell::text))
        .with("Created", Cell::at(group.created_at))
        .with("Changed", Cell::at(group.updated_at))
}

pub(super) async fn subgroups(
    access: Access<ReadGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let group = registry.group(&access.by, &id).await?;
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = registry.subgroups(&access.by, &id, page).await?;
    let may = view.may(Doing::ManageGroups);
    let path = view.path(&format!("{PATH}/{}/subgroups", group.id));
    let remove = format!("{path}/remove");
    let rows = found.items.iter().map(|inner| {
        let name = inner.name.as_str();
        let out =
            Action::send("Take out", &*remove).with("subgroup_id", inner.id.to_string()).about(name).danger();
        Row::new(vec![
            Cell::link(name, view.path(&format!("{PATH}/{}", inner.id))),
            Cell::maybe(inner.description.clone(), Cell::text),
            if may {
                Cell::Actions(vec![out.asking("Take the group out of this one?")])
            } else {
                Cell::Nothing
            },
        ])
    });
    let add = may.then(|| Action::go("Put a group in …", format!("{path}/add")).main());
    let table = Table::new("Groups in it", Column::all(&["Group", "Description", ""]), rows.collect())
        .empty(Empty::new("No group is in it.").doing(add.clone()));
    let table = parts(table, &path, (&asked, found.next_cursor.as_deref()));
    let page = page_of(&view, &group, "/subgroups")
        .lead("Their users, and those of the groups in them, are in this group too.")
        .action(add)
        .with(Part::Table(table));
    Ok(view.page(&page))
}

/// What it is assigned to, by which everybody in it may use it.
pub(super) async fn applications(
    access: Access<ReadAssignments>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let group = registry.group(&access.by, &id).await?;
    let found = registry.assigned_applications(&access.by, Subject::Group(group.id)).await?;
    let rows = found.iter().map(|assigned| {
        let path = view.path(&format!("/applications/{}/users", assigned.application.id));
        Row::new(vec![Cell::link(assigned.application.name.as_str(), path), Cell::at(assigned.assigned_at)])
    });
    let table = Table::new("Applications", Column::all(&["Application", "Assigned"]), rows.collect()).empty(
        Empty::new("It is assigned to no application. Assign it on the page of the application's users."),
    );
    let page = page_of(&view, &group, "/applications")
        .lead("What everybody in the group may use, and in the groups in it.")
        .with(Part::Table(table));
    Ok(view.page(&page))
}
