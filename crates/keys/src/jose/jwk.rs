//! Public keys as JSON: what clients register and what we publish.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{JwsAlgorithm, VerifyingKey};
use crate::rsa::{self, RsaPublicKey};

/// A public key that verifies signatures, as JSON (RFC 7517 §4).
///
/// One that exists is sound: its point is on its curve, its RSA modulus is
/// long enough, and its `alg`, where it has one, is one the key can have.
/// Members we know nothing of are dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Members", into = "Members")]
pub struct Jwk {
    key: PublicKey,
    key_id: Option<String>,
    algorithm: Option<JwsAlgorithm>,
    says_use: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    P256 { x: Vec<u8>, y: Vec<u8> },
    P384 { x: Vec<u8>, y: Vec<u8> },
    Ed25519 { x: Vec<u8> },
    Rsa(RsaPublicKey),
}

/// Why a key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJwk {
    #[error("it is not a JSON Web Key: {0}")]
    Form(String),
    #[error("it is a private key; register the public half only, and replace this one")]
    Private,
    #[error("it is a symmetric key; only public keys can be registered")]
    Symmetric,
    #[error("`kty` must be EC, RSA or OKP")]
    KeyType,
    #[error("`crv` must be P-256 or P-384 for EC, Ed25519 for OKP")]
    Curve,
    #[error("`alg` must be one that the key can have: ES256, ES384, RS256, PS256 or EdDSA")]
    Algorithm,
    #[error("`use` must be `sig`")]
    Use,
    #[error("`{0}` is missing or malformed")]
    Member(&'static str),
    #[error("its point is not on its curve")]
    NoSuchPoint,
    #[error("an RSA key has at least {least} bits, this one {0}", least = rsa::MIN_BITS)]
    WeakRsa(usize),
    #[error("an RSA key has at most {most} bits, this one {0}", most = rsa::MAX_BITS)]
    HugeRsa(usize),
    #[error("another key of the set has the same `kid`")]
    DuplicateKeyId,
}

impl Jwk {
    /// The `kid` of RFC 7517 §4.5.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The SHA-256 thumbprint of RFC 7638 in base64url.
    pub fn thumbprint(&self) -> String {
        let members = Members::of(&self.key);
        // The required members in the order of their names, and nothing else;
        // none of the values holds a character that JSON escapes.
        let text = |value: Option<String>| value.unwrap_or_default();
        let canonical = match self.key {
            PublicKey::Rsa(_) => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(members.e), text(members.n))
            }
            PublicKey::Ed25519 { .. } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(members.x))
            }
            PublicKey::P256 { .. } | PublicKey::P384 { .. } => {
                let (crv, x, y) = (text(members.crv), text(members.x), text(members.y));
                format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
        };
        URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
    }

    /// The public half of a signing key.
    pub(super) fn signing(key: PublicKey, key_id: String, algorithm: JwsAlgorithm) -> Self {
        Self { key, key_id: Some(key_id), algorithm: Some(algorithm), says_use: true }
    }

    pub(super) const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// What the key may verify: what it says, or all that it can.
    pub(super) fn algorithms(&self) -> &'static [JwsAlgorithm] {
        match self.algorithm {
            Some(JwsAlgorithm::Rs256) => &[JwsAlgorithm::Rs256],
            Some(JwsAlgorithm::Ps256) => &[JwsAlgorithm::Ps256],
            _ => self.key.algorithms(),
        }
    }
}

impl PublicKey {
    const fn algorithms(&self) -> &'static [JwsAlgorithm] {
        match self {
            Self::P256 { .. } => &[JwsAlgorithm::Es256],
            Self::P384 { .. } => &[JwsAlgorithm::Es384],
            Self::Ed25519 { .. } => &[JwsAlgorithm::EdDsa],
            Self::Rsa(_) => &[JwsAlgorithm::Rs256, JwsAlgorithm::Ps256],
        }
    }
}

/// The members of RFC 7518 §6 and RFC 8037 §2 as they stand in JSON. Of the
/// private ones only whether they are there is read.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Members {
    kty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(default, skip_serializing)]
    k: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
    d: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
    p: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
    q: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
    dp: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
    dq: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
    qi: Option<IgnoredAny>,
    #[serde(default, skip_serializing)]
    oth: Option<IgnoredAny>,
}

