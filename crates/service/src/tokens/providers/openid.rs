//! Whom a provider vouches for that speaks OpenID Connect.

use appkeep_domain::{Outsider, Timestamp};

use super::id_token::{Claims, Expected, Personal};
use super::metadata::Metadata;
use super::preset::{OpenId, OpenIdDialect};
use super::redeem::{ClientProof, Exchange, Redeemed};
use super::{Errand, ProviderRefused, Providers, Registered, outsider};

impl Providers {
    pub(super) async fn by_openid(
        &self,
        registered: &Registered,
        openid: &OpenId<'_>,
        (errand, code): (&Errand, &str),
        now: Timestamp,
    ) -> Result<Outsider, ProviderRefused> {
        let metadata = self.metadata(openid, now).await?;
        let proof = proof(openid, &metadata);
        let with_verifier = !matches!(proof, ClientProof::Signed(_));
        let exchange = Exchange { endpoint: &metadata.token_endpoint, proof, with_verifier };
        let redeemed = self.redeem(registered, exchange, (errand, code), now).await?;
        let client_id = registered.connection.client_id.as_str();
        let access_token = redeemed.access_token.as_deref();
        let expected = Expected { openid, client_id, nonce: &errand.nonce, access_token };
        let claims = self.read_id_token(&redeemed, &metadata, &expected, now).await?;
        let personal = self.personal(&claims, &metadata, access_token).await?;
        let subject = openid.subject(&claims.sub, claims.tid.as_deref());
        let is_proved = claims.proves_address(openid, &personal);
        outsider(&subject, (personal.email.as_deref(), is_proved), personal.name.as_deref())
    }

    async fn read_id_token(
        &self,
        redeemed: &Redeemed,
        metadata: &Metadata,
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<Claims, ProviderRefused> {
        let none = || ProviderRefused::Unproved("there is no ID token for the code".to_owned());
        let token = redeemed.id_token.as_deref().ok_or_else(none)?;
        let jws = appkeep_keys::Jws::parse(token)
            .map_err(|error| ProviderRefused::Unproved(format!("unusable ID token: {error}")))?;
        let url = &metadata.jwks_uri;
        let keys = self.keys.keys(url, url, jws.header(), now).await?;
        let claims = Claims::verified(&jws, &keys, (expected, now));
        claims.map_err(|reason| ProviderRefused::Unproved(format!("the ID token {reason}")))
    }

    /// What the ID token tells of the person, or the userinfo endpoint where the
    /// token leaves it out (OpenID Connect Core 1.0 §5.4). That has to be of the
    /// same person (§5.3.2).
    async fn personal(
        &self,
        claims: &Claims,
        metadata: &Metadata,
        access_token: Option<&str>,
    ) -> Result<Personal, ProviderRefused> {
        let told = &claims.personal;
        let (None, Some(endpoint), Some(token)) = (&told.email, &metadata.userinfo_endpoint, access_token)
        else {
            return Ok(told.clone());
        };
        let read: Userinfo = self.read(endpoint.clone(), token).await?;
        if read.sub != claims.sub {
            return Err(ProviderRefused::Unproved("userinfo is of somebody else".to_owned()));
        }
        Ok(read.personal)
    }
}

#[derive(serde::Deserialize)]
struct Userinfo {
    sub: String,
    #[serde(flatten)]
    personal: Personal,
}

fn proof<'a>(openid: &OpenId<'a>, metadata: &Metadata) -> ClientProof<'a> {
    match openid.dialect {
        OpenIdDialect::Apple(key) => ClientProof::Signed(key),
        _ if metadata.wants_secret_in_form() => ClientProof::Form,
        _ => ClientProof::Basic,
    }
}
