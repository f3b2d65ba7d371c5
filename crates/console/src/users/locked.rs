//! `/locked-addresses`: from where too many attempts to sign in failed.

use appkeep_domain::Action as Doing;
use appkeep_http::action::{ManageUsers, ReadUsers};
use appkeep_http::{Access, Problem};
use appkeep_service::{PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::scene::{Scene, Whose};
use crate::kit::{Action, Cell, Column, Empty, Part, Row, Table};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

const BELOW: &str = "/locked-addresses";

pub(super) async fn show(
    access: Access<ReadUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let scene = Scene::of(whose, (&access.by, &registry)).await?;
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = registry.locked_addresses(&access.by, scene.whose.pool, page).await?;
    let may = scene.may(&view, Doing::ManageUsers);
    let unlock = view.path(&scene.whose.path("/locked-addresses/unlock"));
    let rows = found.items.iter().map(|locked| {
        let address = locked.network.to_string();
        let action = Action::send("Unlock", &*unlock).with("id", locked.id.to_string()).about(&*address);
        Row::new(vec![
            Cell::code(address),
            Cell::Number(u64::from(locked.failures)),
            Cell::at(locked.last_failed_at),
            Cell::maybe(locked.locked_until, Cell::at),
            if may { Cell::Actions(vec![action]) } else { Cell::Nothing },
        ])
    });
    let path = view.path(&scene.whose.bare(BELOW));
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let columns = Column::all(&["Address", "Failures", "Last failure", "Locked until", ""]);
    let table = Table::new("Locked addresses", columns, rows.collect())
        .empty(Empty::new("Nobody is locked out by where they are."))
        .parts(more, beginning);
    let lead = "From where so many attempts to sign in failed in the last 24 hours that nobody signs in from \
                there, or did not for a while. Accounts that are locked show it themselves.";
    Ok(view.page(&scene.below(&view, "Locked addresses").lead(lead).with(Part::Table(table))))
}

pub(super) async fn unlock(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.unlock_address(&access.by, whose.pool, posted.text("id")).await?;
    Ok(view.go(&whose.path(BELOW), Said::Unlocked))
}
