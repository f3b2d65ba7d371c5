//! Accounts with providers that somebody connected before it was shown whose
//! the address is: it may have been anybody who took it before its owner came.

use appkeep_domain::{AuditEntry, Directory, ProviderName, UserId};
use appkeep_storage::{ReadTx, StorageError, WriteTx};

use super::Inner;
use super::browser::Browser;
use super::history::PersonEvent;
use super::people::People;
use crate::Error;
use crate::people::identities::{UNLINKED, told};

/// Those of one user, and what the history is told of each when it goes.
pub(super) type Unproved = Vec<(ProviderName, AuditEntry)>;

impl Inner {
    pub(super) async fn unproved_identities(
        &self,
        people: People,
        (directory, user): (&Directory, UserId),
        browser: &Browser,
    ) -> Result<Unproved, Error> {
        let providers = unproved(&mut self.store.read().await?, people, (directory, user)).await?;
        let mut found = Vec::with_capacity(providers.len());
        for provider in providers {
            let event = PersonEvent { people, action: UNLINKED, user, application: None };
            let entry = self.entry_of_person(event, told(user, &provider), browser).await?;
            found.push((provider, entry));
        }
        Ok(found)
    }
}

/// Takes them away, before the address counts as verified. `Stale` when they
/// are others by now.
pub(super) async fn unlink(
    tx: &mut WriteTx,
    people: People,
    (directory, user): (&Directory, UserId),
    found: &Unproved,
) -> Result<(), StorageError> {
    let still = unproved(tx, people, (directory, user)).await?;
    if !still.iter().eq(found.iter().map(|(provider, _)| provider)) {
        return Err(StorageError::Stale);
    }
    for (provider, entry) in found {
        tx.delete_identity(people.within, directory, (user, provider)).await?;
        tx.insert_audit_entry(people.within, entry).await?;
    }
    Ok(())
}

/// None of somebody who has shown that mail reaches them.
async fn unproved(
    tx: &mut ReadTx,
    people: People,
    (directory, user): (&Directory, UserId),
) -> Result<Vec<ProviderName>, StorageError> {
    let holder = tx.user(people.within, directory, user).await?;
    let Some(holder) = holder.filter(|user| user.email_verified_at.is_none()) else { return Ok(Vec::new()) };
    let all = tx.identities_of(people.within, directory, user).await?;
    let unproved = all.into_iter().filter(|identity| !identity.proves(&holder.email));
    Ok(unproved.map(|identity| identity.provider).collect())
}
