//! Keys take turns: a new one is published, then signs, and those before it
//! verify until the last token that they signed has expired.

use appkeep_domain::{
    Actor, ActorKind, AuditEntry, AuditEntryId, Issuer, Lifetime, OauthFacet, Owner, RequestId,
    SigningAlgorithm, SigningKeyId, Timestamp, Within,
};
use appkeep_storage::{SealedSigningKey, StorageError, WriteTx};
use serde_json::json;

use super::{FreshKeys, Keyring, KeyringError, sealing};

/// When keys take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationSchedule {
    /// How long a key signs; nothing where only an operator has keys replaced.
    pub every: Option<Lifetime>,
    /// How long a key is published before it signs. Longer than others keep
    /// the published keys.
    pub publication_delay: Lifetime,
}

/// How a new key takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takeover {
    /// It signs after this span. What the keys before it signed stays good for
    /// as long as it would have been.
    After(Lifetime),
    /// It signs at once, and what the keys before it signed is refused from
    /// now on: for keys that somebody else may have.
    AtOnce,
}

/// A key that was made to take over from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotatedKey {
    pub issuer: Issuer,
    pub id: SigningKeyId,
    pub algorithm: SigningAlgorithm,
    pub activates_at: Timestamp,
    /// What it takes over from, and until when tokens of theirs are accepted.
    pub replaced: Vec<SigningKeyId>,
    pub replaced_until: Timestamp,
}

/// The longest that a token lives which was signed at the last moment, and an
/// hour for clocks that differ.
const VERIFIES_FOR: Lifetime =
    Lifetime::from_seconds(OauthFacet::MAX_ACCESS_TOKEN_TTL.as_seconds() + 60 * 60);

/// How long a key that nobody uses is still listed.
const RETIRED_KEPT: Lifetime = Lifetime::from_days(1);

impl Keyring {
    /// Makes a key for the algorithm that takes over from those there are.
    pub async fn rotate(
        &self,
        issuer: Issuer,
        algorithm: SigningAlgorithm,
        takeover: Takeover,
    ) -> Result<RotatedKey, KeyringError> {
        let turn = self.turn(issuer, algorithm, takeover).await?;
        let rotated = self.take(turn, None).await?;
        Ok(rotated.expect("nothing was waited for"))
    }

    /// Rotates the keys of every issuer that have signed for as long as they
    /// may. Of several nodes that do so at once, one does it.
    pub async fn rotate_due(&self, schedule: RotationSchedule) -> Result<Vec<RotatedKey>, KeyringError> {
        let Some(every) = schedule.every else { return Ok(Vec::new()) };
        let due_since = self.chance.clock.now().minus(every);
        let mut rotated = Vec::new();
        for (issuer, algorithm) in self.due(due_since).await? {
            let turn = self.turn(issuer, algorithm, Takeover::After(schedule.publication_delay)).await?;
            rotated.extend(self.take(turn, Some(due_since)).await?);
        }
        Ok(rotated)
    }

    /// Destroys the private halves of keys that retired a day ago, and says how
    /// many there were. Their public halves stay, for the audit trail.
    pub async fn destroy_retired(&self) -> Result<u64, KeyringError> {
        let before = self.chance.clock.now().minus(RETIRED_KEPT);
        let destroy = async move |tx: &mut WriteTx| -> Result<u64, StorageError> {
            tx.destroy_retired_signing_keys(Within::Platform, before).await
        };
        Ok(self.store.background().write(destroy).await?)
    }

    async fn due(&self, since: Timestamp) -> Result<Vec<(Issuer, SigningAlgorithm)>, KeyringError> {
        let mut tx = self.store.background().read().await?;
        let mut due = Vec::new();
        for issuer in tx.issuers(Within::Platform).await? {
            let keys = tx.signing_keys(Within::Platform, issuer).await?;
            let is_due = |algorithm: &SigningAlgorithm| is_due(&keys, *algorithm, since);
            due.extend(SigningAlgorithm::ALL.into_iter().filter(is_due).map(|algorithm| (issuer, algorithm)));
        }
        Ok(due)
    }

    async fn turn(
        &self,
        issuer: Issuer,
        algorithm: SigningAlgorithm,
        takeover: Takeover,
    ) -> Result<Turn, KeyringError> {
        let now = self.chance.clock.now();
        let fresh = self.generate(issuer, vec![algorithm], now).await?;
        let (clock, entropy) = (&*self.chance.clock, &*self.chance.entropy);
        let (entry, request_id) =
            (self.chance.ids.make(clock, entropy), self.chance.ids.make(clock, entropy));
        Ok(Turn { fresh, algorithm, takeover, entry, request_id })
    }

