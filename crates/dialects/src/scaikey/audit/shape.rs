//! An entry of the history in ScaiKey's JSON.

use appkeep_domain::Owner;
use appkeep_service::{Personal, ToldEntry, subject_id};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::scaikey::words;

/// As it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    id: String,
    timestamp: String,
    actor_id: String,
    actor_type: &'static str,
    action: String,
    resource_type: String,
    resource_id: Option<String>,
    result: &'static str,
    tenant_id: Option<String>,
    partner_id: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    request_id: String,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
}

impl Entry {
    pub(super) fn of(told: &ToldEntry) -> Self {
        let entry = &told.entry;
        let (ip_address, user_agent) = match &told.personal {
            Personal::Told(seen) => (seen.address.clone(), seen.user_agent.clone()),
            Personal::Nothing | Personal::Erased => (entry.address.clone(), None),
        };
        let (tenant_id, partner_id) = match entry.owner {
            Owner::Global => (None, None),
            Owner::Partner(id) => (None, Some(id.to_string())),
            Owner::Tenant(id) => (Some(id.to_string()), None),
        };
        let (before, after) = (object(entry.before.as_deref()), object(entry.after.as_deref()));
        Self {
            id: entry.id.to_string(),
            timestamp: entry.occurred_at.to_string(),
            actor_id: entry.actor.id.clone(),
            actor_type: words::actor_type(entry.actor.kind),
            action: entry.action.clone(),
            resource_type: entry.noun().to_owned(),
            resource_id: subject_id(entry),
            result: words::result(entry.is_refusal()),
            tenant_id,
            partner_id,
            ip_address,
            user_agent,
            request_id: entry.request_id.clone(),
            before,
            after,
        }
    }
}

/// Entries are written as objects.
fn object(json: Option<&str>) -> Option<Map<String, Value>> {
    serde_json::from_str(json?).ok()
}
