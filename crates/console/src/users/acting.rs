//! With which application somebody is to act as a user, and who did with which.

use appkeep_domain::{Application, UserPool};
use appkeep_http::action::{Impersonate, ReadImpersonations};
use appkeep_http::{Access, Problem};
use appkeep_service::{ApplicationQuery, By, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::choose::list;
use super::scene::{Scene, UserTab, Whose, look};
use crate::kit::{Action, Cell, Column, Empty, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

/// `/act-as`
pub(super) async fn show(
    access: Access<Impersonate>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let act = |application: &Application| {
        let path = format!("/applications/{}/impersonations/new?user_id={}", application.id, user.user.id);
        Action::go("Act with it …", view.path(&path)).about(application.name.as_str())
    };
    let list = applications(&view, (&scene, "/act-as"), (&access.by, &registry, &asked), &act).await?;
    let page = scene
        .below_user(&view, &user, "Act as this user")
        .lead("Choose the application that is to take you for them.")
        .with(list);
    Ok(view.page(&page))
}

/// `/impersonations`
pub(super) async fn history(
    access: Access<ReadImpersonations>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let who = |application: &Application| {
        let path = format!("/applications/{}/impersonations?user_id={}", application.id, user.user.id);
        Action::go("Who acted as them", view.path(&path)).about(application.name.as_str())
    };
    let list =
        applications(&view, (&scene, "/impersonations"), (&access.by, &registry, &asked), &who).await?;
    let page = scene
        .user_page(&view, &user, UserTab::Impersonations)
        .lead("Who ever acted as them is told by each application.")
        .with(list);
    Ok(view.page(&page))
}

/// Those that tenants' people use, each with what can be done.
async fn applications(
    view: &View,
    (scene, below): (&Scene, &str),
    (by, registry, asked): (&By, &Registry, &Asked),
    action: &(dyn Fn(&Application) -> Action + Sync),
) -> Result<Part, Problem> {
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let query = ApplicationQuery { page, text: asked.get("q"), ..ApplicationQuery::default() };
    let found = registry.applications(by, query).await?;
    let has_them = |application: &&Application| {
        application.kind.may_have_people() && application.user_pool == UserPool::Tenant
    };
    let rows = found.items.iter().filter(has_them).map(|application| {
        Row::new(vec![
            Cell::text(application.name.as_str()),
            Cell::text(application.kind.as_str()),
            Cell::Actions(vec![action(application)]),
        ])
    });
    let table = Table::new("Applications", Column::all(&["Application", "Type", ""]), rows.collect())
        .empty(Empty::new("No application fits."));
    Ok(list(view, (scene, below), (asked, found.next_cursor.as_deref()), table))
}
