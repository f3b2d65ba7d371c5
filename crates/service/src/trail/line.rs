//! The lines of an export, and what of them is hashed and signed.
//!
//! This is the format that others verify, so that every word here is a promise.

use appkeep_domain::{AuditEntry, Owner};
use appkeep_keys::{Jwk, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A link of a chain: SHA-256.
pub(super) type Hash = [u8; 32];

/// One line: an object with one member that says what it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The first line.
    Header(Header),
    Entry(Box<EntryLine>),
    /// A [`Checkpoint`] that was signed when its entry was the last one.
    Checkpoint(String),
    /// A [`Checkpoint`] of the whole chain, which ends with it.
    Head(String),
    /// An [`End`]: the last line.
    End(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) jwks: Keys,
}

/// A JSON Web Key Set (RFC 7517 §5).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    pub(super) keys: Vec<Jwk>,
}

impl Header {
    pub(super) const FORMAT: &str = "appkeep-audit-export";
    pub(super) const VERSION: u32 = 1;
}

/// An entry as texts: those that are hashed are those that are shown.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryLine {
    /// `platform`, or the id of a partner or a tenant.
    pub(super) owner: String,
    pub(super) seq: u64,
    id: String,
    occurred_at: String,
    actor_kind: String,
    actor_id: String,
    action: String,
    application_id: Option<String>,
    /// JSON as it was written, not an object: its bytes are hashed.
    before: Option<String>,
    after: Option<String>,
    request_id: String,
    address: Option<String>,
    /// Sealed bytes in base64url.
    personal: Option<String>,
    /// Whether the key of `personal` is destroyed, as of this export. What the
    /// bytes are is proven, and not what became of their key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
    /// The link, in base64url.
    pub(super) hash: String,
}

impl EntryLine {
    /// The entry at a place of its owner's chain, not linked yet.
    pub(super) fn new(entry: &AuditEntry, seq: u64) -> Self {
        Self {
            owner: owner_text(entry.owner),
            seq,
            id: entry.id.to_string(),
            occurred_at: entry.occurred_at.to_string(),
            actor_kind: entry.actor.kind.as_str().to_owned(),
            actor_id: entry.actor.id.clone(),
            action: entry.action.clone(),
            application_id: entry.application.map(|id| id.to_string()),
            before: entry.before.clone(),
            after: entry.after.clone(),
            request_id: entry.request_id.clone(),
            address: entry.address.clone(),
            personal: entry.personal.as_ref().map(|sealed| URL_SAFE_NO_PAD.encode(sealed)),
            erased: false,
            hash: String::new(),
        }
    }

    /// The link: SHA-256 of the one before, or of 32 zeros, and the fields.
    pub(super) fn link(&self, previous: &Hash) -> Hash {
        let mut bytes = previous.to_vec();
        let seq = self.seq.to_string();
        for field in [
            Some("appkeep-audit-entry-1"),
            Some(&self.owner),
            Some(&seq),
            Some(&self.id),
            Some(&self.occurred_at),
            Some(&self.actor_kind),
            Some(&self.actor_id),
            Some(&self.action),
            self.application_id.as_deref(),
            self.before.as_deref(),
            self.after.as_deref(),
            Some(&self.request_id),
            self.address.as_deref(),
            self.personal.as_deref(),
        ] {
            push_field(&mut bytes, field);
        }
        sha256(&bytes)
    }

    pub(super) fn linked(mut self, hash: &Hash, erased: bool) -> Self {
        self.hash = hash_text(hash);
        self.erased = erased;
        self
    }
}

/// The length in eight bytes, the greatest first, and the text in UTF-8; for a
/// field that is absent eight bytes of 255. So no field runs into the next.
fn push_field(bytes: &mut Vec<u8>, field: Option<&str>) {
    let length = field.map_or(u64::MAX, |text| text.len() as u64);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(field.unwrap_or_default().as_bytes());
}

/// What a checkpoint or a head says, as the claims of a JWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    pub(super) owner: String,
    /// The numbers of the first and the last entry, and how many they are.
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) count: u64,
    /// The link of the last one.
    pub(super) hash: String,
    /// When it was signed, in seconds (RFC 7519 §4.1.6).
    pub(super) iat: i64,
}

