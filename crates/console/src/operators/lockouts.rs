//! `/operators/lockouts`: from where too many attempts to sign in as an operator
//! failed.

use appkeep_domain::Action as Doing;
use appkeep_http::action::{ManageOperators, ReadOperators};
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{LockedAddress, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Column, Empty, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::said::Said;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadOperators>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = registry.locked_operator_addresses(&access.by, page).await?;
    let path = view.path("/operators/lockouts");
    let rows = found.items.iter().map(|address| row(&view, &path, address)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let columns = Column::all(&["Address", "Failures", "Last failed", "Locked until", "Actions"]);
    let table = Table::new("Locked addresses", columns, rows)
        .empty(Empty::new("Nowhere did too many fail to sign in as an operator in the last 24 hours."))
        .parts(more, beginning);
    let page = Page::new("Locked addresses")
        .below("Operators", view.path(PATH))
        .lead("From where too many attempts to sign in as an operator failed in the last 24 hours.")
        .with(Part::Table(table));
    Ok(view.page(&page))
}

fn row(view: &View, path: &str, locked: &LockedAddress) -> Row {
    let network = locked.network.to_string();
    let unlock = view
        .may_ever(Doing::ManageOperators)
        .then(|| Action::send("Unlock", format!("{path}/{}/unlock", locked.id)).about(network.clone()));
    Row::new(vec![
        Cell::text(network),
        Cell::Number(locked.failures.into()),
        Cell::at(locked.last_failed_at),
        Cell::maybe(locked.locked_until, Cell::at),
        unlock.map_or(Cell::Nothing, |unlock| Cell::Actions(vec![unlock])),
    ])
}

pub(super) async fn unlock(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    registry.unlock_operator_address(&access.by, &id).await?;
    Ok(view.go("/operators/lockouts", Said::Unlocked))
}
