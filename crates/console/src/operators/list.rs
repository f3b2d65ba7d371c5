//! `/operators`: those who hold a role in a place that one governs.

use appkeep_domain::Action as Doing;
use appkeep_http::action::ReadOperators;
use appkeep_http::{Access, Problem};
use appkeep_service::{OperatorQuery, OperatorView, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Column, Empty, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

/// Of somebody's roles; their page has the others.
const SHOWN: usize = 3;

pub(super) async fn show(
    access: Access<ReadOperators>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let query = OperatorQuery { page: PageQuery { cursor: asked.get("after"), limit: None } };
    let found = registry.operators(&access.by, query).await?;
    let path = view.path(PATH);
    let rows = found.items.iter().map(|operator| row(&view, operator)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let invite = view
        .may_ever(Doing::ManageOperators)
        .then(|| Action::go("Invite an operator", view.path("/operators/new")).main());
    let lockouts =
        view.is_of_the_platform().then(|| Action::go("Locked addresses", view.path("/operators/lockouts")));
    let columns = Column::all(&["Name", "Status", "Roles", "Last sign-in"]);
    let table = Table::new("Operators", columns, rows)
        .empty(Empty::new("Nobody holds a role where you see it.").doing(invite.clone()))
        .parts(more, beginning);
    let page = Page::new("Operators")
        .lead("People who run the platform, a partner or a tenant. They sign in here, and to nothing else.")
        .action(lockouts)
        .action(invite)
        .with(Part::Table(table));
    Ok(view.page(&page))
}

fn row(view: &View, operator: &OperatorView) -> Row {
    let (user, email) = (&operator.user, operator.user.email.as_str());
    let href = view.path(&format!("{PATH}/{}", operator.id));
    let name = match &user.name {
        Some(name) => Cell::Stack(vec![Cell::link(name.as_str(), href), Cell::Detail(email.to_owned())]),
        None => Cell::link(email, href),
    };
    let roles = operator.roles.iter().take(SHOWN).map(|(role, at)| format!("{} at {at}", role.as_str()));
    let rest = operator.roles.len().saturating_sub(SHOWN);
    let rest = (rest > 0).then(|| format!("and {rest} more"));
    Row::new(vec![
        name,
        super::status(user.status),
        Cell::lines(roles.chain(rest)),
        Cell::maybe(user.last_sign_in_at, Cell::at),
    ])
}
