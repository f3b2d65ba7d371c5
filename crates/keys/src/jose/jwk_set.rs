//! Sets of public keys.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::jwk::Members;
use super::{InvalidJwk, Jwk};

/// Public keys, as they stand in a `jwks` (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

/// Why a client's keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJwks {
    #[error("not a JSON object with a list named `keys`")]
    Form,
    #[error("the set has no key")]
    Empty,
    #[error("a set has at most {most} keys, this one {0}", most = JwkSet::MAX_KEYS)]
    TooMany(usize),
    #[error("keys[{index}]: {reason}")]
    Key { index: usize, reason: InvalidJwk },
}

impl JwkSet {
    /// Most keys a client may register, or publish.
    pub const MAX_KEYS: usize = 20;

    /// Reads the keys of a client: one fault refuses the whole set, so that
    /// nobody registers a key that would never verify.
    pub fn parse_public(json: &str) -> Result<Self, InvalidJwks> {
        let set: Listed = serde_json::from_str(json).map_err(|_| InvalidJwks::Form)?;
        match set.keys.len() {
            0 => return Err(InvalidJwks::Empty),
            count if count > Self::MAX_KEYS => return Err(InvalidJwks::TooMany(count)),
            _ => {}
        }
        let mut key_ids = HashSet::new();
        let mut keys = Vec::with_capacity(set.keys.len());
        for (index, member) in set.keys.into_iter().enumerate() {
            let key = parse_key(member, &mut key_ids).map_err(|reason| InvalidJwks::Key { index, reason })?;
            keys.push(key);
        }
        Ok(Self { keys })
    }

    /// Reads the keys that a client publishes. Whatever cannot be used here is
    /// skipped, since the same document may serve other purposes (RFC 7517 §5);
    /// a private key is too, for it is known to everybody by now.
    ///
    /// A set without a usable key is a set: the client has withdrawn them all.
    /// Several keys may have one `kid`, as long as their algorithms differ.
    pub fn parse_published(json: &str) -> Result<Self, InvalidJwks> {
        let set: Listed = serde_json::from_str(json).map_err(|_| InvalidJwks::Form)?;
        let listed = set.keys.len();
        let usable = set.keys.into_iter().filter_map(|member| serde_json::from_value(member).ok());
        let keys: Vec<Jwk> = usable.take(Self::MAX_KEYS + 1).collect();
        if keys.len() > Self::MAX_KEYS {
            return Err(InvalidJwks::TooMany(listed));
        }
        Ok(Self { keys })
    }

    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    pub fn find(&self, key_id: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.key_id() == Some(key_id))
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts in a list always print")
    }
}

impl FromIterator<Jwk> for JwkSet {
    fn from_iter<T: IntoIterator<Item = Jwk>>(keys: T) -> Self {
        Self { keys: keys.into_iter().collect() }
    }
}

#[derive(Deserialize)]
struct Listed {
    keys: Vec<Value>,
}

fn parse_key(member: Value, key_ids: &mut HashSet<String>) -> Result<Jwk, InvalidJwk> {
    let members: Members =
        serde_json::from_value(member).map_err(|error| InvalidJwk::Form(error.to_string()))?;
    let key = Jwk::try_from(members)?;
    match key.key_id() {
        Some(key_id) if !key_ids.insert(key_id.to_owned()) => Err(InvalidJwk::DuplicateKeyId),
        _ => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn named(kid: &str) -> String {
        KEY.replace("{\"kty\"", &format!("{{\"kid\":\"{kid}\",\"kty\""))
    }

    fn set(keys: &[String]) -> String {
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    #[test]
    fn a_set_reads_back_as_printed() {
        let parsed = JwkSet::parse_public(&set(&[named("a"), named("b"), KEY.to_owned()])).expect("parses");
        assert_eq!(JwkSet::parse_public(&parsed.to_json()), Ok(parsed.clone()));
        assert_eq!(parsed.keys().len(), 3);
        assert_eq!(parsed.find("b"), Some(&parsed.keys()[1]));
        assert_eq!(parsed.find("c"), None);
        assert_eq!(JwkSet::default().to_json(), r#"{"keys":[]}"#);
    }

    #[test]
    fn the_fault_and_its_place_are_named() {
        let private = KEY.replace("\"x\"", "\"d\":\"AQ\",\"x\"");
        for (json, message) in [
            (String::new(), "not a JSON object with a list named `keys`"),
            ("[]".to_owned(), "not a JSON object with a list named `keys`"),
            (KEY.to_owned(), "not a JSON object with a list named `keys`"),
            (set(&[]), "the set has no key"),
            (set(&vec![KEY.to_owned(); 21]), "a set has at most 20 keys, this one 21"),
            (
                set(&[named("a"), named("b"), named("a")]),
                "keys[2]: another key of the set has the same `kid`",
            ),
            (
                set(&[named("a"), private]),
                "keys[1]: it is a private key; register the public half only, and replace this one",
            ),
            (
                set(&["5".to_owned()]),
                "keys[0]: it is not a JSON Web Key: invalid type: integer `5`, expected an object",
            ),
            (set(&["{}".to_owned()]), "keys[0]: it is not a JSON Web Key: missing field `kty`"),
        ] {
            assert_eq!(JwkSet::parse_public(&json).expect_err(&json).to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(raw in any::<String>(), kty in "EC|RSA|OKP|oct", member in "[A-Za-z0-9_-]{0,90}") {
            let _ = (JwkSet::parse_public(&raw), JwkSet::parse_published(&raw));
            let key = format!(r#"{{"kty":"{kty}","crv":"P-256","x":"{member}","n":"{member}","e":"{member}"}}"#);
            prop_assert!(JwkSet::parse_public(&set(std::slice::from_ref(&key))).is_err());
            prop_assert_eq!(JwkSet::parse_published(&set(&[key])), Ok(JwkSet::default()));
        }
    }

    #[test]
    fn twenty_keys_are_not_too_many() {
        for parse in [JwkSet::parse_public, JwkSet::parse_published] {
            assert!(parse(&set(&vec![KEY.to_owned(); 20])).is_ok());
            assert_eq!(parse(&set(&vec![KEY.to_owned(); 21])), Err(InvalidJwks::TooMany(21)));
        }
    }

    #[test]
    fn what_is_published_and_cannot_be_used_is_skipped() {
        let private = named("private").replace("\"x\"", "\"d\":\"AQ\",\"x\"");
        let encrypts = named("enc").replace("\"x\"", "\"use\":\"enc\",\"x\"");
        let unknown = r#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}"#.to_owned();
        let malformed = KEY.replace("11qY", "");
        for (json, names) in [
            (set(&[]), vec![]),
            (set(&[private, encrypts, unknown, malformed, "5".to_owned(), "{}".to_owned()]), vec![]),
            (set(&["null".to_owned(), named("a"), named("b"), named("a")]), vec!["a", "b", "a"]),
            (format!(r#"{{"keys":[{}],"next":"https://x.example"}}"#, named("a")), vec!["a"]),
        ] {
            let parsed = JwkSet::parse_published(&json).expect(&json);
            assert_eq!(parsed.keys().iter().filter_map(Jwk::key_id).collect::<Vec<_>>(), names, "{json}");
        }
        for json in ["", "[]", "{}", r#"{"keys":{}}"#, KEY] {
            assert_eq!(JwkSet::parse_published(json), Err(InvalidJwks::Form), "{json}");
        }
    }
}
