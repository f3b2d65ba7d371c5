//! Facebook, which speaks OAuth and tells of people by its Graph API.

use std::fmt::Write as _;

use appkeep_domain::{Outsider, Timestamp};
use appkeep_keys::MacKey;
use serde::Deserialize;

use super::redeem::{ClientProof, Exchange};
use super::{Errand, ProviderRefused, Providers, Registered, outsider};

pub(super) const AUTHORIZATION_ENDPOINT: &str = "https://www.facebook.com/v24.0/dialog/oauth";
const TOKEN_ENDPOINT: &str = "https://graph.facebook.com/v24.0/oauth/access_token";
const ME: &str = "https://graph.facebook.com/v24.0/me?fields=id,name,email";

#[derive(Deserialize)]
struct Account {
    /// Of the person for this application.
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

impl Providers {
    /// It never says whether an address is proved.
    pub(super) async fn by_facebook(
        &self,
        registered: &Registered,
        (errand, code): (&Errand, &str),
        now: Timestamp,
    ) -> Result<Outsider, ProviderRefused> {
        let exchange = Exchange { endpoint: TOKEN_ENDPOINT, proof: ClientProof::Form, with_verifier: true };
        let redeemed = self.redeem(registered, exchange, (errand, code), now).await?;
        let token = redeemed.access_token()?;
        let proof = proof_of_secret(&registered.secret, token);
        let account: Account = self.read(format!("{ME}&appsecret_proof={proof}"), token).await?;
        outsider(&account.id, (account.email.as_deref(), false), account.name.as_deref())
    }
}

/// Shows that the token is used by whoever has the secret: `appsecret_proof`.
fn proof_of_secret(secret: &str, access_token: &str) -> String {
    let tag = MacKey::of_text(secret).tag(access_token.as_bytes());
    tag.iter().fold(String::with_capacity(2 * tag.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
