//! `/applications/{id}/history`: what was done to an application, and what it
//! changed.

use appkeep_domain::Owner;
use appkeep_http::action::ReadAudit;
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::{AuditQuery, Edit, OwnershipFields, PageQuery, Personal, ToldEntry};
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value};

use super::PATH;
use super::tabs::{AppTab, page_of};
use crate::kit::{Action, Badge, Cell, Change, Choice, Column, Empty, Filter, Notice, Part, Row, Table};
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

/// As much of a value as is shown, in characters.
const LONGEST: usize = 300;

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
    let mut who = vec![Cell::link(entry.actor.id.as_str(), only), Cell::Detail(entry.actor.kind.as_str().to_owned())];
    if let Some(address) = address(told) {
        who.push(Cell::Detail(address));
    }
    let changes = changes(entry.before.as_deref(), entry.after.as_deref());
    Row::new(vec![
        Cell::at(entry.occurred_at),
        Cell::text(entry.action.as_str()),
        Cell::Stack(who),
        if changes.is_empty() { Cell::Nothing } else { Cell::Changes("What changed".to_owned(), changes) },
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

/// Field by field, those of before first.
fn changes(before: Option<&str>, after: Option<&str>) -> Vec<Change> {
    let [before, after] = [before, after].map(members);
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let told = |members: &Map<String, Value>, name: &str| members.get(name).and_then(text);
    let change = |name: &String| Change {
        field: name.replace('_', " "),
        before: told(&before, name),
        after: told(&after, name),
    };
    let all = names.into_iter().map(change);
    all.filter(|change| change.before.is_some() || change.after.is_some()).collect()
}

/// Entries are written as objects.
fn members(json: Option<&str>) -> Map<String, Value> {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// As people read it; nothing of what says nothing.
fn text(value: &Value) -> Option<String> {
    let whole = match value {
        Value::Null => return None,
        Value::String(whole) => whole.clone(),
        Value::Array(values) => values.iter().filter_map(text).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    let short: String = whole.chars().take(LONGEST).collect();
    let end = if short.len() < whole.len() { "…" } else { "" };
    Some(format!("{short}{end}")).filter(|told| !told.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_stands_beside_what_it_was() {
        let change = |field: &str, before: Option<&str>, after: Option<&str>| Change {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let before = r#"{"name":"a","tags":["x","y"],"logo_url":null,"first_party":true}"#;
        let after = r#"{"name":"b","tags":[],"logo_url":null,"first_party":false}"#;
        assert_eq!(
            changes(Some(before), Some(after)),
            [
                change("first party", Some("true"), Some("false")),
                change("name", Some("a"), Some("b")),
                change("tags", Some("x, y"), None),
            ]
        );
        assert_eq!(changes(None, Some(r#"{"id":7}"#)), [change("id", None, Some("7"))]);
        assert_eq!(changes(None, None), []);
    }

    #[test]
    fn what_is_long_is_cut() {
        let long = Value::String("ä".repeat(LONGEST + 1));
        assert_eq!(text(&long), Some(format!("{}…", "ä".repeat(LONGEST))));
        assert_eq!(text(&Value::String(String::new())), None);
    }
}
