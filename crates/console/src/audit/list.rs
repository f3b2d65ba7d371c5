//! `/audit`: what happened, newest first.

use appkeep_domain::Level;
use appkeep_http::action::ReadAudit;
use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{AuditQuery, Error, HistoryOf, OwnershipFields, PageQuery, Personal, ToldEntry};
use axum::extract::State;
use axum::response::Response;

use super::{PATH, changes};
use crate::assets;
use crate::kit::{Action, Cell, Choice, Column, Draft, Empty, Filter, Page, Part, Row, Table};
use crate::posted::{Asked, Posted, in_utc};
use crate::view::View;

/// Ticked, it asks for the newest again and again; the script shows it.
const FOLLOW: &str = "<p class=\"follow\" data-follow-box hidden><label><input type=\"checkbox\"> Follow: ask for \
                      the newest every 5 seconds</label> <span role=\"status\"></span></p>";

const COLUMNS: [&str; 6] = ["When", "What", "Who", "From", "Request", "Changed"];

pub(super) async fn show(
    access: Access<ReadAudit>,
    view: View,
    State(state): State<AppState>,
    asked: Asked,
) -> Result<Response, Problem> {
    let of = match asked.get("ownership") {
        None => HistoryOf { tenant: Some(view.tenant().to_string()), partner: None },
        Some(_) => HistoryOf::default(),
    };
    let actions = state.registry.audit_actions(&access.by, &of).await?;
    let path = view.path(PATH);
    match state.authority.audit_entries(&state.registry, &access.by, query(&asked)).await {
        Ok(found) => {
            let rows = found.items.iter().map(|told| row(&view, &asked, told)).collect();
            let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
            let first = asked.with(&path, ("after", None));
            let is_first = asked.get("after").is_none();
            let table = Table::new("History", Column::all(&COLUMNS), rows)
                .empty(Empty::new("Nothing that happened fits."))
                .parts(more, (!is_first).then(|| first.clone()))
                .follow(is_first.then_some(first));
            Ok(view.page(&page(&view, filter(&view, &asked, &actions), table)))
        }
        Err(error) => Ok(view.again(error, |error| {
            let table =
                Table::new("History", Column::all(&COLUMNS), Vec::new()).empty(Empty::new(&said(error)));
            page(&view, filter(&view, &asked, &actions), table)
        })),
    }
}

/// A word that is being typed is perhaps none yet.
fn said(error: &Error) -> String {
    Draft::refused(&Posted::default(), error).alert(&[]).unwrap_or_default()
}

fn query(asked: &Asked) -> AuditQuery {
    let moment = |name: &str| asked.get(name).map(|typed| in_utc(&typed));
    AuditQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        of: OwnershipFields { ownership: asked.get("ownership"), ..OwnershipFields::default() },
        application: asked.get("application"),
        actor: asked.get("actor"),
        action: asked.get("action"),
        noun: asked.get("resource_type"),
        about: asked.get("resource_id"),
        from: moment("from"),
        until: moment("until"),
    }
}

fn page(view: &View, filter: Filter, table: Table) -> Page {
    Page::new("History")
        .lead("Every change, and every refusal: who, what and when. Nobody changes it, and it proves itself.")
        .action(Some(Action::go("Verify …", view.path("/audit/verify"))))
        .script(assets::follow_script_path())
        .with(Part::Html(FOLLOW.to_owned()))
        .with(Part::List(filter, table))
}

fn filter(view: &View, asked: &Asked, actions: &[String]) -> Filter {
    let actions = actions.iter().map(|action| Choice::new(action.as_str(), action.as_str()));
    let actions = std::iter::once(Choice::new("", "Anything")).chain(actions).collect();
    let filter = Filter::new(view.path(PATH))
        .search("resource_id", "Search by an id that is named", asked.get("resource_id").as_deref())
        .menu(("action", "What"), actions, asked.get("action").as_deref())
        .line(("actor", "Who, by id"), ("text", asked.get("actor").as_deref()))
        .line(("application", "Application, by id"), ("text", asked.get("application").as_deref()))
        .line(("from", "From"), ("datetime-local", asked.get("from").as_deref()))
        .line(("until", "Before"), ("datetime-local", asked.get("until").as_deref()))
        .keep("resource_type", asked.get("resource_type").as_deref());
    let mut owners = vec![Choice::new("", "This tenant")];
    if view.has_role_at(|level| !matches!(level, Level::Tenant { .. })) {
        owners.push(Choice::new("partner", "Its partner"));
    }
    if view.is_of_the_platform() {
        owners.push(Choice::new("global", "The platform"));
    }
    if owners.len() > 1 {
        filter.menu(("ownership", "Whose"), owners, asked.get("ownership").as_deref())
    } else {
        filter
    }
}

fn row(view: &View, asked: &Asked, told: &ToldEntry) -> Row {
    let entry = &told.entry;
    let application = entry.application.map(|id| {
        let id = id.to_string();
        Cell::link(id.clone(), view.path(&format!("/applications/{id}")))
    });
    let by_actor = asked.with(&view.path(PATH), ("actor", Some(&entry.actor.id)));
    let who = vec![
        Cell::Detail(entry.actor.kind.as_str().replace('_', " ")),
        Cell::link(entry.actor.id.as_str(), by_actor),
    ];
    let what = std::iter::once(Cell::text(entry.action.as_str())).chain(application).collect();
    Row::new(vec![
        Cell::at(entry.occurred_at),
        Cell::Stack(what),
        Cell::Stack(who),
        from(told),
        Cell::Detail(entry.request_id.clone()),
        changes::cell(entry),
    ])
}

/// Where it came from; what a person is told by goes with the person.
fn from(told: &ToldEntry) -> Cell {
    let (address, agent) = match &told.personal {
        Personal::Erased => return Cell::Detail("erased".to_owned()),
        Personal::Told(seen) => (seen.address.as_ref(), seen.user_agent.as_ref()),
        Personal::Nothing => (told.entry.address.as_ref(), None),
    };
    let address = address.map(|address| Cell::text(address.as_str()));
    let agent = agent.map(|agent| Cell::Detail(agent.clone()));
    let both: Vec<Cell> = address.into_iter().chain(agent).collect();
    if both.is_empty() { Cell::Nothing } else { Cell::Stack(both) }
}
