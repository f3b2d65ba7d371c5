//! What the history tells of the vault: which token, never what is in it.

use appkeep_storage::{StorageError, VaultToken, WriteTx};
use serde_json::{Value, json};

use super::{Vault, VaultCaller};
use crate::by::By;
use crate::error::Error;
use crate::registry::record::{Stamp, Told, record as record_of_tenant};

pub(super) struct Entry {
    pub(super) action: &'static str,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

pub(super) async fn record(
    tx: &mut WriteTx,
    by: &By,
    stamp: Stamp,
    entry: Entry,
) -> Result<(), StorageError> {
    let Entry { action, before, after } = entry;
    record_of_tenant(tx, by, stamp, Told { action, application: None, before, after }).await
}

pub(super) fn describe(token: &VaultToken) -> Value {
    json!({
        "id": token.id,
        "environment": token.of.environment.as_str(),
        "type": token.token_type,
        "container": token.container.as_str(),
        "expires_at": token.expires_at.map(|end| end.to_string()),
    })
}

impl Vault {
    /// Whoever sees plain data is written down before they do: one entry a
    /// request.
    pub(super) async fn tell_revealed(&self, caller: &VaultCaller, ids: Vec<String>) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let (by, stamp) = (caller.by.clone(), self.stamp());
        let told = json!({ "ids": ids, "environment": caller.environment.as_str() });
        let tell = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            let entry = Entry { action: "vault_token.revealed", before: None, after: Some(told.clone()) };
            record(tx, &by, stamp, entry).await
        };
        Ok(self.store().write(tell).await?)
    }
}
