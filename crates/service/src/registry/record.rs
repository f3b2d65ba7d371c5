//! What is written of a change beside the change itself.

use appkeep_domain::{Actor, Application, ApplicationId, AuditEntry, AuditEntryId, Owner, Timestamp};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::Value;

use super::{Registry, describe};
use crate::by::By;

/// A moment and the id of the audit entry for it, made before the transaction,
/// which may run more than once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) now: Timestamp,
    entry: AuditEntryId,
}

impl Registry {
    pub(crate) fn stamp(&self) -> Stamp {
        let now = self.now();
        // Of one reading, so that the id and the time name one millisecond.
        Stamp { now, entry: self.shared.ids.make_at(now, &*self.shared.entropy) }
    }
}

/// What an entry says happened.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) action: &'a str,
    pub(crate) application: Option<ApplicationId>,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

impl<'a> Told<'a> {
    /// What differs between two versions of an application.
    pub(crate) fn change(action: &'a str, before: &Application, after: &Application) -> Self {
        let (old, new) = describe::differences(before, after);
        Self { action, application: Some(after.id), before: Some(old), after: Some(new) }
    }

    pub(crate) fn of(action: &'a str, application: ApplicationId, after: Option<Value>) -> Self {
        Self { action, application: Some(application), before: None, after }
    }
}

impl Stamp {
    /// The entry. In which request it happened, whoever knows adds.
    pub(crate) fn entry(self, owner: Owner, actor: Actor, told: Told<'_>) -> AuditEntry {
        AuditEntry {
            id: self.entry,
            owner,
            occurred_at: self.now,
            actor,
            action: told.action.to_owned(),
            application: told.application,
            before: told.before.map(|value| value.to_string()),
            after: told.after.map(|value| value.to_string()),
            request_id: String::new(),
            address: None,
            personal: None,
        }
    }
}

/// Writes into the tenant's history what the caller did.
pub(crate) async fn record(
    tx: &mut WriteTx,
    by: &By,
    stamp: Stamp,
    told: Told<'_>,
) -> Result<(), StorageError> {
    record_of(tx, by, by.owner(), (stamp, told)).await
}

/// Writes into the history of whom it concerns what the caller did.
pub(crate) async fn record_of(
    tx: &mut WriteTx,
    by: &By,
    owner: Owner,
    (stamp, told): (Stamp, Told<'_>),
) -> Result<(), StorageError> {
    let entry = AuditEntry {
        request_id: by.request_id.to_string(),
        address: by.address.map(|address| address.to_string()),
        ..stamp.entry(owner, by.actor(), told)
    };
    if let Some(attempt) = &by.attempt {
        tx.carry_out_request(attempt.owner.within(), attempt, stamp.now).await?;
    }
    tx.insert_audit_entry(owner.within(), &entry).await
}
