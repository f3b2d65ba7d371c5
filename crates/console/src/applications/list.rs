//! `/applications`: all that one sees.

use appkeep_domain::{Action as Doing, Application, ApplicationKind, ApplicationState};
use appkeep_http::action::ReadApplication;
use appkeep_http::{Access, Problem};
use appkeep_service::{ApplicationQuery, OwnerQuery, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use crate::kit::{Action, Badge, Cell, Choice, Column, Empty, Filter, Page, Part, Pick, Row, Table};
use crate::posted::Asked;
use crate::view::View;

const PATH: &str = "/applications";

pub(super) async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let query = ApplicationQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        of: OwnerQuery { ownership: asked.get("ownership"), ..OwnerQuery::default() },
        kind: asked.get("type"),
        state: asked.get("state"),
        tag: asked.get("tag"),
        archived: asked.get("archived").map(|archived| archived == "true"),
        text: asked.get("q"),
        ..ApplicationQuery::default()
    };
    let found = registry.applications(&access.by, query).await?;
    let path = view.path(PATH);
    let rows = found.items.iter().map(|application| row(&view, application)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let register = view.may(Doing::CreateApplication).then(|| {
        Action::go("Register an application", view.path("/applications/new")).main()
    });
    let table = Table::new("Applications", Column::all(&["Name", "Type", "State", "Owner", "Created"]), rows)
        .empty(Empty::new("No application fits.").doing(register.clone()))
        .parts(more, beginning)
        .pick(pick(&view));
    let page = Page::new("Applications")
        .lead("Software that proves who it is: what it may do, and how it does so.")
        .action(register)
        .with(Part::List(filter(&view, &asked), table));
    Ok(view.page(&page))
}

fn filter(view: &View, asked: &Asked) -> Filter {
    let kinds = ApplicationKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.as_str().to_uppercase()));
    let all = |words: &str| std::iter::once(Choice::new("", words));
    let states = [ApplicationState::Enabled, ApplicationState::Disabled];
    let states = states.iter().map(|state| Choice::new(state.as_str(), state.as_str()));
    Filter::new(view.path(PATH))
        .search("q", "Search by name, description or client id", asked.get("q").as_deref())
        .menu(("type", "Type"), all("Any type").chain(kinds).collect(), asked.get("type").as_deref())
        .menu(("state", "State"), all("Any state").chain(states).collect(), asked.get("state").as_deref())
        .keep("tag", asked.get("tag").as_deref())
        .keep("archived", asked.get("archived").as_deref())
}

fn row(view: &View, application: &Application) -> Row {
    let href = view.path(&format!("{PATH}/{}", application.id));
    let name = Cell::Stack(vec![
        Cell::link(application.name.as_str(), href),
        Cell::Detail(application.slug.to_string()),
    ]);
    Row::new(vec![
        name,
        Cell::text(application.kind.as_str()),
        state(application),
        Cell::text(application.owner.ownership().as_str()),
        Cell::at(application.created_at),
    ])
    .picked_as(application.id.to_string(), application.name.as_str())
}

/// How it stands, in a word.
pub(super) fn state(application: &Application) -> Cell {
    match (application.archived_at, application.state) {
        (Some(_), _) => Cell::badge(Badge::Quiet, "archived"),
        (None, ApplicationState::Enabled) => Cell::badge(Badge::Good, "enabled"),
        (None, ApplicationState::Disabled) => Cell::badge(Badge::Warning, "disabled"),
    }
}

fn pick(view: &View) -> Option<Pick> {
    let verbs = [
        ("disable", Doing::DisableApplication, "Disable", false),
        ("enable", Doing::EnableApplication, "Enable", false),
        ("delete", Doing::DeleteApplication, "Delete", true),
    ];
    let may = verbs.into_iter().filter(|(_, action, ..)| view.may_ever(*action));
    let verbs = may.map(|(verb, _, label, is_danger)| (verb, format!("{label} …"), is_danger)).collect();
    Some(Pick { path: view.path("/applications/bulk"), verbs })
}
