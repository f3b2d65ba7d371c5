//! Part of a history looked through where it is kept, without an export.

use appkeep_domain::{Action, Issuer, Owner, SigningAlgorithm, Timestamp, Within};
use appkeep_keys::{Jwk, TokenType};
use appkeep_storage::{AuditChain, AuditCheckpoint, ReadTx, SealedAuditEntry, StorageError};

use super::line::{Checkpoint, EntryLine, Hash, hash_text, owner_text};
use super::verify::{Keyset, Trust};
use crate::Authority;
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;

/// What came of looking through part of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectedHistory {
    /// How many entries are sealed: the number of the last one.
    pub count: u64,
    /// After which number was begun, and up to which it was looked.
    pub after: u64,
    pub last: u64,
    /// The first thing that is not as it was sealed, where the looking ended.
    pub flaw: Option<Flaw>,
    /// How many signatures in this part agree with it.
    pub signatures: u64,
    /// Up to which entry the whole is signed, and since when.
    pub signed: Option<(u64, Timestamp)>,
    /// How many entries are not sealed yet, as far as they are counted.
    pub unsealed: u64,
}

/// Something that somebody tampered with, by the number of the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is not the one that was sealed there, or is gone.
    Entry(u64),
    /// What was signed at it is not what stands there, or is gone.
    Signature(u64),
}

impl InspectedHistory {
    /// Where the next part begins, if there is one and all was well.
    pub fn next(&self) -> Option<u64> {
        (self.flaw.is_none() && self.last < self.count).then_some(self.last)
    }
}

/// One call looks at no more.
const MOST: u64 = 10_000;
const BATCH: u32 = 500;
const MOST_UNSEALED: u32 = 1_000;

impl Registry {
    /// Looks through the tenant's history after the entry of this number: whether
    /// each entry is the one that was sealed, and whether what was signed of them
    /// stands, the last signature in any case. The whole is well when all of its
    /// parts are; where nothing is signed, there is nothing that says so.
    pub async fn inspect_history(
        &self,
        by: &By,
        signer: &Authority,
        after: u64,
    ) -> Result<InspectedHistory, Error> {
        by.decide_of_tenant(Action::ReadAudit)?;
        // An installation has one signer.
        let issuer = Issuer::Tenant(signer.root().tenant());
        let of = (by.within(), by.owner());
        self.store().scan(async move |tx| inspect(tx, of, (after, issuer)).await).await
    }
}

/// Those that sign the trail or have ever signed it.
async fn public_keys(tx: &mut ReadTx, issuer: Issuer) -> Result<Vec<Jwk>, Error> {
    let kept = tx.public_signing_keys(Within::Platform, issuer).await?;
    let ours = kept.iter().filter(|key| key.algorithm == SigningAlgorithm::Es256);
    let unreadable = |error| Error::new(ErrorCode::Internal, "something went wrong here").because(error);
    let keys: Result<Vec<Jwk>, _> = ours.map(|key| serde_json::from_str(&key.jwk)).collect();
    keys.map_err(unreadable)
}

async fn inspect(
    tx: &mut ReadTx,
    (within, owner): (Within, Owner),
    (after, issuer): (u64, Issuer),
) -> Result<InspectedHistory, Error> {
    let chain = tx.audit_chain(within, owner).await?.unwrap_or(AuditChain::empty(owner));
    let unsealed = tx.count_unsealed_audit_entries(within, MOST_UNSEALED).await?;
    let after = after.min(chain.count);
    let last = chain.count.min(after + MOST);
    let mut inspector = Inspector::new(&chain, after);
    inspector.begin(tx, within).await?;
    while inspector.flaw.is_none() && inspector.at < last {
        let range = (inspector.at, last);
        let entries = tx.sealed_audit_entries(within, owner, range, BATCH).await?;
        let Some(end) = entries.last().map(|sealed| sealed.seq) else {
            inspector.flaw = Some(Flaw::Entry(inspector.at + 1));
            break;
        };
        let signed = tx.audit_checkpoints(within, owner, (range.0, end), BATCH).await?;
        // Read after what they signed, so that none of them is missing.
        let keys = if signed.is_empty() { Vec::new() } else { public_keys(tx, issuer).await? };
        inspector.take(&entries, (signed, keys));
    }
    let beyond = tx.audit_checkpoints(within, owner, (chain.count, u64::MAX), 1).await?;
    // The chain may have grown, and been signed, while it was looked at.
    let now = tx.audit_chain(within, owner).await?.unwrap_or(AuditChain::empty(owner));
    inspector.end(after, (&now, beyond.first()));
    Ok(InspectedHistory {
        count: chain.count,
        after,
        last: inspector.at,
        flaw: inspector.flaw,
        signatures: inspector.signatures,
        signed: (chain.checkpoint > 0).then_some((chain.checkpoint, chain.checkpoint_at)),
        unsealed,
    })
}

