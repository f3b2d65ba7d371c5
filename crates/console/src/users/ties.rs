//! What a user is tied to: groups, applications, what they allowed, and accounts
//! elsewhere.

use appkeep_domain::{Action as Doing, Subject};
use appkeep_http::action::{
    ManageAssignments, ManageGroups, ManageUsers, ReadAssignments, ReadGroups, ReadUsers,
};
use appkeep_http::{Access, Problem};
use appkeep_service::{PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::scene::{Scene, UserTab, Whose, look};
use crate::kit::{Action, Cell, Column, Empty, Part, Row, Table};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

/// `/groups`: those that they are in, not by way of another.
pub(super) async fn groups(
    access: Access<ReadGroups>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let found = registry.groups_of_user(&access.by, &scene.whose.user, page_of(&asked)).await?;
    let may = view.may(Doing::ManageGroups);
    let leave = view.path(&scene.whose.of_user("/groups/remove"));
    let rows = found.items.iter().map(|group| {
        let name = Cell::link(group.name.as_str(), view.path(&format!("/groups/{}", group.id)));
        let remove = Action::send("Take out", &*leave).with("group_id", group.id.to_string());
        let remove = remove.about(group.name.as_str()).danger().asking("Take them out of the group?");
        let actions = if may { Cell::Actions(vec![remove]) } else { Cell::Nothing };
        Row::new(vec![name, Cell::maybe(group.description.clone(), Cell::text), actions])
    });
    let add = may.then(|| Action::go("Put into a group …", view.path(&scene.whose.of_user("/groups/add"))));
    let table = Table::new("Groups", Column::all(&["Group", "Description", ""]), rows.collect())
        .empty(Empty::new("They are in no group.").doing(add.clone()));
    let table = parts(&view, (&scene, "/groups"), table, (&asked, found.next_cursor.as_deref()));
    Ok(view.page(&scene.user_page(&view, &user, UserTab::Groups).action(add).with(Part::Table(table))))
}

fn page_of(asked: &Asked) -> PageQuery {
    PageQuery { cursor: asked.get("after"), limit: None }
}

fn parts(
    view: &View,
    (scene, below): (&Scene, &str),
    table: Table,
    (asked, next): (&Asked, Option<&str>),
) -> Table {
    let path = view.path(&scene.whose.bare(&format!("/{}{below}", scene.whose.user)));
    let more = next.map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    table.parts(more, beginning)
}

pub(super) async fn join(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.add_group_member(&access.by, posted.text("group_id"), &whose.user).await?;
    Ok(view.go(&whose.of_user("/groups"), Said::Added))
}

pub(super) async fn leave(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.remove_group_member(&access.by, posted.text("group_id"), &whose.user).await?;
    Ok(view.go(&whose.of_user("/groups"), Said::Removed))
}

/// `/applications`: those that are assigned to them, not by way of a group.
pub(super) async fn applications(
    access: Access<ReadAssignments>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let found = registry.assigned_applications(&access.by, Subject::User(user.user.id)).await?;
    let may = view.may_ever(Doing::ManageAssignments);
    let remove = view.path(&scene.whose.of_user("/applications/remove"));
    let rows = found.iter().map(|assigned| {
        let application = &assigned.application;
        let name = application.name.as_str();
        let take = Action::send("Take back", &*remove).with("application_id", application.id.to_string());
        let take = take.about(name).danger().asking("Take the assignment back?");
        Row::new(vec![
            Cell::link(name, view.path(&format!("/applications/{}", application.id))),
            Cell::at(assigned.assigned_at),
            if may { Cell::Actions(vec![take]) } else { Cell::Nothing },
        ])
    });
    let add = may
        .then(|| Action::go("Assign an application …", view.path(&scene.whose.of_user("/applications/add"))));
    let columns = Column::all(&["Application", "Assigned", ""]);
    let table = Table::new("Applications", columns, rows.collect())
        .empty(Empty::new("No application is assigned to them by themselves.").doing(add.clone()));
    let page = scene
        .user_page(&view, &user, UserTab::Applications)
        .lead("What is assigned to them by themselves, besides what their groups may use.")
        .action(add)
        .with(Part::Table(table));
    Ok(view.page(&page))
}

pub(super) async fn assign(
    access: Access<ManageAssignments>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.add_assignment(&access.by, posted.text("application_id"), &whose.user).await?;
    Ok(view.go(&whose.of_user("/applications"), Said::Added))
}

pub(super) async fn unassign(
    access: Access<ManageAssignments>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.remove_assignment(&access.by, posted.text("application_id"), &whose.user).await?;
    Ok(view.go(&whose.of_user("/applications"), Said::Removed))
}

/// `/consents`: what they allowed applications.
pub(super) async fn consents(
    access: Access<ReadUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let found = registry.consents(&access.by, &scene.whose.user, page_of(&asked)).await?;
    let ids: Vec<_> = found.items.iter().map(|consent| consent.application).collect();
    let names = registry.application_names(&access.by, &ids).await?;
    let may = view.may(Doing::ManageUsers);
    let withdraw = view.path(&scene.whose.of_user("/consents/withdraw"));
    let rows = found.items.iter().map(|consent| {
        let id = consent.application.to_string();
        let name = names.get(&consent.application).map_or_else(|| id.clone(), ToString::to_string);
        let action = Action::send("Withdraw", &*withdraw).with("application_id", &*id).about(&*name).danger();
        let action = action.asking("Their sessions with it end, and they are asked again. Withdraw it?");
        Row::new(vec![
            Cell::link(name, view.path(&format!("/applications/{id}"))),
            Cell::words(consent.scope.iter().map(ToString::to_string)),
            Cell::at(consent.granted_at),
            Cell::at(consent.updated_at),
            if may { Cell::Actions(vec![action]) } else { Cell::Nothing },
        ])
    });
    let columns = Column::all(&["Application", "Allowed", "First", "Last", ""]);
    let table = Table::new("Consents", columns, rows.collect())
        .empty(Empty::new("They have allowed no application anything."));
    let table = parts(&view, (&scene, "/consents"), table, (&asked, found.next_cursor.as_deref()));
    Ok(view.page(&scene.user_page(&view, &user, UserTab::Consents).with(Part::Table(table))))
}

pub(super) async fn withdraw(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.withdraw_consent(&access.by, &whose.user, posted.text("application_id")).await?;
    Ok(view.go(&whose.of_user("/consents"), Said::Removed))
}

/// `/identities`: who they are with those who sign them in.
pub(super) async fn identities(
    access: Access<ReadUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let found = registry.identities(&access.by, scene.whose.pool, &scene.whose.user).await?;
    let may = scene.may(&view, Doing::ManageUsers);
    let remove = view.path(&scene.whose.of_user("/identities/remove"));
    let rows = found.iter().map(|identity| {
        let provider = identity.provider.to_string();
        let action = Action::send("Remove", &*remove).with("provider", &*provider).about(&*provider).danger();
        let action = action.asking("They do not sign in by this account any more. Remove it?");
        Row::new(vec![
            Cell::text(provider),
            Cell::code(identity.subject.as_str()),
            Cell::maybe(identity.email.as_ref(), |email| Cell::text(email.as_str())),
            Cell::maybe(identity.name.as_ref(), |name| Cell::text(name.as_str())),
            Cell::at(identity.last_used_at),
            if may { Cell::Actions(vec![action]) } else { Cell::Nothing },
        ])
    });
    let columns = Column::all(&["Provider", "Known there as", "Email address", "Name", "Last used", ""]);
    let table = Table::new("Accounts elsewhere", columns, rows.collect())
        .empty(Empty::new("They sign in by no account elsewhere."));
    let page = scene
        .user_page(&view, &user, UserTab::Identities)
        .lead("The accounts by which they sign in, with the providers that the application is connected to.")
        .with(Part::Table(table));
    Ok(view.page(&page))
}

pub(super) async fn disconnect(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.delete_identity(&access.by, whose.pool, (&whose.user, posted.text("provider"))).await?;
    Ok(view.go(&whose.of_user("/identities"), Said::Removed))
}
