//! A provider's ID token (OpenID Connect Core 1.0 §3.1.3.7): who somebody is,
//! signed.

use appkeep_domain::{Lifetime, Timestamp};
use appkeep_keys::{Jws, JwsAlgorithm, sha256, sha384, sha512};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Number, Value};

use super::preset::OpenId;
use crate::tokens::assertion::{Audience, moment};
use crate::tokens::client_keys::KeySet;

/// How far two clocks may be apart.
const LEEWAY: Lifetime = Lifetime::from_seconds(30);

/// What is looked at of it.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    pub(super) sub: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: Number,
    iat: Number,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    at_hash: Option<String>,
    /// The tenant, with Microsoft.
    #[serde(default)]
    pub(super) tid: Option<String>,
    /// Whether the domain of the address is proved, with Microsoft.
    #[serde(default)]
    xms_edov: Option<Value>,
    #[serde(flatten)]
    pub(super) personal: Personal,
}

/// What is told of the person (§5.1).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Personal {
    pub(super) email: Option<String>,
    email_verified: Option<Value>,
    pub(super) name: Option<String>,
}

/// What a token has to be to be meant for us.
pub(super) struct Expected<'a> {
    pub(super) openid: &'a OpenId<'a>,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// That came beside it.
    pub(super) access_token: Option<&'a str>,
}

impl Claims {
    /// The claims of a token that one of these keys signed, for us and now.
    pub(super) fn verified(
        jws: &Jws<'_>,
        keys: &KeySet,
        (expected, now): (&Expected<'_>, Timestamp),
    ) -> Result<Self, &'static str> {
        let key = keys.choose(jws.header()).ok_or("names no key that the provider has")?;
        jws.verify(key).map_err(|_| "does not verify")?;
        let claims: Self = serde_json::from_slice(jws.payload()).map_err(|_| "lacks what it has to say")?;
        claims.check(expected, jws.header().algorithm(), now)?;
        Ok(claims)
    }

    fn check(
        &self,
        expected: &Expected<'_>,
        algorithm: JwsAlgorithm,
        now: Timestamp,
    ) -> Result<(), &'static str> {
        if !expected.openid.is_issued_by(&self.iss, self.tid.as_deref()) {
            return Err("is of another issuer");
        }
        if !self.aud.all().iter().any(|audience| audience == expected.client_id) {
            return Err("is for somebody else");
        }
        let is_for_several = self.aud.all().len() > 1;
        if self.azp.as_deref().map_or(is_for_several, |party| party != expected.client_id) {
            return Err("was given to somebody else");
        }
        if moment(&self.exp).plus(LEEWAY) <= now {
            return Err("has expired");
        }
        if now.plus(LEEWAY) < moment(&self.iat) {
            return Err("was issued in the future");
        }
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err("answers another request");
        }
        let hash = expected.access_token.map(|token| at_hash(algorithm, token));
        if self.at_hash.is_some() && hash.is_some() && self.at_hash != hash {
            return Err("came with the access token of another");
        }
        Ok(())
    }

    /// Whether the provider proved the address, and does not only say so.
    pub(super) fn proves_address(&self, openid: &OpenId<'_>, personal: &Personal) -> bool {
        let said = if openid.proves_by_email_verified() { &personal.email_verified } else { &self.xms_edov };
        said.as_ref().is_some_and(is_true)
    }
}

/// Some write a boolean as a text, or as a number.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(is_true) => *is_true,
        Value::String(text) => matches!(text.as_str(), "true" | "1"),
        Value::Number(number) => number.as_i64() == Some(1),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// The left half of the access token's digest, which is that of the signature
/// (§3.1.3.6); Ed25519 signs SHA-512.
fn at_hash(algorithm: JwsAlgorithm, access_token: &str) -> String {
    let token = access_token.as_bytes();
    match algorithm {
        JwsAlgorithm::Es256 | JwsAlgorithm::Rs256 | JwsAlgorithm::Ps256 => {
            URL_SAFE_NO_PAD.encode(&sha256(token)[..16])
        }
        JwsAlgorithm::Es384 => URL_SAFE_NO_PAD.encode(&sha384(token)[..24]),
        JwsAlgorithm::EdDsa => URL_SAFE_NO_PAD.encode(&sha512(token)[..32]),
    }
}
