//! Entries of the audit trail.

use appkeep_api_types as api;
use appkeep_domain::Actor;
use appkeep_service::{Personal, ToldEntry};
use serde_json::{Map, Value};

use super::moment;
use super::words::actor_kind;

pub(crate) fn audit_entry(told: ToldEntry) -> api::AuditEntry {
    let ToldEntry { entry, personal } = told;
    let erased = personal == Personal::Erased;
    let (address, user_agent) = match personal {
        Personal::Told(seen) => (seen.address, seen.user_agent),
        Personal::Nothing | Personal::Erased => (entry.address, None),
    };
    api::AuditEntry {
        id: entry.id.to_string(),
        action: entry.action,
        occurred_at: moment(entry.occurred_at),
        actor: actor(entry.actor),
        application_id: entry.application.map(|id| id.to_string()),
        before: entry.before.as_deref().and_then(object),
        after: entry.after.as_deref().and_then(object),
        request_id: entry.request_id,
        address,
        user_agent,
        erased,
    }
}

pub(super) fn actor(actor: Actor) -> api::Actor {
    api::Actor { kind: actor_kind(actor.kind), id: actor.id }
}

/// Entries are written as objects.
fn object(json: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(json).ok()
}
