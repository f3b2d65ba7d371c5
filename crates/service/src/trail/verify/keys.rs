//! Which keys an export's signatures may be by.

use appkeep_keys::{Jwk, JwkSet, Jws, TokenType, VerifyingKey};
use serde::de::DeserializeOwned;

use super::Reason;

/// Where the belief in a key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// From the export itself: it is consistent, by whoever it is.
    Carried,
    /// Those it carries that have one of these RFC 7638 thumbprints.
    Thumbprints(Vec<String>),
    /// These, whatever it carries.
    Keys(JwkSet),
}

/// The keys that count.
pub(in crate::trail) struct Keyset<'a> {
    keys: Vec<Jwk>,
    trust: &'a Trust,
}

impl<'a> Keyset<'a> {
    pub(in crate::trail) fn new(carried: Vec<Jwk>, trust: &'a Trust) -> Self {
        let keys = match trust {
            Trust::Carried => carried,
            Trust::Thumbprints(known) => {
                carried.into_iter().filter(|key| known.contains(&key.thumbprint())).collect()
            }
            Trust::Keys(set) => set.keys().to_vec(),
        };
        Self { keys, trust }
    }

    /// Whether some of the keys it carries may not count.
    pub(super) const fn is_narrowed(&self) -> bool {
        !matches!(self.trust, Trust::Carried)
    }

    /// What a signature of this type signs, and the thumbprint of its key.
    pub(in crate::trail) fn verify<T: DeserializeOwned>(
        &self,
        typ: TokenType,
        jws: &str,
    ) -> Result<(T, String), Reason> {
        let jws = Jws::parse(jws).map_err(|error| Reason::Malformed(error.to_string()))?;
        let mut named = self.keys.iter().filter(|key| key.key_id() == jws.header().key_id()).peekable();
        if named.peek().is_none() {
            return Err(Reason::UnknownKey);
        }
        let signed_by =
            named.find(|key| VerifyingKey::from_jwk(key).is_ok_and(|key| jws.verify(&key).is_ok()));
        let key = signed_by.filter(|_| jws.header().has_type(typ)).ok_or(Reason::Signature)?;
        let claims =
            serde_json::from_slice(jws.payload()).map_err(|error| Reason::Malformed(error.to_string()))?;
        Ok((claims, key.thumbprint()))
    }
}
