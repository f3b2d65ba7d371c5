//! What the histories of the platform, of partners and of tenants are told.

use appkeep_domain::{AuditEntry, Level, Owner, Within};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::Value;

use crate::by::By;
use crate::registry::record::{Stamp, Told};

/// Writes into the owner's history what the caller did.
pub(super) async fn record(
    tx: &mut WriteTx,
    by: &By,
    (owner, stamp): (Owner, Stamp),
    (action, before, after): (&str, Option<Value>, Option<Value>),
) -> Result<(), StorageError> {
    let told = Told { action, application: None, before, after };
    let entry = AuditEntry {
        request_id: by.request_id.to_string(),
        address: by.address.map(|address| address.to_string()),
        ..stamp.entry(owner, by.actor(), told)
    };
    if let Some(attempt) = &by.attempt {
        tx.carry_out_request(attempt.owner.within(), attempt, stamp.now).await?;
    }
    tx.insert_audit_entry(Within::Platform, &entry).await
}

/// Whose history tells of what is done at a level.
pub(crate) const fn owner_of(level: Level) -> Owner {
    match level {
        Level::Platform => Owner::Global,
        Level::Partner(id) => Owner::Partner(id),
        Level::Tenant { id, .. } => Owner::Tenant(id),
    }
}
