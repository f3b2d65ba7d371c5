//! Chains are signed.

use appkeep_domain::{Lifetime, Timestamp, Within};
use appkeep_keys::{SigningKey, TokenType};
use appkeep_storage::{AuditChain, AuditCheckpoint, StorageError, WriteTx};
use serde::Serialize;

use super::AuditTrail;
use super::line::{Checkpoint, hash_text, owner_text};
use crate::error::Error;

const BATCH: u32 = 100;

impl AuditTrail {
    /// Signs every chain that has grown since it was signed, if that was `age`
    /// ago or longer, and says how many those were.
    pub async fn checkpoint(&self, age: Lifetime) -> Result<u64, Error> {
        let mut signed = 0;
        loop {
            let count = self.checkpoint_batch(age).await?;
            signed += count;
            if count < u64::from(BATCH) {
                return Ok(signed);
            }
        }
    }

    /// Thins out old checkpoints.
    pub(super) async fn thin_checkpoints(&self) -> Result<u64, Error> {
        Ok(self.store.thin_audit_checkpoints(self.now()).await?)
    }

    async fn checkpoint_batch(&self, age: Lifetime) -> Result<u64, Error> {
        let now = self.now();
        let mut tx = self.store.read().await?;
        let chains = tx.unsigned_audit_chains(Within::Platform, now.minus(age), BATCH).await?;
        drop(tx);
        if chains.is_empty() {
            return Ok(0);
        }
        let key = self.signer().await?;
        let signed: Vec<_> = chains.into_iter().map(|chain| (chain, sign(&key, &chain, now))).collect();
        let count = signed.len() as u64;
        let told: Vec<_> = signed.iter().map(|(chain, _)| *chain).collect();
        let keep = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            for (chain, jws) in &signed {
                let kept = AuditCheckpoint { seq: chain.count, signed_at: now, jws: jws.clone() };
                tx.insert_audit_checkpoint(Within::Platform, chain, &kept).await?;
            }
            Ok(())
        };
        match self.store.write(keep).await {
            Ok(()) => told.iter().for_each(tell),
            // Another node signs them.
            Err(StorageError::Stale | StorageError::Taken(_)) => return Ok(0),
            Err(error) => return Err(error.into()),
        }
        Ok(count)
    }
}

/// A log is usually kept elsewhere than the database, so that it shows when
/// both were rewritten together, chain and signature.
fn tell(chain: &AuditChain) {
    let (owner, hash) = (owner_text(chain.owner), hash_text(&chain.hash));
    let count = chain.count;
    tracing::info!(owner, count, hash, "the audit trail of {owner} was signed up to entry {count}: {hash}");
}

/// Signs where a chain ends.
pub(super) fn sign(key: &SigningKey, chain: &AuditChain, now: Timestamp) -> String {
    let claims = Checkpoint {
        owner: owner_text(chain.owner),
        first: 1,
        last: chain.count,
        count: chain.count,
        hash: hash_text(&chain.hash),
        iat: now.as_seconds(),
    };
    sign_claims(key, TokenType::AuditCheckpoint, &claims)
}

pub(super) fn sign_claims(key: &SigningKey, typ: TokenType, claims: &impl Serialize) -> String {
    let claims = serde_json::to_vec(claims).expect("texts and numbers always print");
    key.sign(typ, &claims)
}