    async fn take(
        &self,
        turn: Turn,
        due_since: Option<Timestamp>,
    ) -> Result<Option<RotatedKey>, KeyringError> {
        let issuer = turn.fresh.issuer;
        let rotated = self.store.write(async move |tx: &mut WriteTx| turn.take(tx, due_since).await).await?;
        if let Some(rotated) = &rotated {
            self.held.forget(issuer);
            tracing::info!(
                key.id = %rotated.id,
                algorithm = rotated.algorithm.as_str(),
                activates_at = %rotated.activates_at,
                "a signing key was rotated; `{}` signs from {} on",
                rotated.id,
                rotated.activates_at,
            );
        }
        Ok(rotated)
    }
}

/// Whether the key that signs, or is about to, activated at `since` or before.
/// Where there is none, one is made for another reason.
fn is_due(keys: &[SealedSigningKey], algorithm: SigningAlgorithm, since: Timestamp) -> bool {
    let newest = keys.iter().rev().find(|key| key.algorithm == algorithm && key.retires_at.is_none());
    newest.is_some_and(|newest| newest.activates_at <= since)
}

/// One key, made before the transaction in which it takes over.
struct Turn {
    fresh: FreshKeys,
    algorithm: SigningAlgorithm,
    takeover: Takeover,
    entry: AuditEntryId,
    request_id: RequestId,
}

impl Turn {
    /// Nothing when the keys are no longer due: another node was quicker.
    async fn take(
        &self,
        tx: &mut WriteTx,
        due_since: Option<Timestamp>,
    ) -> Result<Option<RotatedKey>, KeyringError> {
        let issuer = self.fresh.issuer;
        let mut present = tx.signing_keys(Within::Platform, issuer).await?;
        if due_since.is_some_and(|since| !is_due(&present, self.algorithm, since)) {
            return Ok(None);
        }
        present.retain(|key| key.algorithm == self.algorithm);
        let rotated = self.rotated(&present);
        let (version, opened) = self.fresh.newest_data_key(tx).await?;
        let data_key = opened.as_deref().unwrap_or(&self.fresh.data_key);
        let sealed = sealing::seal(issuer, self.key(), (version, data_key), self.fresh.now)?;
        let sealed = SealedSigningKey { activates_at: rotated.activates_at, ..sealed };
        tx.insert_signing_key(Within::Platform, &sealed).await?;
        for &replaced in &rotated.replaced {
            tx.retire_signing_key(Within::Platform, (issuer, replaced), rotated.replaced_until).await?;
        }
        tx.insert_audit_entry(Within::Platform, &self.entry(&rotated)).await?;
        Ok(Some(rotated))
    }

    /// What is to become of the keys that are there.
    ///
    /// A key does not activate before one that was made earlier, or that one
    /// would sign again after it, for longer than it verifies.
    fn rotated(&self, present: &[SealedSigningKey]) -> RotatedKey {
        let now = self.fresh.now;
        let newest = present.iter().map(|key| key.activates_at).max().unwrap_or(now);
        let (activates_at, replaced_until) = match self.takeover {
            Takeover::After(delay) => {
                let activates_at = now.plus(delay).max(newest);
                (activates_at, activates_at.plus(VERIFIES_FOR))
            }
            Takeover::AtOnce => (now, now),
        };
        let ends_later = |key: &&SealedSigningKey| key.retires_at.is_none_or(|at| at > replaced_until);
        RotatedKey {
            issuer: self.fresh.issuer,
            id: self.key().id(),
            algorithm: self.algorithm,
            activates_at,
            replaced: present.iter().filter(ends_later).map(|key| key.id).collect(),
            replaced_until,
        }
    }

    fn key(&self) -> &appkeep_keys::SigningKey {
        &self.fresh.signing_keys[0]
    }

    fn entry(&self, rotated: &RotatedKey) -> AuditEntry {
        let replaced: Vec<_> = rotated.replaced.iter().map(ToString::to_string).collect();
        let until = rotated.replaced_until.to_string();
        let after = json!({
            "kid": rotated.id.to_string(),
            "alg": rotated.algorithm.as_str(),
            "activates_at": rotated.activates_at.to_string(),
        });
        AuditEntry {
            id: self.entry,
            owner: owner(rotated.issuer),
            occurred_at: self.entry.made_at(),
            actor: Actor { kind: ActorKind::System, id: "system".to_owned() },
            action: "signing_key.rotated".to_owned(),
            application: None,
            before: Some(json!({ "kids": replaced, "verified_until": until }).to_string()),
            personal: None,
            after: Some(after.to_string()),
            request_id: self.request_id.to_string(),
            address: None,
        }
    }
}

fn owner(issuer: Issuer) -> Owner {
    match issuer {
        Issuer::Platform => Owner::Global,
        Issuer::Tenant(tenant) => Owner::Tenant(tenant),
    }
}
