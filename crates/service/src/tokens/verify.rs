//! Whether a token is one of ours and still good.

use std::sync::Arc;

use appkeep_domain::{Entropy, ServiceAccount, SigningKeyId, Timestamp};
use appkeep_keys::{Jws, KeyedDigest, TokenType};
use serde::Deserialize;

use super::Inner;
use super::access_token::{AccessToken, Claims};
use super::clients::Client;
use crate::{Error, IssuerKeys};

/// Tokens whose signature was verified, by a digest of their text that nobody
/// outside this process can compute.
///
/// That a signature is right stays true; everything else about a token is
/// asked at every use.
pub(super) struct Verified {
    tokens: quick_cache::sync::Cache<u128, Arc<AccessToken>>,
    digest: KeyedDigest,
}

impl Verified {
    /// Half a kilobyte each, with few scopes.
    const MOST: usize = 32_768;

    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        Self { tokens: quick_cache::sync::Cache::new(Self::MOST), digest: KeyedDigest::new(entropy) }
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

/// A token that is good, and whose it is.
pub(super) struct Good {
    pub(super) token: Arc<AccessToken>,
    pub(super) client: Arc<Client>,
}

/// A token that is good, and who holds it.
pub(super) enum Held {
    ByClient(Good),
    ByAccount(Arc<AccessToken>, Arc<ServiceAccount>),
}

/// What is looked at, and what it was found to be before.
struct Presented<'a> {
    text: &'a str,
    digest: u128,
    known: Option<Arc<AccessToken>>,
}

/// Of all claims the one that says whose keys to verify with.
#[derive(Deserialize)]
struct Named {
    iss: String,
}

impl Inner {
    /// The token, if it was issued here and is good at this moment.
    pub(super) async fn verify(&self, token: &str) -> Result<Good, Unverified> {
        self.judge(self.look_at(token)).await
    }

    /// A token of any issuer of ours, which that is, and who holds it: an
    /// application, or a service account.
    pub(super) async fn verify_holder(&self, token: &str) -> Result<(Self, Held), Unverified> {
        let (issuer, presented) = self.find_issuer(token).await?;
        let token = issuer.still_good(presented).await?;
        let held = issuer.held(token).await?;
        Ok((issuer, held))
    }

    /// The token, if it was issued here and is good at this moment, and who
    /// holds it.
    pub(super) async fn verify_held(&self, token: &str) -> Result<Held, Unverified> {
        let token = self.still_good(self.look_at(token)).await?;
        self.held(token).await
    }

    async fn held(&self, token: Arc<AccessToken>) -> Result<Held, Unverified> {
        let Some(id) = token.service_account else {
            return Ok(Held::ByClient(self.with_client(token).await?));
        };
        let account = self.service_account(id).await?.filter(|account| account.archived_at.is_none());
        let account = account.ok_or(Unverified::Worthless("its service account is gone, or archived"))?;
        Ok(Held::ByAccount(token, account))
    }

    /// Whose a token is, whatever it is worth.
    pub(super) async fn issuer_of_token(&self, token: &str) -> Result<Self, Unverified> {
        Ok(self.find_issuer(token).await?.0)
    }

    async fn find_issuer<'a>(&self, token: &'a str) -> Result<(Self, Presented<'a>), Unverified> {
        let presented = self.look_at(token);
        let issuer = match &presented.known {
            Some(known) if self.is_there(&known.issuer).await? => Some(self.with(Arc::clone(&known.issuer))),
            Some(_) => None,
            None => self.named(&named_issuer(token).map_err(Unverified::Worthless)?).await?,
        };
        Ok((issuer.ok_or(Unverified::Worthless("no issuer of ours issued it"))?, presented))
    }

    fn look_at<'a>(&self, text: &'a str) -> Presented<'a> {
        let digest = self.verified.digest.of(text.as_bytes());
        Presented { text, digest, known: self.verified.tokens.get(&digest) }
    }

    async fn judge(&self, presented: Presented<'_>) -> Result<Good, Unverified> {
        let token = self.still_good(presented).await?;
        self.with_client(token).await
    }

    async fn still_good(&self, presented: Presented<'_>) -> Result<Arc<AccessToken>, Unverified> {
        let now = self.now();
        let token = self.verify_signature(presented, now).await?;
        if token.expires_at() <= now {
            return Err(Unverified::Worthless("it has expired"));
        }
        if self.revocations.concern(&token.issued(), now).await? {
            return Err(Unverified::Worthless("it was revoked"));
        }
        Ok(token)
    }

    async fn with_client(&self, token: Arc<AccessToken>) -> Result<Good, Unverified> {
        if token.service_account.is_some() {
            return Err(Unverified::Worthless("it is a service account's"));
        }
        let client = self.client(token.application, self.now()).await?;
        let client = client.ok_or(Unverified::Worthless("its application is gone"))?;
        Ok(Good { token, client })
    }

    async fn verify_signature(
        &self,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<Arc<AccessToken>, Unverified> {
        let keys = self.signing_keys().await?;
        if let Some(known) = presented.known {
            if known.issuer.tenant != self.address.tenant {
                return Err(Unverified::Worthless("another issued it"));
            }
            return match keys.key(known.key, now) {
                Some(_) => Ok(known),
                None => Err(Unverified::Worthless("its key is no longer published")),
            };
        }
        let read = Arc::new(self.read(presented.text, &keys, now).map_err(Unverified::Worthless)?);
        self.verified.tokens.insert(presented.digest, Arc::clone(&read));
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
        let is_ours = |tenant: &String| *tenant == self.address.tenant.to_string();
        if claims.iss != self.address.issuer() || !claims.tenant_id.as_ref().is_none_or(is_ours) {
            return Err("another issued it");
        }
        AccessToken::new((id, &self.address), claims).ok_or("a claim of it is malformed")
    }
}

fn named_issuer(token: &str) -> Result<String, &'static str> {
    let jws = Jws::parse(token).map_err(|_| "it is no token")?;
    let named: Named = serde_json::from_slice(jws.payload()).map_err(|_| "it names no issuer")?;
    Ok(named.iss)
}