impl Members {
    fn of(key: &PublicKey) -> Self {
        let encode = |bytes: &[u8]| Some(URL_SAFE_NO_PAD.encode(bytes));
        let on =
            |kty: &str, crv: &str| Self { kty: kty.to_owned(), crv: Some(crv.to_owned()), ..Self::default() };
        match key {
            PublicKey::P256 { x, y } => Self { x: encode(x), y: encode(y), ..on("EC", "P-256") },
            PublicKey::P384 { x, y } => Self { x: encode(x), y: encode(y), ..on("EC", "P-384") },
            PublicKey::Ed25519 { x } => Self { x: encode(x), ..on("OKP", "Ed25519") },
            PublicKey::Rsa(key) => Self {
                kty: "RSA".to_owned(),
                n: encode(&key.modulus),
                e: encode(&key.exponent),
                ..Self::default()
            },
        }
    }

    fn refuse_secrets(&self) -> Result<(), InvalidJwk> {
        if self.kty == "oct" || self.k.is_some() {
            return Err(InvalidJwk::Symmetric);
        }
        let private = [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth];
        if private.iter().any(|member| member.is_some()) { Err(InvalidJwk::Private) } else { Ok(()) }
    }

    fn key(&self) -> Result<PublicKey, InvalidJwk> {
        let (x, y) = (self.x.as_deref(), self.y.as_deref());
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some("P-256")) => Ok(PublicKey::P256 { x: sized("x", x, 32)?, y: sized("y", y, 32)? }),
            ("EC", Some("P-384")) => Ok(PublicKey::P384 { x: sized("x", x, 48)?, y: sized("y", y, 48)? }),
            ("OKP", Some("Ed25519")) => Ok(PublicKey::Ed25519 { x: sized("x", x, 32)? }),
            ("EC" | "OKP", _) => Err(InvalidJwk::Curve),
            ("RSA", _) => {
                let (modulus, exponent) = (bytes("n", self.n.as_deref())?, bytes("e", self.e.as_deref())?);
                rsa_key(&modulus, &exponent).map(PublicKey::Rsa)
            }
            _ => Err(InvalidJwk::KeyType),
        }
    }

    fn algorithm(&self, key: &PublicKey) -> Result<Option<JwsAlgorithm>, InvalidJwk> {
        let Some(alg) = &self.alg else {
            return Ok(None);
        };
        let algorithm = JwsAlgorithm::parse(alg).filter(|known| key.algorithms().contains(known));
        algorithm.map(Some).ok_or(InvalidJwk::Algorithm)
    }
}

impl TryFrom<Members> for Jwk {
    type Error = InvalidJwk;

    fn try_from(members: Members) -> Result<Self, InvalidJwk> {
        members.refuse_secrets()?;
        if members.usage.as_ref().is_some_and(|usage| usage != "sig") {
            return Err(InvalidJwk::Use);
        }
        let key = members.key()?;
        let algorithm = members.algorithm(&key)?;
        let jwk = Self { key, key_id: members.kid, algorithm, says_use: members.usage.is_some() };
        VerifyingKey::from_jwk(&jwk)?;
        Ok(jwk)
    }
}

impl From<Jwk> for Members {
    fn from(jwk: Jwk) -> Self {
        Self {
            kid: jwk.key_id,
            alg: jwk.algorithm.map(|algorithm| algorithm.as_str().to_owned()),
            usage: jwk.says_use.then(|| "sig".to_owned()),
            ..Self::of(&jwk.key)
        }
    }
}

fn bytes(name: &'static str, value: Option<&str>) -> Result<Vec<u8>, InvalidJwk> {
    let decoded = value.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    decoded.ok_or(InvalidJwk::Member(name))
}

/// A coordinate has the full length of its curve (RFC 7518 §6.2.1.2).
fn sized(name: &'static str, value: Option<&str>, length: usize) -> Result<Vec<u8>, InvalidJwk> {
    bytes(name, value)
        .and_then(|bytes| (bytes.len() == length).then_some(bytes).ok_or(InvalidJwk::Member(name)))
}

fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Result<RsaPublicKey, InvalidJwk> {
    let key = RsaPublicKey::new(modulus, exponent);
    match key.bits() {
        weak if weak < rsa::MIN_BITS => Err(InvalidJwk::WeakRsa(weak)),
        huge if huge > rsa::MAX_BITS => Err(InvalidJwk::HugeRsa(huge)),
        _ if !key.has_sound_exponent() => Err(InvalidJwk::Member("e")),
        _ => Ok(key),
    }
}

#[cfg(test)]
mod tests;
