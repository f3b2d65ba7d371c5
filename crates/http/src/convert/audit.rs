//! Entries of the audit trail.

use appkeep_api_types as api;
use appkeep_domain::{Actor, AuditEntry};
use serde_json::{Map, Value};

use super::moment;
use super::words::actor_kind;

pub(crate) fn audit_entry(entry: AuditEntry) -> api::AuditEntry {
    api::AuditEntry {
        id: entry.id.to_string(),
        action: entry.action,
        occurred_at: moment(entry.occurred_at),
        actor: actor(entry.actor),
        application_id: entry.application.map(|id| id.to_string()),
        before: entry.before.as_deref().and_then(object),
        after: entry.after.as_deref().and_then(object),
        request_id: entry.request_id,
        address: entry.address,
    }
}

pub(super) fn actor(actor: Actor) -> api::Actor {
    api::Actor { kind: actor_kind(actor.kind), id: actor.id }
}

/// Entries are written as objects.
fn object(json: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(json).ok()
}
