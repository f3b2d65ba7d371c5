//! The trail as a file: JSON Lines that prove themselves.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;

use appkeep_domain::{AuditEntryId, Lifetime, Owner, SigningAlgorithm, Timestamp, UserId, Within};
use appkeep_keys::{Jwk, Jws, SigningKey, TokenType};
use appkeep_storage::{AuditChain, ReadTx, SealedAuditEntry, StorageError};

use super::AuditTrail;
use super::checkpoint::{sign, sign_claims};
use super::line::{End, EntryLine, Hash, Header, Keys, Line, fold_head, hash_text, owner_text};
use crate::error::Error;
use crate::tokens::person_of;

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub chains: u64,
    pub entries: u64,
    /// How many entries were written while it was made, and are not in it.
    pub unsealed: u64,
    /// The RFC 7638 thumbprint of the key that signed it: what a verifier
    /// should know from elsewhere.
    pub key_thumbprint: String,
}

/// Why there is no export, or none that proves anything. `Display` is for
/// operators.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the trail cannot be sealed and signed")]
    Service(#[from] Error),

    #[error("the trail cannot be read")]
    Storage(#[from] StorageError),

    #[error("the export cannot be written")]
    Write(#[from] io::Error),

    #[error(
        "the database was tampered with: entry {seq} of {owner} is not the one that was sealed there, or is \
         gone; the export was written as it stands, and is not signed"
    )]
    Broken { owner: String, seq: u64 },

    #[error("a public key in the database cannot be read")]
    Key(#[from] serde_json::Error),
}

impl AuditTrail {
    /// Seals and signs what there is, and writes it to `out`: of one owner, or
    /// everything. Memory is bounded however long the trail.
    pub async fn export(
        &self,
        owner: Option<Owner>,
        out: impl Write + Send + 'static,
    ) -> Result<Exported, ExportError> {
        let unsealed = self.seal_everything().await?;
        self.checkpoint(Lifetime::from_seconds(0)).await?;
        let key = self.signer().await?;
        let exporter = Exporter {
            out,
            keys: self.public_keys().await?,
            key,
            now: self.now(),
            end: End {
                owner: owner.map(owner_text),
                chains: 0,
                entries: 0,
                heads: String::new(),
                unsealed,
                iat: self.now().as_seconds(),
            },
            heads: [0; 32],
            broken: None,
        };
        self.store.scan(async move |tx| exporter.run(tx, owner).await).await
    }

    /// Those that sign the trail or have ever signed it.
    async fn public_keys(&self) -> Result<Vec<Jwk>, ExportError> {
        let kept = self.store.read().await?.public_signing_keys(Within::Platform, self.issuer).await?;
        let ours = kept.iter().filter(|key| key.algorithm == SigningAlgorithm::Es256);
        Ok(ours.map(|key| serde_json::from_str(&key.jwk)).collect::<Result<_, _>>()?)
    }
}

struct Exporter<W> {
    out: W,
    keys: Vec<Jwk>,
    key: Arc<SigningKey>,
    now: Timestamp,
    end: End,
    heads: Hash,
    /// The first entry that does not fit.
    broken: Option<(Owner, u64)>,
}

impl<W: Write> Exporter<W> {
    const CHAINS: u32 = 100;
    const ENTRIES: u32 = 500;

    async fn run(mut self, tx: &mut ReadTx, owner: Option<Owner>) -> Result<Exported, ExportError> {
        let jwks = Keys { keys: self.keys.clone() };
        let header = Header { format: Header::FORMAT.to_owned(), version: Header::VERSION, jwks };
        self.write(&Line::Header(header))?;
        match owner {
            Some(owner) => {
                if let Some(chain) = tx.audit_chain(Within::Platform, owner).await? {
                    self.chain(tx, &chain).await?;
                }
            }
            None => self.all_chains(tx).await?,
        }
        self.finish()
    }

    async fn all_chains(&mut self, tx: &mut ReadTx) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let chains = tx.audit_chains(Within::Platform, after, Self::CHAINS).await?;
            let Some(last) = chains.last() else { return Ok(()) };
            after = Some(last.owner);
            for chain in &chains {
                self.chain(tx, chain).await?;
            }
        }
    }

    /// As far as it reached when it was read.
    async fn chain(&mut self, tx: &mut ReadTx, chain: &AuditChain) -> Result<(), ExportError> {
        let (mut written, mut end) = (0, [0; 32]);
        loop {
            let range = (written, chain.count);
            let entries =
                tx.sealed_audit_entries(Within::Platform, chain.owner, range, Self::ENTRIES).await?;
            let Some(last) = entries.last().map(|sealed| sealed.seq) else { break };
            let range = (written, last);
            let signed = tx.audit_checkpoints(Within::Platform, chain.owner, range, Self::ENTRIES).await?;
            let mut signed = signed.into_iter().peekable();
            let erased = erased_of(tx, &entries).await?;
            for sealed in entries {
                let seq = sealed.seq;
                let is_erased = erased.contains(&sealed.entry.id);
                end = self.entry((sealed, is_erased), (written, end))?;
                written = seq;
                while let Some(checkpoint) = signed.next_if(|checkpoint| checkpoint.seq <= seq) {
                    self.checkpoint(checkpoint.jws)?;
                }
            }
        }
        if (written, end) != (chain.count, chain.hash) {
            self.broken.get_or_insert((chain.owner, written + 1));
        }
        if self.broken.is_none() {
            let head = sign(&self.key, chain, self.now);
            self.heads = fold_head(&self.heads, &head);
            self.write(&Line::Head(head))?;
        }
        self.end.chains += 1;
        Ok(())
    }

    /// Writes an entry, and its link as the database has it; answers the link
    /// that it should have.
    fn entry(
        &mut self,
        (sealed, is_erased): (SealedAuditEntry, bool),
        (previous, end): (u64, Hash),
    ) -> Result<Hash, ExportError> {
        let line = EntryLine::new(&sealed.entry, sealed.seq);
        let expected = line.link(&end);
        if sealed.seq != previous + 1 || sealed.hash != expected {
            self.broken.get_or_insert((sealed.entry.owner, previous + 1));
        }
        self.end.entries += 1;
        self.write(&Line::Entry(Box::new(line.linked(&sealed.hash, is_erased))))?;
        Ok(expected)
    }

    /// One whose key is not known could not be verified by anybody.
    fn checkpoint(&mut self, jws: String) -> Result<(), ExportError> {
        let is_known = |parsed: Jws<'_>| {
            let key_id = parsed.header().key_id();
            self.keys.iter().any(|key| key.key_id() == key_id)
        };
        if Jws::parse(&jws).is_ok_and(is_known) {
            self.write(&Line::Checkpoint(jws))?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Exported, ExportError> {
        if let Some((owner, seq)) = self.broken {
            self.out.flush()?;
            return Err(ExportError::Broken { owner: owner_text(owner), seq });
        }
        let end = End { heads: hash_text(&self.heads), ..self.end.clone() };
        let end = sign_claims(&self.key, TokenType::AuditExport, &end);
        self.write(&Line::End(end))?;
        self.out.flush()?;
        Ok(Exported {
            chains: self.end.chains,
            entries: self.end.entries,
            unsealed: self.end.unsealed,
            key_thumbprint: self.key.public_jwk().thumbprint(),
        })
    }

    fn write(&mut self, line: &Line) -> Result<(), ExportError> {
        serde_json::to_writer(&mut self.out, line).map_err(io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }
}

/// Those of the entries whose personal part nobody can open any more.
async fn erased_of(
    tx: &mut ReadTx,
    entries: &[SealedAuditEntry],
) -> Result<HashSet<AuditEntryId>, StorageError> {
    let of_person = |sealed: &SealedAuditEntry| Some((sealed.entry.id, person_of(&sealed.entry)?));
    let personal: Vec<(AuditEntryId, UserId)> = entries.iter().filter_map(of_person).collect();
    let mut people: Vec<UserId> = personal.iter().map(|&(_, person)| person).collect();
    people.sort_unstable();
    people.dedup();
    let kept = tx.user_keys(Within::Platform, &people).await?;
    let kept: HashSet<UserId> = kept.iter().map(|key| key.user).collect();
    Ok(personal.into_iter().filter(|(_, person)| !kept.contains(person)).map(|(id, _)| id).collect())
}
