//! Who may use an application of which the tenant's people are the users:
//! assignments of users, and of groups.

use std::collections::BTreeMap;

use appkeep_domain::{Action as Doing, Assignment, Email, GroupId, Name, Subject, UserId, UserPool};
use appkeep_http::action::{ManageAssignments, ReadUsers};
use appkeep_http::{Access, Problem};
use appkeep_service::{ApplicationView, By, GroupQuery, PageQuery, Pool, Registry, UserQuery};
use axum::extract::State;
use axum::response::Response;

use super::list;
use super::one::link;
use super::scene::{Scene, Whose};
use crate::kit::{Action, Cell, Choice, Column, Empty, Filter, Part, Row, Table};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

/// The Users tab: those whom the application has for itself, or who is assigned.
pub(super) async fn or_users(
    access: Access<ReadUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let (by, scene) = (&access.by, Scene::of(whose, (&access.by, &registry)).await?);
    match &scene.application {
        Some(shown) if shown.application.user_pool == UserPool::Tenant => {
            assignments(&view, (&scene, shown), (by, &registry), &asked).await
        }
        _ => list::of(&view, &scene, (by, &registry), &asked).await,
    }
}

/// What those who are assigned are called, as far as one may know.
struct Names {
    users: BTreeMap<UserId, Email>,
    groups: BTreeMap<GroupId, Name>,
}

impl Names {
    async fn of(found: &[Assignment], (by, registry): (&By, &Registry)) -> Result<Self, Problem> {
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for assignment in found {
            match assignment.subject {
                Subject::User(id) => users.push((assignment.directory, id)),
                Subject::Group(id) => groups.push(id),
            }
        }
        let users = registry.addresses(by, &users).await?;
        Ok(Self { users, groups: registry.group_names(by, &groups).await? })
    }

    /// Their name, and the path and the word of what they are.
    fn of_subject(&self, subject: Subject) -> (String, String, &'static str) {
        match subject {
            Subject::User(id) => {
                let name = self.users.get(&id).map(|email| email.as_str().to_owned());
                (name.unwrap_or_else(|| id.to_string()), format!("/users/{id}"), "user")
            }
            Subject::Group(id) => {
                let name = self.groups.get(&id).map(ToString::to_string);
                (name.unwrap_or_else(|| id.to_string()), format!("/groups/{id}"), "group")
            }
        }
    }
}

async fn assignments(
    view: &View,
    (scene, shown): (&Scene, &ApplicationView),
    (by, registry): (&By, &Registry),
    asked: &Asked,
) -> Result<Response, Problem> {
    let id = shown.application.id.to_string();
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = registry.assignments(by, &id, page).await?;
    let names = Names::of(&found.items, (by, registry)).await?;
    let may = view.may_with(shown, Doing::ManageAssignments);
    let take = view.path(&scene.whose.bare("/unassign"));
    let rows = found.items.iter().map(|assignment| {
        let (name, path, word) = names.of_subject(assignment.subject);
        let action = Action::send("Take back", &*take).with("subject_id", subject_id(assignment.subject));
        let action =
            action.about(&*name).danger().asking("Who has another way to it keeps that. Take it back?");
        Row::new(vec![
            link(view, name, &path),
            Cell::text(word),
            Cell::at(assignment.created_at),
            if may { Cell::Actions(vec![action]) } else { Cell::Nothing },
        ])
    });
    let path = view.path(&scene.whose.bare(""));
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let add = may.then(|| Action::go("Assign …", view.path(&scene.whose.bare("/assign"))).main());
    let effective = Action::go("Who may use it after all", view.path(&scene.whose.bare("/effective")));
    let table = Table::new("Assignments", Column::all(&["Who", "What", "Assigned", ""]), rows.collect())
        .empty(Empty::new("It is assigned to nobody.").doing(add.clone()))
        .parts(more, beginning);
    let page = scene
        .page(view)
        .lead("Users, and groups for everybody in them, to whom the application is assigned.")
        .action(add)
        .action(Some(effective))
        .with(Part::Table(table));
    Ok(view.page(&page))
}

fn subject_id(subject: Subject) -> String {
    match subject {
        Subject::User(id) => id.to_string(),
        Subject::Group(id) => id.to_string(),
    }
}

/// `/assign`: users, or groups, one of which is chosen.
pub(super) async fn show_assign(
    access: Access<ManageAssignments>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let scene = Scene::of(whose, (&access.by, &registry)).await?;
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let (found, next) = subjects(page, (&access.by, &registry), &asked).await?;
    let give = view.path(&scene.whose.bare("/assign"));
    let rows = found.into_iter().map(|(id, name, detail)| {
        let action = Action::send("Assign", &*give).with("subject_id", id).about(&*name);
        Row::new(vec![Cell::text(name), Cell::maybe(detail, Cell::text), Cell::Actions(vec![action])])
    });
    let more = next.as_deref().map(|cursor| asked.with(&give, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&give, ("after", None)));
    let table = Table::new("Whom to assign", Column::all(&["Who", "Also", ""]), rows.collect())
        .empty(Empty::new("Nobody fits."))
        .parts(more, beginning);
    let kinds = vec![Choice::new("", "Users"), Choice::new("groups", "Groups")];
    let filter = Filter::new(&*give)
        .search("q", "Search by name or address", asked.get("q").as_deref())
        .menu(("of", "Among"), kinds, asked.get("of").as_deref());
    let lead = "A group stands for everybody in it, and in the groups in it.";
    Ok(view.page(&scene.below(&view, "Assign").lead(lead).with(Part::List(filter, table))))
}

type Subjects = Vec<(String, String, Option<String>)>;

/// Each with their id and name, and what they are called besides.
async fn subjects(
    page: PageQuery,
    (by, registry): (&By, &Registry),
    asked: &Asked,
) -> Result<(Subjects, Option<String>), Problem> {
    let text = asked.get("q");
    if asked.text("of") == "groups" {
        let found = registry.groups(by, GroupQuery { page, text }).await?;
        let told = found
            .items
            .into_iter()
            .map(|group| (group.id.to_string(), group.name.to_string(), group.description));
        return Ok((told.collect(), found.next_cursor));
    }
    let found = registry.users(by, Pool::Tenant, UserQuery { page, text, ..UserQuery::default() }).await?;
    let told = found.items.into_iter().map(|user| {
        let name = user.name.map(|name| name.to_string());
        (user.id.to_string(), user.email.as_str().to_owned(), name)
    });
    Ok((told.collect(), found.next_cursor))
}

pub(super) async fn assign(
    access: Access<ManageAssignments>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    let id = of_application(&whose)?;
    registry.add_assignment(&access.by, &id, posted.text("subject_id")).await?;
    Ok(view.go(&whose.bare(""), Said::Added))
}

pub(super) async fn unassign(
    access: Access<ManageAssignments>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    let id = of_application(&whose)?;
    registry.remove_assignment(&access.by, &id, posted.text("subject_id")).await?;
    Ok(view.go(&whose.bare(""), Said::Removed))
}

/// These pages are an application's.
fn of_application(whose: &Whose) -> Result<String, Problem> {
    match whose.pool {
        Pool::Application(id, _) => Ok(id.to_string()),
        Pool::Tenant => Err(Problem::not_found()),
    }
}
