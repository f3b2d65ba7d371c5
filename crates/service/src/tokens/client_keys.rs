//! The public keys of a client, ready to verify.

use appkeep_keys::{JwkSet, JwsHeader, VerifyingKey};

/// Parsed once, asked at every assertion.
#[derive(Debug)]
pub(super) struct KeySet(Vec<ClientKey>);

#[derive(Debug)]
struct ClientKey {
    key_id: Option<String>,
    key: VerifyingKey,
}

impl KeySet {
    pub(super) fn new(set: &JwkSet) -> Self {
        let keys = set.keys().iter().filter_map(|jwk| {
            let key = VerifyingKey::from_jwk(jwk).ok()?;
            Some(ClientKey { key_id: jwk.key_id().map(str::to_owned), key })
        });
        Self(keys.collect())
    }

    /// The key that a token names, among those that verify its algorithm.
    ///
    /// Where the token or the key has no name, there must be no choice.
    pub(super) fn choose(&self, header: &JwsHeader) -> Option<&VerifyingKey> {
        let suits = |key: &&ClientKey| key.key.algorithms().any(|known| known == header.algorithm());
        let mut suitable = self.0.iter().filter(suits);
        let named =
            header.key_id().and_then(|id| suitable.clone().find(|key| key.key_id.as_deref() == Some(id)));
        let only = || match (suitable.next(), suitable.next()) {
            (Some(only), None) if header.key_id().is_none() || only.key_id.is_none() => Some(only),
            _ => None,
        };
        named.or_else(only).map(|chosen| &chosen.key)
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{SigningAlgorithm, SigningKeyId};
    use appkeep_keys::{Jws, SigningKey, TokenType};

    use super::*;

    fn key(number: u8, algorithm: SigningAlgorithm) -> SigningKey {
        SigningKey::generate(algorithm, SigningKeyId::from_bytes([number; 16]))
    }

    fn set(keys: &[&SigningKey], named: bool) -> KeySet {
        let set: JwkSet = keys.iter().map(|key| key.public_jwk()).collect();
        let mut json: serde_json::Value = serde_json::from_str(&set.to_json()).expect("is JSON");
        for key in json["keys"].as_array_mut().expect("a list") {
            if !named {
                key.as_object_mut().expect("an object").remove("kid");
            }
        }
        KeySet::new(&JwkSet::parse_public(&json.to_string()).expect("are keys"))
    }

    fn verifies(set: &KeySet, signer: &SigningKey) -> bool {
        let token = signer.sign(TokenType::Jwt, b"{}");
        let jws = Jws::parse(&token).expect("parses");
        set.choose(jws.header()).is_some_and(|key| jws.verify(key).is_ok())
    }

    #[test]
    fn a_key_is_chosen_by_its_name_or_because_there_is_no_other() {
        let [first, second] = [1, 2].map(|number| key(number, SigningAlgorithm::EdDsa));
        let other = key(3, SigningAlgorithm::Es256);
        assert!(verifies(&set(&[&first, &second], true), &second), "by its name");
        assert!(!verifies(&set(&[&first], true), &second), "another name is another key");
        assert!(verifies(&set(&[&first, &other], false), &first), "the only one of its algorithm");
        assert!(!verifies(&set(&[&first, &second], false), &first), "a choice of two");
        assert!(!verifies(&set(&[&other], false), &first), "none of its algorithm");
    }

    #[test]
    fn a_token_without_a_name_needs_the_only_key() {
        let [first, second] = [1, 2].map(|number| key(number, SigningAlgorithm::EdDsa));
        // {"alg":"EdDSA"}
        let jws = Jws::parse("eyJhbGciOiJFZERTQSJ9.e30.AQ").expect("parses");
        for named in [true, false] {
            assert!(set(&[&first], named).choose(jws.header()).is_some());
            assert!(set(&[&first, &second], named).choose(jws.header()).is_none());
        }
    }
}
