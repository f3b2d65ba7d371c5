//! Those that go on at this moment, or all there ever were of one user.

use appkeep_domain::{Action as Doing, ImpersonationEnd};
use appkeep_http::action::{EndSessions, ReadImpersonations};
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{ImpersonationView, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::path;
use crate::applications::tabs::{AppTab, page_of};
use crate::kit::{Action, Badge, Cell, Column, Empty, Part, Row, Table};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::sessions::from;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadImpersonations>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let (by, shown) = (&access.by, registry.application(&access.by, &id).await?);
    let (page, user) = (PageQuery { cursor: asked.get("after"), limit: None }, asked.get("user_id"));
    let found = match &user {
        Some(user) => registry.impersonations_of_user(by, (&id, user), page).await?,
        None => registry.impersonations(by, &id, page).await?,
    };
    let here = view.path(&path(&shown.application.id.to_string()));
    let end = view.may_with(&shown, Doing::EndSessions).then(|| format!("{here}/end"));
    let rows = found.items.iter().map(|one| row(&here, one, end.as_deref())).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&here, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&here, ("after", None)));
    let columns = Column::all(&["As whom", "Who", "Why", "State", "Begun", "Until", "From", ""]);
    let users = Action::go("Users", view.path(&format!("/applications/{}/users", shown.application.id)));
    let empty = match &user {
        Some(_) => Empty::new("Nobody ever acted as this user."),
        None => Empty::new("Nobody acts as anybody. It begins on the page of a user.").doing(Some(users)),
    };
    let table = Table::new("Impersonations", columns, rows).empty(empty).parts(more, beginning);
    let lead = match &user {
        Some(_) => "Who ever acted as this user with the application, the newest first.",
        None => "Operators who act as one of the application's people at this moment.",
    };
    let now = user.map(|_| Action::go("Those that go on now", here));
    let page = page_of(&view, &shown, AppTab::Impersonations).lead(lead).action(now);
    Ok(view.page(&page.with(Part::Table(table))))
}

fn row(here: &str, one: &ImpersonationView, end: Option<&str>) -> Row {
    let impersonation = &one.impersonation;
    let user = impersonation.user.to_string();
    let as_whom = one.user_email.as_ref().map_or_else(|| user.clone(), |email| email.as_str().to_owned());
    let (who, seen) = match &one.operator {
        None => (Cell::code(impersonation.operator.to_string()), Cell::Nothing),
        Some(operator) => {
            let email = operator.email.as_ref().map(|email| email.as_str().to_owned());
            let who = email.unwrap_or_else(|| impersonation.operator.to_string());
            (Cell::text(who), from(&operator.from))
        }
    };
    let end = end.filter(|_| one.end.is_none()).map(|path| {
        let action = Action::send("End", path).with("id", impersonation.id.to_string()).about(&*as_whom);
        action.danger().asking("What was issued for it is refused at once. End it?")
    });
    Row::new(vec![
        Cell::link(as_whom, format!("{here}?user_id={user}")),
        who,
        Cell::text(impersonation.reason.as_str()),
        state(one.end),
        Cell::at(impersonation.started_at),
        Cell::at(one.end.map_or(impersonation.expires_at, |end| end.at)),
        seen,
        end.map_or(Cell::Nothing, |end| Cell::Actions(vec![end])),
    ])
}

fn state(end: Option<ImpersonationEnd>) -> Cell {
    match end.map(|end| end.reason) {
        None => Cell::badge(Badge::Warning, "going on"),
        Some(reason) => Cell::badge(Badge::Quiet, reason.as_str()),
    }
}

pub(super) async fn end(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.end_impersonation(&access.by, &id, posted.text("id")).await?;
    Ok(view.go(&path(&id), Said::Ended))
}
