//! The keys of one issuer, as they stood when they were loaded.

use std::collections::HashMap;
use std::sync::Arc;

use appkeep_domain::{SigningAlgorithm, SigningKeyId, Timestamp};
use appkeep_keys::{DataKey, JwkSet, SigningKey};
use appkeep_storage::SealedSigningKey;

use super::{KeyringError, sealing};

/// Opened and parsed once. When a key is good is asked at every use.
#[derive(Debug, Default)]
pub struct IssuerKeys {
    /// The one that activates first before the others.
    keys: Vec<HeldKey>,
}

#[derive(Debug)]
struct HeldKey {
    key: Arc<SigningKey>,
    activates_at: Timestamp,
    retires_at: Option<Timestamp>,
}

impl IssuerKeys {
    /// The key to sign with: of those active at `now` the newest.
    ///
    /// Where none is active yet it is the first to come: nodes' clocks differ,
    /// and the first key of all may have been made by one that is ahead.
    pub fn signer(&self, algorithm: SigningAlgorithm, now: Timestamp) -> Option<Arc<SigningKey>> {
        let mut usable =
            self.keys.iter().filter(|held| held.key.algorithm() == algorithm && !held.has_retired(now));
        let newest_active = usable.clone().rev().find(|held| held.activates_at <= now);
        newest_active.or_else(|| usable.next()).map(|held| Arc::clone(&held.key))
    }

    /// The key of this `kid`, unless it has retired.
    pub fn key(&self, id: SigningKeyId, now: Timestamp) -> Option<Arc<SigningKey>> {
        let found = self.keys.iter().find(|held| held.key.id() == id && !held.has_retired(now));
        found.map(|held| Arc::clone(&held.key))
    }

    /// What is published: every key that has not retired, also the ones to
    /// come, so that whoever keeps a copy has them in time.
    pub fn jwks(&self, now: Timestamp) -> JwkSet {
        self.keys.iter().filter(|held| !held.has_retired(now)).map(|held| held.key.public_jwk()).collect()
    }

    /// Whether none were ever made.
    pub(crate) const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The algorithms that nothing can be signed with.
    pub(super) fn missing(&self, now: Timestamp) -> Vec<SigningAlgorithm> {
        SigningAlgorithm::ALL.into_iter().filter(|&algorithm| self.signer(algorithm, now).is_none()).collect()
    }

    pub(super) fn open(
        sealed: Vec<SealedSigningKey>,
        data_keys: &HashMap<u32, Arc<DataKey>>,
    ) -> Result<Self, KeyringError> {
        let keys: Result<_, _> = sealed.iter().map(|sealed| HeldKey::open(sealed, data_keys)).collect();
        keys.map(|keys| Self { keys })
    }
}

impl HeldKey {
    fn open(sealed: &SealedSigningKey, data_keys: &HashMap<u32, Arc<DataKey>>) -> Result<Self, KeyringError> {
        let key = Arc::new(sealing::open(sealed, data_keys)?);
        Ok(Self { key, activates_at: sealed.activates_at, retires_at: sealed.retires_at })
    }

    fn has_retired(&self, now: Timestamp) -> bool {
        self.retires_at.is_some_and(|deadline| deadline <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(number: u8, activates_at: i64, retires_at: Option<i64>) -> HeldKey {
        let id = SigningKeyId::from_bytes([number; 16]);
        HeldKey {
            key: Arc::new(SigningKey::generate(SigningAlgorithm::EdDsa, id)),
            activates_at: Timestamp::from_seconds(activates_at),
            retires_at: retires_at.map(Timestamp::from_seconds),
        }
    }

    #[test]
    fn the_newest_active_key_signs_until_it_retires() {
        let keys = IssuerKeys { keys: vec![held(1, 10, Some(40)), held(2, 20, Some(30))] };
        for (second, signer, published) in [
            (9, Some(1), [true, true]),
            (10, Some(1), [true, true]),
            (19, Some(1), [true, true]),
            (20, Some(2), [true, true]),
            (30, Some(1), [true, false]),
            (40, None, [false, false]),
        ] {
            let now = Timestamp::from_seconds(second);
            let found = keys.signer(SigningAlgorithm::EdDsa, now).map(|key| key.id().as_bytes()[0]);
            assert_eq!(found, signer, "at {second}");
            let ids = [1, 2].map(|number| SigningKeyId::from_bytes([number; 16]));
            assert_eq!(ids.map(|id| keys.key(id, now).is_some()), published, "at {second}");
            assert_eq!(
                ids.map(|id| keys.jwks(now).find(&id.to_string()).is_some()),
                published,
                "at {second}"
            );
        }
        let now = Timestamp::from_seconds(20);
        assert_eq!(keys.missing(now), [SigningAlgorithm::Es256, SigningAlgorithm::Rs256]);
    }
}
