//! ID tokens (OIDC Core §2): who signed in, for the application.

use std::sync::Arc;

use appkeep_domain::{AuthMethod, Grant, SigningAlgorithm, SigningKeyId, User};
use appkeep_keys::{Jws, SigningKey, TokenType, sha256, sha512};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::Inner;
use super::access_token::Claims;
use super::authenticate::AuthenticatedClient;
use super::issue::IssuedToken;
use super::userinfo::PersonalClaims;
use crate::Error;

/// The scope that makes a request one of OpenID Connect.
pub(super) const OPENID: &str = "openid";

/// How sure we are of who it is: a password, and nothing else, is the first
/// level of ISO/IEC 29115.
pub(super) const ACR: &str = "1";

/// The claims, as they stand in the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct IdTokenClaims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    acr: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    amr: Vec<&'static str>,
    sid: String,
    /// Binds the access token to it (§3.1.3.6).
    at_hash: String,
    #[serde(flatten)]
    personal: PersonalClaims,
}

impl IdTokenClaims {
    /// As old and as long-lived as the access token beside it.
    pub(super) fn new(
        access: &Claims,
        (grant, user, issued): (&Grant, &User, &IssuedToken),
        nonce: Option<String>,
    ) -> Self {
        Self {
            iss: access.iss.clone(),
            sub: access.sub.clone(),
            aud: access.client_id.clone(),
            exp: access.exp,
            iat: access.iat,
            auth_time: grant.authenticated_at.as_seconds(),
            nonce,
            acr: ACR,
            amr: grant.methods.iter().map(|method| AuthMethod::as_str(*method)).collect(),
            sid: grant.session.to_string(),
            at_hash: String::new(),
            personal: PersonalClaims::of(user, &issued.scope),
        }
    }
}

/// What an ID token of ours says to us, when a client hands it back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct IdTokenHint {
    iss: String,
    pub(super) sub: String,
    pub(super) aud: String,
    pub(super) sid: String,
}

/// As the application wants it; RS256 where it says nothing, because that is
/// what every relying party can verify (OIDC Core §15.1).
pub(super) fn algorithm(client: &AuthenticatedClient) -> SigningAlgorithm {
    client.client.id_token_signing_alg.unwrap_or(SigningAlgorithm::Rs256)
}

pub(super) fn sign(
    (algorithm, key): &(SigningAlgorithm, Arc<SigningKey>),
    claims: IdTokenClaims,
    access_token: &str,
) -> String {
    let claims = IdTokenClaims { at_hash: at_hash(*algorithm, access_token), ..claims };
    let json = serde_json::to_vec(&claims).expect("texts and numbers always print");
    key.sign(TokenType::Jwt, &json)
}

impl Inner {
    /// Nothing when it is none of ours. That it has expired does not matter
    /// (OpenID Connect RP-Initiated Logout §4).
    pub(super) async fn read_id_token(&self, hint: &str) -> Result<Option<IdTokenHint>, Error> {
        let keys = self.signing_keys().await?;
        let Ok(jws) = Jws::parse(hint) else { return Ok(None) };
        let id = jws.header().key_id().and_then(|id| SigningKeyId::parse(id).ok());
        let key = id.and_then(|id| keys.key(id, self.now()));
        let is_ours = key.is_some_and(|key| key.verify_own(&jws).is_ok());
        if !is_ours || !jws.header().has_type(TokenType::Jwt) {
            return Ok(None);
        }
        let hint: Option<IdTokenHint> = serde_json::from_slice(jws.payload()).ok();
        Ok(hint.filter(|hint| hint.iss == self.address.issuer()))
    }
}

/// The left half of the access token's digest, which is that of the signature
/// (OIDC Core §3.1.3.6); Ed25519 signs SHA-512.
fn at_hash(algorithm: SigningAlgorithm, access_token: &str) -> String {
    match algorithm {
        SigningAlgorithm::Es256 | SigningAlgorithm::Rs256 => {
            URL_SAFE_NO_PAD.encode(&sha256(access_token.as_bytes())[..16])
        }
        SigningAlgorithm::EdDsa => URL_SAFE_NO_PAD.encode(&sha512(access_token.as_bytes())[..32]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OIDC Core Appendix A.3.
    #[test]
    fn the_hash_is_the_standards() {
        let access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(SigningAlgorithm::Rs256, access_token), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(at_hash(SigningAlgorithm::EdDsa, access_token).len(), 43);
    }
}
