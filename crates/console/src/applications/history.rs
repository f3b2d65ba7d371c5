//! `/applications/{id}/history`: what was done to an application, and what it
//! changed.

use appkeep_domain::Owner;
use appkeep_http::action::ReadAudit;
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::{AuditQuery, Edit, OwnershipFields, PageQuery, Personal, ToldEntry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use super::tabs::{AppTab, page_of};
use crate::audit::changes;
use crate::kit::{Action, Badge, Cell, Choice, Column, Empty, Filter, Notice, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

/// What is done to applications, in the words of the history.
const ACTIONS: [&str; 18] = [
    "application.created",
    "application.updated",
    "application.secret_added",
    "application.secret_rotated",
    "application.secret_revoked",
    "application.key_added",
    "application.key_revoked",
    "application.access_changed",
    "application.integrations_changed",
    "application.assigned",
    "application.unassigned",
    "application.disabled",
    "application.enabled",
    "application.archived",
    "application.restored",
    "application.tokens_revoked",
    "application.sessions_ended",
    "application.agent_sessions_ended",
];

pub(super) async fn show(
    access: Access<ReadAudit>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let shown = state.registry.application(&access.by, &id).await?;
    let query = AuditQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        of: history_of(shown.application.owner),
        application: Some(shown.application.id.to_string()),
        actor: asked.get("actor"),
        action: asked.get("action"),
        ..AuditQuery::default()
    };
    let found = state.authority.audit_entries(&state.registry, &access.by, query).await?;
    let path = view.path(&format!("{PATH}/{}/history", shown.application.id));
    let rows = found.items.iter().map(|told| row(told, (&asked, &path))).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let table = Table::new("History", Column::all(&["When", "What", "Who", "What changed"]), rows)
        .empty(Empty::new("Nothing of this kind was done to it."))
        .parts(more, beginning);
    let mut page = page_of(&view, &shown, AppTab::History);
    if let Some(actor) = asked.get("actor") {
        let all = Action::go("Show everybody's", asked.with(&path, ("actor", None)));
        let notice = Notice::new(Badge::Quiet, format!("Only what {actor} did is shown."));
        page = page.with(Part::Notice(notice.doing(all)));
    }
    Ok(view.page(&page.with(Part::List(filter(&path, &asked), table))))
}

/// Whose history tells of it.
fn history_of(owner: Owner) -> OwnershipFields {
    let partner = if let Owner::Partner(id) = owner { Edit::Set(id.to_string()) } else { Edit::Keep };
    let tenant = if let Owner::Tenant(id) = owner { Edit::Set(id.to_string()) } else { Edit::Keep };
    let ownership = Some(owner.ownership().as_str().to_owned());
    OwnershipFields { ownership, partner_id: partner, tenant_id: tenant }
}

fn filter(path: &str, asked: &Asked) -> Filter {
    let words = |action: &&str| action.trim_start_matches("application.").replace('_', " ");
    let choices = ACTIONS.iter().map(|action| Choice::new(*action, words(action)));
    let all = std::iter::once(Choice::new("", "Everything"));
    Filter::new(path)
        .menu(("action", "What was done"), all.chain(choices).collect(), asked.get("action").as_deref())
        .keep("actor", asked.get("actor").as_deref())
}

fn row(told: &ToldEntry, (asked, path): (&Asked, &str)) -> Row {
    let entry = &told.entry;
    let only = asked.with(path, ("actor", Some(entry.actor.id.as_str())));
    let mut who =
        vec![Cell::link(entry.actor.id.as_str(), only), Cell::Detail(entry.actor.kind.as_str().to_owned())];
    if let Some(address) = address(told) {
        who.push(Cell::Detail(address));
    }
    Row::new(vec![
        Cell::at(entry.occurred_at),
        Cell::text(entry.action.as_str()),
        Cell::Stack(who),
        changes::cell(entry),
    ])
}

/// Where it came from, as far as that is still to be told.
fn address(told: &ToldEntry) -> Option<String> {
    match &told.personal {
        Personal::Told(seen) => seen.address.clone(),
        Personal::Nothing => told.entry.address.clone(),
        Personal::Erased => Some("erased".to_owned()),
    }
}
