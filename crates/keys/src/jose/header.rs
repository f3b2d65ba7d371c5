//! The header of a token, read with suspicion.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{InvalidJws, JwsAlgorithm, TokenType};

/// What a token says about how it is signed. Nothing in it is to be believed
/// before the signature is verified, the choice of a key by `kid` excepted.
///
/// Keys that a header brings along (`jwk`, `jku`, `x5u`, `x5c`) are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwsHeader {
    algorithm: JwsAlgorithm,
    key_id: Option<String>,
    typ: Option<String>,
}

impl JwsHeader {
    pub(super) fn parse(json: &[u8]) -> Result<Self, InvalidJws> {
        let members: Members = serde_json::from_slice(json).map_err(|_| InvalidJws::Header)?;
        if members.has_extension {
            return Err(InvalidJws::Extension);
        }
        let algorithm = JwsAlgorithm::parse(&members.alg).ok_or(InvalidJws::Algorithm)?;
        Ok(Self { algorithm, key_id: members.kid, typ: members.typ })
    }

    pub const fn algorithm(&self) -> JwsAlgorithm {
        self.algorithm
    }

    /// The `kid` of RFC 7515 §4.1.4.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Whether the `typ` is there and names this type.
    pub fn has_type(&self, expected: TokenType) -> bool {
        self.typ.as_deref().is_some_and(|typ| expected.is_meant_by(typ))
    }

    /// The `typ` as written.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }
}

#[derive(Default)]
struct Members {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// `crit` (RFC 7515 §4.1.11) or `b64` (RFC 7797): we know no extension.
    has_extension: bool,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// Reads by hand because a member must stand once, an unknown one too
/// (RFC 7515 §4).
struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "alg" => members.alg = map.next_value()?,
                "kid" => members.kid = Some(map.next_value()?),
                "typ" => members.typ = Some(map.next_value()?),
                other => {
                    members.has_extension |= matches!(other, "crit" | "b64");
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if !seen.insert(name) {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_needed_and_ignores_keys_brought_along() {
        let json = br#"{"alg":"ES256","kid":"k","typ":"at+jwt","jwk":{"kty":"EC"},"jku":"https://evil.example","x5c":[]}"#;
        let header = JwsHeader::parse(json).expect("parses");
        assert_eq!(header.algorithm(), JwsAlgorithm::Es256);
        assert_eq!((header.key_id(), header.typ()), (Some("k"), Some("at+jwt")));
        assert!(header.has_type(TokenType::AccessToken) && !header.has_type(TokenType::Jwt));
        let bare = JwsHeader::parse(br#"{"alg":"EdDSA"}"#).expect("parses");
        assert!(bare.key_id().is_none() && !bare.has_type(TokenType::Jwt));
    }

    #[test]
    fn refuses_what_is_unsafe() {
        for (json, reason) in [
            ("", InvalidJws::Header),
            ("[]", InvalidJws::Header),
            ("\"ES256\"", InvalidJws::Header),
            (r#"{"alg":"ES256"} x"#, InvalidJws::Header),
            (r#"{"alg":5}"#, InvalidJws::Header),
            (r#"{"alg":"ES256","kid":1}"#, InvalidJws::Header),
            (r#"{"alg":"ES256","kid":null}"#, InvalidJws::Header),
            (r#"{"alg":"ES256","alg":"ES256"}"#, InvalidJws::Header),
            (r#"{"alg":"ES256","x":1,"x":2}"#, InvalidJws::Header),
            (r#"{"alg":"ES256","x":1,"\u0078":2}"#, InvalidJws::Header),
            ("{}", InvalidJws::Algorithm),
            (r#"{"alg":"none"}"#, InvalidJws::Algorithm),
            (r#"{"alg":"NONE"}"#, InvalidJws::Algorithm),
            (r#"{"alg":"HS256"}"#, InvalidJws::Algorithm),
            (r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, InvalidJws::Extension),
            (r#"{"alg":"ES256","b64":false}"#, InvalidJws::Extension),
        ] {
            assert_eq!(JwsHeader::parse(json.as_bytes()), Err(reason), "{json}");
        }
    }
}
