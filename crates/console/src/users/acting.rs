//! `/act-as`: with which application somebody is to act as a user.

use appkeep_http::action::Impersonate;
use appkeep_http::{Access, Problem};
use appkeep_service::{ApplicationQuery, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::choose::list;
use super::scene::{Whose, look};
use crate::kit::{Action, Cell, Column, Empty, Row, Table};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<Impersonate>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let query = ApplicationQuery { page, text: asked.get("q"), ..ApplicationQuery::default() };
    let found = registry.applications(&access.by, query).await?;
    let with_people = found.items.iter().filter(|application| application.kind.may_have_people());
    let rows = with_people.map(|application| {
        let below = format!("/applications/{}/impersonations/new?user_id={}", application.id, user.user.id);
        let act = Action::go("Act with it …", view.path(&below)).about(application.name.as_str());
        Row::new(vec![
            Cell::text(application.name.as_str()),
            Cell::text(application.kind.as_str()),
            Cell::Actions(vec![act]),
        ])
    });
    let table = Table::new("Applications", Column::all(&["Application", "Type", ""]), rows.collect())
        .empty(Empty::new("No application fits."));
    let list = list(&view, (&scene, "/act-as"), (&asked, found.next_cursor.as_deref()), table);
    let page = scene
        .below_user(&view, &user, "Act as this user")
        .lead("Choose the application that is to take you for them.")
        .with(list);
    Ok(view.page(&page))
}
