//! Whether a token is one of ours and still good.

use std::sync::Arc;

use appkeep_domain::{SigningKeyId, Timestamp};
use appkeep_keys::{Jws, TokenType, sha256};

use super::Inner;
use super::access_token::{AccessToken, Claims};
use crate::{Error, IssuerKeys};

/// Tokens whose signature was verified, by the SHA-256 of their text.
///
/// That a signature is right stays true; everything else about a token is
/// asked at every use.
pub(super) struct Verified(quick_cache::sync::Cache<[u8; 32], Arc<AccessToken>>);

impl Default for Verified {
    /// Half a kilobyte each, with few scopes.
    fn default() -> Self {
        const MOST: usize = 32_768;
        Self(quick_cache::sync::Cache::new(MOST))
    }
}

/// Why a token is not good.
#[derive(Debug)]
pub(super) enum Unverified {
    /// It is none of ours, or no longer good; for the log.
    Worthless(&'static str),
    /// We could not find out.
    Failed(Error),
}

impl From<Error> for Unverified {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Inner {
    /// The token, if it is good at this moment.
    pub(super) async fn verify(&self, token: &str) -> Result<Arc<AccessToken>, Unverified> {
        let now = self.now();
        let token = self.verify_signature(token, now).await?;
        if token.expires_at() <= now {
            return Err(Unverified::Worthless("it has expired"));
        }
        if self.clients.find(token.application, now).await?.is_none() {
            return Err(Unverified::Worthless("its application is gone"));
        }
        if self.revocations.concern(&token.issued(), now).await? {
            return Err(Unverified::Worthless("it was revoked"));
        }
        Ok(token)
    }

    async fn verify_signature(&self, token: &str, now: Timestamp) -> Result<Arc<AccessToken>, Unverified> {
        let digest = sha256(token.as_bytes());
        let known = self.verified.0.get(&digest);
        let keys = self.signing_keys().await?;
        if let Some(known) = known {
            return match keys.key(known.key, now) {
                Some(_) => Ok(known),
                None => Err(Unverified::Worthless("its key is no longer published")),
            };
        }
        let read = Arc::new(self.read(token, &keys, now).map_err(Unverified::Worthless)?);
        self.verified.0.insert(digest, Arc::clone(&read));
        Ok(read)
    }

    fn read(&self, token: &str, keys: &IssuerKeys, now: Timestamp) -> Result<AccessToken, &'static str> {
        let jws = Jws::parse(token).map_err(|_| "it is no token")?;
        if !jws.header().has_type(TokenType::AccessToken) {
            return Err("it is no access token");
        }
        let id =
            jws.header().key_id().and_then(|id| SigningKeyId::parse(id).ok()).ok_or("it names no key")?;
        let key = keys.key(id, now).ok_or("it names no key that is published")?;
        key.verify_own(&jws).map_err(|_| "its signature is wrong")?;
        let claims: Claims = serde_json::from_slice(jws.payload()).map_err(|_| "it lacks a claim")?;
        if claims.iss != self.address.issuer() || claims.tenant_id != self.address.tenant.to_string() {
            return Err("another issued it");
        }
        AccessToken::new(id, claims).ok_or("a claim of it is malformed")
    }
}
