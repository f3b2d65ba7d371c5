//! All users of the tenant, or of an application in one of its environments.

use appkeep_domain::{Action as Doing, Environment, User, UserStatus};
use appkeep_http::action::ReadUsers;
use appkeep_http::{Access, Problem};
use appkeep_service::{By, PageQuery, Registry, UserQuery};
use axum::extract::State;
use axum::response::Response;

use super::facts::status;
use super::scene::{Scene, Whose};
use crate::kit::{Action, Cell, Choice, Column, Empty, Filter, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let scene = Scene::of(whose, (&access.by, &registry)).await?;
    of(&view, &scene, (&access.by, &registry), &asked).await
}

/// The same, once it is known where they are.
pub(super) async fn of(
    view: &View,
    scene: &Scene,
    (by, registry): (&By, &Registry),
    asked: &Asked,
) -> Result<Response, Problem> {
    let query = UserQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        status: asked.get("status"),
        group: asked.get("group"),
        text: asked.get("q"),
        ..UserQuery::default()
    };
    let found = registry.users(by, scene.whose.pool, query).await?;
    let path = view.path(&scene.whose.bare(""));
    let rows = found.items.iter().map(|user| row(view, scene, user)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let register = scene
        .may(view, Doing::ManageUsers)
        .then(|| Action::go("Add a user", view.path(&scene.whose.path("/new"))).main());
    let columns = Column::all(&["User", "Name", "Status", "Last sign-in", "Created"]);
    let table = Table::new("Users", columns, rows)
        .empty(Empty::new("No user fits.").doing(register.clone()))
        .parts(more, beginning);
    let page = scene
        .page(view)
        .lead(lead(scene))
        .action(register)
        .action(Some(Action::go("Locked addresses", view.path(&scene.whose.path("/locked-addresses")))))
        .action(settings(view, scene));
    Ok(view.page(&environments(view, scene, page).with(Part::List(filter(view, scene, asked), table))))
}

fn lead(scene: &Scene) -> &'static str {
    match scene.whose.environment() {
        None => "People who sign in to the tenant's applications.",
        Some(Environment::Live) => "People whom this application has for itself.",
        Some(Environment::Test) => "People whom this application has for itself, to test with.",
    }
}

fn settings(view: &View, scene: &Scene) -> Option<Action> {
    let action = if scene.whose.is_of_tenant() { Doing::ReadTenant } else { Doing::ReadApplication };
    let path = view.path(&scene.whose.path("/settings"));
    scene.may(view, action).then(|| Action::go("Password rules", path))
}

/// Live and test beside each other, where there are two.
fn environments(view: &View, scene: &Scene, page: Page) -> Page {
    let Some(here) = scene.whose.environment() else { return page };
    let other = match here {
        Environment::Live => Action::go("Show the users of test", link(view, scene, "?environment=test")),
        Environment::Test => Action::go("Show the users of live", link(view, scene, "")),
    };
    page.with(Part::Actions(vec![other]))
}

fn link(view: &View, scene: &Scene, query: &str) -> String {
    view.path(&format!("{}{query}", scene.whose.bare("")))
}

fn filter(view: &View, scene: &Scene, asked: &Asked) -> Filter {
    let all = std::iter::once(Choice::new("", "Any status"));
    let states = UserStatus::ALL.iter().map(|status| Choice::new(status.as_str(), status.as_str()));
    Filter::new(view.path(&scene.whose.bare("")))
        .search("q", "Search by address, user name, name, phone or id", asked.get("q").as_deref())
        .menu(("status", "Status"), all.chain(states).collect(), asked.get("status").as_deref())
        .keep("group", asked.get("group").as_deref())
        .keep("environment", asked.get("environment").as_deref())
}

fn row(view: &View, scene: &Scene, user: &User) -> Row {
    let href = view.path(&scene.whose.path(&format!("/{}", user.id)));
    let mut named = vec![Cell::link(user.email.as_str(), href)];
    named.extend(user.username.as_ref().map(|username| Cell::Detail(username.to_string())));
    Row::new(vec![
        Cell::Stack(named),
        Cell::maybe(user.name.as_ref(), |name| Cell::text(name.as_str())),
        status(user.status),
        Cell::maybe(user.last_sign_in_at, Cell::at),
        Cell::at(user.created_at),
    ])
}
