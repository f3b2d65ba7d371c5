//! Entries become links.

use std::time::Duration;

use appkeep_domain::{AuditEntry, Owner, Within};
use appkeep_storage::{AuditChain, AuditLink, StorageError, WriteTx};

use super::AuditTrail;
use super::line::EntryLine;
use crate::error::Error;

/// How many entries one transaction seals at the most.
const BATCH: u32 = 500;

impl AuditTrail {
    /// Seals what waits, and says how much that was. Of several nodes that do
    /// so at once one seals; the others do nothing.
    pub async fn seal(&self) -> Result<u64, Error> {
        let mut sealed = 0;
        loop {
            let count = self.seal_batch().await?;
            sealed += count;
            if count < u64::from(BATCH) {
                return Ok(sealed);
            }
        }
    }

    /// Takes off the queue what a crash left there although it was sealed.
    pub(super) async fn tidy_queue(&self) -> Result<(), Error> {
        while self.store.dequeue_sealed_audit_entries(BATCH).await? == u64::from(BATCH) {}
        Ok(())
    }

    /// Seals until nothing waits, or nothing moves: what is left then, and that
    /// a server which runs beside this seals, is told by the count.
    pub(super) async fn seal_everything(&self) -> Result<u64, Error> {
        const TRIES: u32 = 20;
        const PAUSE: Duration = Duration::from_millis(50);
        const MOST: u32 = 1_000_000;
        for _ in 0..TRIES {
            self.seal().await?;
            let mut tx = self.store.read().await?;
            if tx.count_unsealed_audit_entries(Within::Platform, 1).await? == 0 {
                return Ok(0);
            }
            drop(tx);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(self.store.read().await?.count_unsealed_audit_entries(Within::Platform, MOST).await?)
    }

    async fn seal_batch(&self) -> Result<u64, Error> {
        let extensions = self.extensions().await?;
        if extensions.is_empty() {
            return Ok(0);
        }
        let count = extensions.iter().map(|(_, links)| links.len() as u64).sum();
        let now = self.now();
        let append = async move |tx: &mut WriteTx| -> Result<bool, StorageError> {
            if !tx.may_seal_audit().await? {
                return Ok(false);
            }
            for (chain, links) in &extensions {
                tx.append_audit_links(Within::Platform, chain, links, now).await?;
            }
            Ok(true)
        };
        match self.store.write(append).await {
            Ok(true) => {}
            // Somebody else has sealed in between.
            Ok(false) | Err(StorageError::Stale | StorageError::Taken(_)) => return Ok(0),
            Err(error) => return Err(error.into()),
        }
        self.store.dequeue_sealed_audit_entries(BATCH).await?;
        Ok(count)
    }

    /// What to append to which chain. Read outside of the transaction that
    /// appends: entries never change, and that they are still unsealed, the
    /// chain's end says.
    async fn extensions(&self) -> Result<Vec<(AuditChain, Vec<AuditLink>)>, Error> {
        let mut tx = self.store.read().await?;
        let mut waiting = tx.unsealed_audit_entries(Within::Platform, BATCH).await?;
        // Stable, so that each owner's entries stay in their order.
        waiting.sort_by_key(|entry| key(entry.owner));
        let mut extensions = Vec::new();
        for entries in waiting.chunk_by(|one, next| one.owner == next.owner) {
            let owner = entries[0].owner;
            let chain = tx.audit_chain(Within::Platform, owner).await?;
            let chain = chain.unwrap_or(AuditChain::empty(owner));
            extensions.push((chain, links(&chain, entries)));
        }
        Ok(extensions)
    }
}

fn key(owner: Owner) -> [u8; 16] {
    match owner {
        Owner::Global => [0; 16],
        Owner::Partner(id) => id.as_bytes(),
        Owner::Tenant(id) => id.as_bytes(),
    }
}

fn links(chain: &AuditChain, entries: &[AuditEntry]) -> Vec<AuditLink> {
    let mut end = chain.hash;
    let places = chain.count + 1..;
    let link = |(entry, seq): (&AuditEntry, u64)| {
        end = EntryLine::new(entry, seq).link(&end);
        AuditLink { entry: entry.id, hash: end }
    };
    entries.iter().zip(places).map(link).collect()
}
