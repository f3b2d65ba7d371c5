//! Addresses from where too many attempts to sign in as an operator failed.
//!
//! Operators are everybody's, and so are the addresses: they are for whoever
//! looks after operators at the platform, and nobody else is told of any.

use appkeep_domain::{Action, LockoutId, Owner, Within};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::json;

use super::Step;
use super::reach::reach;
use super::record::record;
use crate::by::By;
use crate::error::Error;
use crate::people::LockedAddress;
use crate::people::lockouts::{Wanted, forget, network, no_such_lockout, parse_lockout_id};
use crate::registry::{Page, PageQuery, Registry};

const ALL: Within = Within::Platform;

impl Registry {
    /// From where no operator signs in, or did not for a while in the last 24
    /// hours; in the order of the ids.
    pub async fn locked_operator_addresses(
        &self,
        by: &By,
        query: PageQuery,
    ) -> Result<Page<LockedAddress>, Error> {
        let is_of_platform = reach(by, Action::ReadOperators)?.contains(&ALL);
        let wanted = Wanted::parse(&query)?;
        let mut tx = self.store().read().await?;
        let directory = tx.tenant_directory(ALL, Owner::Global).await?;
        wanted.read(&mut tx, (ALL, directory.filter(|_| is_of_platform)), self.now()).await
    }

    /// Whoever is there may try again, and what failed there is forgotten.
    pub async fn unlock_operator_address(&self, by: &By, id: &str) -> Result<(), Error> {
        let is_of_platform = reach(by, Action::ManageOperators)?.contains(&ALL);
        let step = self.tenancy_step(by, parse_lockout_id(id)?);
        self.store().write(async move |tx: &mut WriteTx| unlock(tx, &step, is_of_platform).await).await
    }
}

async fn unlock(tx: &mut WriteTx, step: &Step<LockoutId>, is_of_platform: bool) -> Result<(), Error> {
    let directory = tx.tenant_directory(ALL, Owner::Global).await?;
    let directory = directory.filter(|_| is_of_platform).ok_or_else(no_such_lockout)?;
    forget(tx, (ALL, Some(directory)), step.id).await?;
    let after = Some(json!({ "address": network(step.id).to_string() }));
    let told = record(tx, &step.by, (Owner::Global, step.stamp), ("address.unlocked", None, after)).await;
    told.map_err(|error: StorageError| error.into())
}
