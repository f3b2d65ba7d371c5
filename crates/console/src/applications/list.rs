//! `/applications`: all that one sees.

use appkeep_domain::{
    Action as Doing, Application, ApplicationKind, ApplicationState, Ownership, Tag, UserPool,
};
use appkeep_http::action::ReadApplication;
use appkeep_http::{Access, Problem};
use appkeep_service::{ApplicationQuery, Error, OwnerQuery, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Badge, Cell, Choice, Column, Empty, Filter, Page, Part, Pick, Row, Table};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let found = registry.applications(&access.by, query(&asked)).await?;
    let users = users(&registry, &found.items).await?;
    let path = view.path(PATH);
    let rows =
        found.items.iter().zip(users).map(|(application, users)| row(&view, application, users)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let register = view
        .may_ever(Doing::CreateApplication)
        .then(|| Action::go("Register an application", view.path("/applications/new")).main());
    let columns = ["Name", "Type", "State", "Users", "Belongs to", "Created"];
    let table = Table::new("Applications", Column::with_numbers(&columns, &["Users"]), rows)
        .empty(empty(&asked).doing(register.clone()))
        .parts(more, beginning)
        .pick(pick(&view));
    let page = Page::new("Applications")
        .lead("Software that proves who it is: what it may do, and how it does so.")
        .action(register);
    Ok(view.page(&page.with(Part::List(filter(&view, &asked), table))))
}

fn query(asked: &Asked) -> ApplicationQuery {
    ApplicationQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        of: OwnerQuery { ownership: asked.get("ownership"), ..OwnerQuery::default() },
        kind: asked.get("type"),
        state: asked.get("state"),
        tag: asked.get("tag"),
        created_by: asked.get("created_by"),
        archived: asked.get("archived").map(|archived| archived == "true"),
        text: asked.get("q"),
    }
}

/// Of each how many users of its own it has; those of the others are their
/// tenants', whom nobody counts for a list.
async fn users(registry: &Registry, of: &[Application]) -> Result<Vec<Option<u64>>, Error> {
    let has_own = |application: &&Application| application.user_pool == UserPool::Application;
    let with_own: Vec<Application> = of.iter().filter(has_own).cloned().collect();
    let mut counted = registry.own_people(&with_own).await?.into_iter().map(|people| people.live_users);
    Ok(of.iter().map(|application| has_own(&application).then(|| counted.next()).flatten()).collect())
}

fn empty(asked: &Asked) -> Empty {
    let is_narrowed = ["q", "type", "state", "tag", "ownership", "archived", "created_by"];
    if is_narrowed.iter().any(|name| asked.get(name).is_some()) {
        Empty::new("No application fits. Search for less, or choose other filters.")
    } else {
        Empty::new("There is no application yet.")
    }
}

fn filter(view: &View, asked: &Asked) -> Filter {
    let kinds =
        ApplicationKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), super::fields::name_of(*kind)));
    let all = |words: &str| std::iter::once(Choice::new("", words));
    let states = [ApplicationState::Enabled, ApplicationState::Disabled];
    let states = states.iter().map(|state| Choice::new(state.as_str(), state.as_str()));
    let owners = Ownership::ALL.iter().map(|ownership| Choice::new(ownership.as_str(), owner(*ownership)));
    let archived = vec![Choice::new("", "In use"), Choice::new("true", "Archived")];
    Filter::new(view.path(PATH))
        .search("q", "Search by name, description or client id", asked.get("q").as_deref())
        .menu(("type", "Type"), all("Any type").chain(kinds).collect(), asked.get("type").as_deref())
        .menu(("state", "State"), all("Any state").chain(states).collect(), asked.get("state").as_deref())
        .menu(
            ("ownership", "Belongs to"),
            all("Anybody").chain(owners).collect(),
            asked.get("ownership").as_deref(),
        )
        .menu(("archived", "Shown"), archived, asked.get("archived").as_deref())
        .line(("tag", "Tag"), ("text", asked.get("tag").as_deref()))
        .keep("created_by", asked.get("created_by").as_deref())
}

const fn owner(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Global => "the platform",
        Ownership::Partner => "a partner",
        Ownership::Tenant => "a tenant",
    }
}

fn row(view: &View, application: &Application, users: Option<u64>) -> Row {
    let list = view.path(PATH);
    let mut name = vec![
        Cell::link(application.name.as_str(), format!("{list}/{}", application.id)),
        Cell::Detail(application.slug.to_string()),
    ];
    if !application.tags.is_empty() {
        let tag = |tag: &Tag| Cell::link(tag.as_str(), link_of_tag(&list, tag.as_str()));
        name.push(Cell::Row(application.tags.iter().map(tag).collect()));
    }
    let users = match (users, application.kind.may_have_people()) {
        (Some(users), _) => Cell::Number(users),
        (None, true) => Cell::Detail("the tenant's".to_owned()),
        (None, false) => Cell::Nothing,
    };
    Row::new(vec![
        Cell::Stack(name),
        Cell::text(super::fields::name_of(application.kind)),
        state(application),
        users,
        Cell::text(owner(application.owner.ownership())),
        Cell::at(application.created_at),
    ])
    .picked_as(application.id.to_string(), application.name.as_str())
}

fn link_of_tag(list: &str, tag: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("tag", tag).finish();
    format!("{list}?{query}")
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
    let verbs: Vec<_> =
        may.map(|(verb, _, label, is_danger)| (verb, format!("{label} …"), is_danger)).collect();
    (!verbs.is_empty()).then(|| Pick { path: view.path("/applications/bulk"), verbs })
}
