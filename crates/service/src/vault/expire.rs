//! Tokens whose time is over: not there from that moment, and removed later.

use std::sync::Arc;

use appkeep_domain::{Actor, ActorKind, Owner, Timestamp, Within};
use appkeep_storage::{StorageError, VaultToken, WriteTx};

use super::record::describe;
use crate::Registry;
use crate::error::Error;
use crate::registry::record::{Stamp, Told};

impl Registry {
    const EXPIRED_AT_ONCE: u32 = 100;

    /// Removes them some at a time, and tells the histories of their tenants.
    pub(crate) async fn sweep_vault(&self, now: Timestamp) -> Result<u64, Error> {
        let mut removed = 0;
        loop {
            let mut tx = self.store().read().await?;
            let expired = tx.expired_vault_tokens(Within::Platform, now, Self::EXPIRED_AT_ONCE).await?;
            drop(tx);
            let count = expired.len();
            let expired: Vec<(VaultToken, Stamp)> =
                expired.into_iter().map(|token| (token, self.stamp())).collect();
            let expired = Arc::new(expired);
            let remove = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
                for (token, stamp) in expired.iter() {
                    remove(tx, token, *stamp).await?;
                }
                Ok(())
            };
            match self.store().write(remove).await {
                // Somebody else removed or changed one of them; the next sweep sees.
                Err(StorageError::Stale) => return Ok(removed),
                outcome => outcome?,
            }
            removed += count as u64;
            if count < Self::EXPIRED_AT_ONCE as usize {
                return Ok(removed);
            }
        }
    }
}

async fn remove(tx: &mut WriteTx, token: &VaultToken, stamp: Stamp) -> Result<(), StorageError> {
    let owner = Owner::Tenant(token.of.tenant);
    tx.delete_vault_token(owner.within(), token).await?;
    let told =
        Told { action: "vault_token.expired", application: None, before: Some(describe(token)), after: None };
    let system = Actor { kind: ActorKind::System, id: "system".to_owned() };
    tx.insert_audit_entry(owner.within(), &stamp.entry(owner, system, told)).await
}