/// What the last line says, as the claims of a JWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    /// The one owner whose history was asked for; nothing when all were.
    pub(super) owner: Option<String>,
    pub(super) chains: u64,
    pub(super) entries: u64,
    /// [`fold_head`] over all heads.
    pub(super) heads: String,
    /// How many entries were not sealed yet, and are not in the export.
    pub(super) unsealed: u64,
    pub(super) iat: i64,
}

/// Adds a head to the digest of those before it, which begins as 32 zeros.
pub(super) fn fold_head(digest: &Hash, head: &str) -> Hash {
    sha256(&[digest.as_slice(), &sha256(head.as_bytes())].concat())
}

pub(super) fn hash_text(hash: &Hash) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

pub(super) fn owner_text(owner: Owner) -> String {
    match owner {
        Owner::Global => "platform".to_owned(),
        Owner::Partner(id) => id.to_string(),
        Owner::Tenant(id) => id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{Actor, ActorKind, ApplicationId, AuditEntryId, TenantId, Timestamp};

    use super::*;

    fn entry() -> AuditEntry {
        AuditEntry {
            id: AuditEntryId::from_bytes([1; 16]),
            owner: Owner::Tenant(TenantId::from_bytes([2; 16])),
            occurred_at: Timestamp::from_seconds(1_779_271_200),
            actor: Actor { kind: ActorKind::System, id: "system".to_owned() },
            action: "tenant.updated".to_owned(),
            application: None,
            before: None,
            after: Some("{}".to_owned()),
            request_id: "req".to_owned(),
            address: None,
            personal: None,
        }
    }

    fn link(entry: &AuditEntry) -> Hash {
        EntryLine::new(entry, 1).link(&[0; 32])
    }

    /// Whoever changes this breaks every chain there is.
    #[test]
    fn the_link_of_an_entry_never_changes() {
        assert_eq!(hash_text(&link(&entry())), "y00QpP-hFILwS5rkNvr1pT3SGd4kbC77Gj6prA1utXA");
    }

    #[test]
    fn a_link_depends_on_every_field_the_place_and_the_link_before() {
        let other = |change: fn(&mut AuditEntry)| {
            let mut changed = entry();
            change(&mut changed);
            link(&changed)
        };
        let links = [
            link(&entry()),
            EntryLine::new(&entry(), 2).link(&[0; 32]),
            EntryLine::new(&entry(), 1).link(&[1; 32]),
            other(|entry| entry.id = AuditEntryId::from_bytes([9; 16])),
            other(|entry| entry.owner = Owner::Global),
            other(|entry| entry.occurred_at = Timestamp::from_micros(1)),
            other(|entry| entry.actor.kind = ActorKind::Operator),
            other(|entry| entry.actor.id.push('x')),
            other(|entry| entry.action.push('x')),
            other(|entry| entry.application = Some(ApplicationId::from_bytes([9; 16]))),
            other(|entry| entry.before = Some(String::new())),
            other(|entry| (entry.before, entry.after) = (entry.after.take(), None)),
            other(|entry| entry.after = None),
            other(|entry| entry.request_id.push('x')),
            other(|entry| entry.address = Some("192.0.2.1".to_owned())),
            other(|entry| entry.personal = Some(vec![1])),
        ];
        for (index, link) in links.iter().enumerate() {
            assert_eq!(links.iter().position(|other| other == link), Some(index));
        }
    }

    #[test]
    fn a_line_says_no_more_than_what_is_hashed() {
        let line = Line::Entry(Box::new(EntryLine::new(&entry(), 1).linked(&[0; 32], false)));
        let text = serde_json::to_string(&line).expect("prints");
        assert!(serde_json::from_str::<Line>(&text).is_ok());
        for forged in [
            text.replace("\"seq\":1", "\"seq\":1,\"note\":\"x\""),
            text.replace("\"seq\":1", "\"seq\":1,\"seq\":1"),
            text.replace("\"seq\":1", "\"seq\":\"1\""),
            text.replace('}', ",\"head\":\"x\"}"),
        ] {
            assert!(serde_json::from_str::<Line>(&forged).is_err(), "{forged}");
        }
    }
}
