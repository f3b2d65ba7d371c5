//! An export verified by itself: no database, no network.

mod keys;
mod read;

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use appkeep_keys::TokenType;

pub(super) use self::keys::Keyset;
pub use self::keys::Trust;
use self::read::Lines;
use super::line::{Checkpoint, End, EntryLine, Hash, Header, Line, fold_head, hash_text};

/// What an export proves, once its keys are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedExport {
    pub chains: Vec<VerifiedChain>,
    pub entries: u64,
    /// How many earlier signatures inside the chains agree with them.
    pub checkpoints: u64,
    /// How many are by keys that were not to be trusted, and prove nothing.
    pub checkpoints_unchecked: u64,
    /// How many entries there were that are not in it yet.
    pub unsealed: u64,
    /// In seconds since 1970.
    pub signed_at: i64,
    /// The RFC 7638 thumbprint of the key that signed the whole.
    pub key_thumbprint: String,
}

/// One owner's history: whole, from its first entry on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedChain {
    pub owner: String,
    pub count: u64,
    /// The link of its last entry.
    pub hash: String,
}

/// An export that proves nothing, and where that shows first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct UnprovenExport {
    pub line: u64,
    pub reason: Reason,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    #[error("not a line of an export: {0}")]
    Malformed(String),
    #[error("the file does not begin as an export of version {version}", version = Header::VERSION)]
    NoHeader,
    #[error("entry {0} of {1} is missing: it was removed, or stands elsewhere")]
    Missing(u64, String),
    #[error("entry {0} of {1} stands here a second time, or too late")]
    Misplaced(u64, String),
    #[error("entry {0} of {1} is not as it was sealed: it, or its hash, was edited")]
    Edited(u64, String),
    #[error("the history of {0} begins before the one above has ended")]
    Interrupted(String),
    #[error("the history of {0} stands here a second time")]
    Repeated(String),
    #[error("the signature is by a key that is not trusted, or that the file does not carry")]
    UnknownKey,
    #[error("the signature is not right: what it signs was edited, or it is forged")]
    Signature,
    #[error("what is signed here is not what stands above: entries were removed, added or rewritten")]
    Contradicted,
    #[error("the file goes on after its end")]
    AfterEnd,
    #[error("the file ends before its signed end: it was cut off")]
    Truncated,
    #[error("the earlier export knows another entry {0} of {1}: history was rewritten since")]
    Rewritten(u64, String),
    #[error("the earlier export knows {0} entries of {1}, which end before that here")]
    Shortened(u64, String),
}

/// Verifies an export from its first line to its last, in bounded memory.
///
/// Whoever can write the file can sign it anew with a key of their own, so
/// what this proves rests on `trust`. What was verified `earlier`, with keys
/// that were trusted, has to be the beginning of what stands here.
pub fn verify_export(
    input: impl BufRead,
    trust: &Trust,
    earlier: &[VerifiedChain],
) -> Result<VerifiedExport, UnprovenExport> {
    let mut lines = Lines::new(input);
    let verified = verify(&mut lines, trust, earlier);
    verified.map_err(|reason| UnprovenExport { line: lines.number(), reason })
}

fn verify(
    lines: &mut Lines<impl BufRead>,
    trust: &Trust,
    earlier: &[VerifiedChain],
) -> Result<VerifiedExport, Reason> {
    let Some(Line::Header(header)) = lines.next()? else { return Err(Reason::NoHeader) };
    if header.format != Header::FORMAT || header.version != Header::VERSION {
        return Err(Reason::NoHeader);
    }
    let mut so_far = Verifier::new(Keyset::new(header.jwks.keys, trust), earlier);
    loop {
        match lines.next()?.ok_or(Reason::Truncated)? {
            Line::Header(_) => return Err(Reason::Malformed("a second header".to_owned())),
            Line::Entry(entry) => so_far.entry(&entry)?,
            Line::Checkpoint(jws) => so_far.checkpoint(&jws)?,
            Line::Head(jws) => so_far.head(&jws)?,
            Line::End(jws) => {
                let verified = so_far.end(&jws)?;
                return if lines.next()?.is_some() { Err(Reason::AfterEnd) } else { Ok(verified) };
            }
        }
    }
}

struct Verifier<'a> {
    keys: Keyset<'a>,
    earlier: HashMap<&'a str, &'a VerifiedChain>,
    open: Option<OpenChain>,
    owners: HashSet<String>,
    chains: Vec<VerifiedChain>,
    heads: Hash,
    entries: u64,
    checkpoints: u64,
    checkpoints_unchecked: u64,
}

/// A chain whose head is still to come.
struct OpenChain {
    owner: String,
    count: u64,
    end: Hash,
}