struct Inspector<'a> {
    chain: &'a AuditChain,
    /// The number and the link of the entry that was looked at last.
    at: u64,
    end: Hash,
    flaw: Option<Flaw>,
    signatures: u64,
    /// Whether the last thing that was signed of the chain was found, and agrees.
    has_last: bool,
}

impl<'a> Inspector<'a> {
    fn new(chain: &'a AuditChain, after: u64) -> Self {
        Self { chain, at: after, end: [0; 32], flaw: None, signatures: 0, has_last: false }
    }

    /// Goes on from the link of the entry before, which its own part looked at.
    async fn begin(&mut self, tx: &mut ReadTx, within: Within) -> Result<(), StorageError> {
        if self.at == 0 {
            return Ok(());
        }
        let range = (self.at - 1, self.at);
        let before = tx.sealed_audit_entries(within, self.chain.owner, range, 1).await?;
        match before.first().filter(|sealed| sealed.seq == self.at) {
            Some(sealed) => self.end = sealed.hash,
            None => self.flaw = Some(Flaw::Entry(self.at)),
        }
        Ok(())
    }

    fn take(&mut self, entries: &[SealedAuditEntry], (signed, keys): (Vec<AuditCheckpoint>, Vec<Jwk>)) {
        // They are our own, from our own database.
        let trust = Trust::Carried;
        let keys = Keyset::new(keys, &trust);
        let mut signed = signed.into_iter().peekable();
        for sealed in entries {
            self.end = EntryLine::new(&sealed.entry, sealed.seq).link(&self.end);
            if sealed.seq != self.at + 1 || sealed.hash != self.end {
                self.flaw = Some(Flaw::Entry(self.at + 1));
                return;
            }
            self.at = sealed.seq;
            while let Some(checkpoint) = signed.next_if(|checkpoint| checkpoint.seq <= sealed.seq) {
                if !self.agrees(&keys, &checkpoint.jws) {
                    self.flaw = Some(Flaw::Signature(self.at));
                    return;
                }
                self.signatures += 1;
                self.has_last |= self.at == self.chain.checkpoint;
            }
        }
    }

    /// Whether it is signed by one of our own, of which none is ever forgotten,
    /// and of what stands here.
    fn agrees(&self, keys: &Keyset<'_>, jws: &str) -> bool {
        let verified = keys.verify::<Checkpoint>(TokenType::AuditCheckpoint, jws);
        verified.is_ok_and(|(claims, _)| {
            claims.owner == owner_text(self.chain.owner)
                && (claims.first, claims.last, claims.count) == (1, self.at, self.at)
                && claims.hash == hash_text(&self.end)
        })
    }

    /// The chain ends where its last entry does, what was signed of it last is
    /// there, and nothing is signed beyond its end: as it is `now`, where that
    /// was read last.
    fn end(&mut self, after: u64, (now, beyond): (&AuditChain, Option<&AuditCheckpoint>)) {
        let AuditChain { count, hash, checkpoint, .. } = *self.chain;
        if self.flaw.is_some() {
            return;
        }
        let is_whole = self.at == count;
        // Old ones are thinned out, but for the last.
        let is_wanted = after < checkpoint && checkpoint <= self.at && now.checkpoint == checkpoint;
        let is_cut = checkpoint > count || beyond.is_some_and(|beyond| beyond.seq > now.count);
        if is_whole && self.end != hash {
            self.flaw = Some(Flaw::Entry(self.at));
        } else if is_wanted && !self.has_last {
            self.flaw = Some(Flaw::Signature(checkpoint));
        } else if is_whole && is_cut {
            self.flaw = Some(Flaw::Entry(count + 1));
        }
    }
}
