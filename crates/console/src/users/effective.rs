//! `/effective`: who may use an application after all, and by which way.

use std::collections::BTreeMap;

use appkeep_domain::{AccessPath, GroupId, Name, Owner};
use appkeep_http::action::ReadEffectiveUsers;
use appkeep_http::{Access, Problem};
use appkeep_service::{EffectiveUserQuery, EffectiveUserView, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::facts::status;
use super::one::link;
use super::scene::{Scene, Whose};
use crate::kit::{Cell, Column, Empty, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadEffectiveUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let scene = Scene::of(whose, (&access.by, &registry)).await?;
    let shown = scene.application.as_ref().ok_or_else(Problem::not_found)?;
    // Others' people have consoles of their own.
    let is_shared = !matches!(shown.application.owner, Owner::Tenant(_));
    let tenant = is_shared.then(|| view.tenant().to_string());
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let query = EffectiveUserQuery { page, tenant };
    let found = registry.effective_users(&access.by, &shown.application.id.to_string(), query).await?;
    let paths = found.items.iter().flat_map(|found| &found.effective.paths);
    let groups: Vec<GroupId> = paths.flat_map(groups_of).copied().collect();
    let names = registry.group_names(&access.by, &groups).await?;
    let rows = found.items.iter().map(|found| row(&view, found, &names)).collect();
    let path = view.path(&scene.whose.bare("/effective"));
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let table = Table::new("Who may use it", Column::all(&["User", "Status", "By which way"]), rows)
        .empty(Empty::new("It is assigned to nobody, and to no group with anybody in it."))
        .parts(more, beginning);
    let lead = "Each user once to whom it is assigned, directly or by groups and the groups in them. Only the \
                active can sign in.";
    Ok(view.page(&scene.below(&view, "Who may use it").lead(lead).with(Part::Table(table))))
}

fn groups_of(path: &AccessPath) -> &[GroupId] {
    match path {
        AccessPath::Direct => &[],
        AccessPath::Via(groups) => groups,
    }
}

fn row(view: &View, found: &EffectiveUserView, names: &BTreeMap<GroupId, Name>) -> Row {
    let user = &found.effective.user;
    let ways = found.effective.paths.iter().map(|path| way(path, names));
    Row::new(vec![
        link(view, user.email.as_str(), &format!("/users/{}", user.id)),
        status(user.status),
        Cell::lines(ways),
    ])
}

fn way(path: &AccessPath, names: &BTreeMap<GroupId, Name>) -> String {
    let name = |id: &GroupId| names.get(id).map_or_else(|| id.to_string(), ToString::to_string);
    match path {
        AccessPath::Direct => "assigned directly".to_owned(),
        AccessPath::Via(groups) => groups.iter().map(name).collect::<Vec<_>>().join(" › "),
    }
}