impl<'a> Verifier<'a> {
    fn new(keys: Keyset<'a>, earlier: &'a [VerifiedChain]) -> Self {
        Self {
            keys,
            earlier: earlier.iter().map(|chain| (chain.owner.as_str(), chain)).collect(),
            open: None,
            owners: HashSet::new(),
            chains: Vec::new(),
            heads: [0; 32],
            entries: 0,
            checkpoints: 0,
            checkpoints_unchecked: 0,
        }
    }

    fn entry(&mut self, entry: &EntryLine) -> Result<(), Reason> {
        let mut chain = self.chain_of(&entry.owner)?;
        let expected = chain.count + 1;
        if entry.seq > expected {
            return Err(Reason::Missing(expected, chain.owner));
        }
        if entry.seq < expected {
            return Err(Reason::Misplaced(entry.seq, chain.owner));
        }
        chain.end = entry.link(&chain.end);
        chain.count = expected;
        if entry.hash != hash_text(&chain.end) {
            return Err(Reason::Edited(entry.seq, chain.owner));
        }
        let known = self.earlier.get(chain.owner.as_str()).filter(|known| known.count == chain.count);
        if known.is_some_and(|known| known.hash != entry.hash) {
            return Err(Reason::Rewritten(entry.seq, chain.owner));
        }
        self.entries += 1;
        self.open = Some(chain);
        Ok(())
    }

    /// The chain that the next entry belongs to: the open one, or a new one.
    fn chain_of(&mut self, owner: &str) -> Result<OpenChain, Reason> {
        match self.open.take() {
            Some(open) if open.owner == owner => Ok(open),
            Some(_) => Err(Reason::Interrupted(owner.to_owned())),
            None if self.owners.insert(owner.to_owned()) => {
                Ok(OpenChain { owner: owner.to_owned(), count: 0, end: [0; 32] })
            }
            None => Err(Reason::Repeated(owner.to_owned())),
        }
    }

    fn checkpoint(&mut self, jws: &str) -> Result<(), Reason> {
        match self.keys.verify::<Checkpoint>(TokenType::AuditCheckpoint, jws) {
            Ok((claims, _)) => {
                self.must_be_where_it_stands(&claims)?;
                self.checkpoints += 1;
                Ok(())
            }
            // Keys change; those of long ago need not be among the trusted.
            Err(Reason::UnknownKey) if self.keys.is_narrowed() => {
                self.checkpoints_unchecked += 1;
                Ok(())
            }
            Err(reason) => Err(reason),
        }
    }

    fn head(&mut self, jws: &str) -> Result<(), Reason> {
        let (claims, _) = self.keys.verify::<Checkpoint>(TokenType::AuditCheckpoint, jws)?;
        self.must_be_where_it_stands(&claims)?;
        let known = self.earlier.remove(claims.owner.as_str());
        if let Some(known) = known.filter(|known| known.count > claims.count) {
            return Err(Reason::Shortened(known.count, claims.owner));
        }
        self.heads = fold_head(&self.heads, jws);
        self.chains.push(VerifiedChain { owner: claims.owner, count: claims.count, hash: claims.hash });
        self.open = None;
        Ok(())
    }

    fn must_be_where_it_stands(&self, claims: &Checkpoint) -> Result<(), Reason> {
        let agrees = self.open.as_ref().is_some_and(|chain| {
            claims.owner == chain.owner
                && (claims.first, claims.last, claims.count) == (1, chain.count, chain.count)
                && claims.hash == hash_text(&chain.end)
        });
        if agrees { Ok(()) } else { Err(Reason::Contradicted) }
    }

    fn end(self, jws: &str) -> Result<VerifiedExport, Reason> {
        if self.open.is_some() {
            return Err(Reason::Contradicted);
        }
        let (claims, key_thumbprint) = self.keys.verify::<End>(TokenType::AuditExport, jws)?;
        let counted = (self.chains.len() as u64, self.entries, hash_text(&self.heads));
        if (claims.chains, claims.entries, claims.heads) != counted {
            return Err(Reason::Contradicted);
        }
        // An export of one owner says nothing of the others.
        let is_told =
            |known: &&VerifiedChain| claims.owner.as_ref().is_none_or(|owner| *owner == known.owner);
        let gone = self.earlier.into_values().filter(is_told).min_by_key(|known| &known.owner);
        if let Some(known) = gone {
            return Err(Reason::Shortened(known.count, known.owner.clone()));
        }
        Ok(VerifiedExport {
            chains: self.chains,
            entries: self.entries,
            checkpoints: self.checkpoints,
            checkpoints_unchecked: self.checkpoints_unchecked,
            unsealed: claims.unsealed,
            signed_at: claims.iat,
            key_thumbprint,
        })
    }
}
