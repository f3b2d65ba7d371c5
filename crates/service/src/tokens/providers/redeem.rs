//! A code is exchanged for what tells who somebody is (RFC 6749 §4.1.3).

use appkeep_domain::{AppleKey, Lifetime, Timestamp};
use appkeep_keys::LentKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::preset::APPLE;
use super::{Errand, ProviderRefused, Providers, Registered};
use crate::tokens::fetch::{FetchError, FetchRequest};

/// For as long a signed proof of who the application is holds.
const ASSERTION_LIFETIME: Lifetime = Lifetime::from_minutes(5);

/// How an application proves to a provider who it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum ClientProof<'a> {
    /// RFC 6749 §2.3.1
    Basic,
    Form,
    /// By a token that it signs, in the place of a secret.
    Signed(&'a AppleKey),
}

/// Where a code is exchanged, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange<'a> {
    pub(super) endpoint: &'a str,
    pub(super) proof: ClientProof<'a>,
    pub(super) with_verifier: bool,
}

/// What came of it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Redeemed {
    pub(super) access_token: Option<String>,
    pub(super) id_token: Option<String>,
    /// Some say with a 200 that there is nothing.
    error: Option<Wrong>,
}

/// A word of RFC 6749 §5.2, or an object of a provider's own.
#[derive(Deserialize)]
#[serde(untagged)]
enum Wrong {
    Word(String),
    Other {
        #[serde(default)]
        message: String,
    },
}

impl Redeemed {
    pub(super) fn access_token(&self) -> Result<&str, ProviderRefused> {
        let none = || ProviderRefused::Unproved("there is no access token for the code".to_owned());
        self.access_token.as_deref().ok_or_else(none)
    }
}

impl Providers {
    pub(super) async fn redeem(
        &self,
        registered: &Registered,
        exchange: Exchange<'_>,
        (errand, code): (&Errand, &str),
        now: Timestamp,
    ) -> Result<Redeemed, ProviderRefused> {
        let client_id = registered.connection.client_id.as_str();
        let secret = match exchange.proof {
            ClientProof::Signed(key) => assertion(key, client_id, &registered.secret, now)?,
            ClientProof::Basic | ClientProof::Form => registered.secret.clone(),
        };
        let answer = self.fetch.fetch(asked(exchange, (client_id, &secret), (errand, code))).await?;
        if answer.status >= 500 {
            return Err(FetchError::new(format!("answered with status {}", answer.status)).into());
        }
        read(&answer.text, answer.is_ok())
    }
}

fn asked(
    exchange: Exchange<'_>,
    (client_id, secret): (&str, &str),
    (errand, code): (&Errand, &str),
) -> FetchRequest {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", errand.redirect_uri.as_str());
    if exchange.with_verifier {
        form.append_pair("code_verifier", &errand.verifier);
    }
    let in_form = !matches!(exchange.proof, ClientProof::Basic);
    if in_form {
        form.append_pair("client_id", client_id).append_pair("client_secret", secret);
    }
    let request = FetchRequest::post(exchange.endpoint, Zeroizing::new(form.finish()));
    if in_form { request } else { request.authorized_by(basic(client_id, secret)) }
}

fn read(text: &str, is_ok: bool) -> Result<Redeemed, ProviderRefused> {
    let redeemed: Result<Redeemed, _> = serde_json::from_str(text);
    let refused = |reason: String| ProviderRefused::Unproved(format!("the code was not taken: {reason}"));
    match redeemed {
        Ok(Redeemed { error: Some(Wrong::Word(reason) | Wrong::Other { message: reason }), .. }) => {
            Err(refused(reason))
        }
        Ok(redeemed) if is_ok => Ok(redeemed),
        Ok(_) => Err(refused("no reason is given".to_owned())),
        Err(error) => Err(FetchError::new(error).into()),
    }
}

/// Both are encoded as a form's values are, and then again.
pub(crate) fn basic(client_id: &str, secret: &str) -> String {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Zeroizing::new([encode(client_id), encode(secret)].join(":"));
    format!("Basic {}", STANDARD.encode(pair.as_bytes()))
}

/// What Apple takes in the place of a secret, which is the key here.
fn assertion(
    key: &AppleKey,
    client_id: &str,
    pem: &str,
    now: Timestamp,
) -> Result<Zeroizing<String>, ProviderRefused> {
    let signing = LentKey::from_pem(pem)
        .map_err(|reason| FetchError::new(format!("the key that was registered {reason}")))?;
    let claims = json!({
        "iss": key.team_id(),
        "sub": client_id,
        "aud": APPLE,
        "iat": now.as_seconds(),
        "exp": now.plus(ASSERTION_LIFETIME).as_seconds(),
    });
    Ok(Zeroizing::new(signing.sign(key.key_id(), claims.to_string().as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_encoded_twice() {
        let header = basic("app:1", "p+%s");
        assert_eq!(header, format!("Basic {}", STANDARD.encode("app%3A1:p%2B%25s")));
    }

    #[test]
    fn a_provider_may_say_no_in_several_ways() {
        let unproved =
            |reason: &str| Some(ProviderRefused::Unproved(format!("the code was not taken: {reason}")));
        for (text, is_ok, refused) in [
            (r#"{"access_token":"a","scope":"x"}"#, true, None),
            (r#"{"error":"bad_verification_code"}"#, true, unproved("bad_verification_code")),
            (r#"{"error":"invalid_grant"}"#, false, unproved("invalid_grant")),
            (r#"{"error":{"message":"used","code":100}}"#, false, unproved("used")),
            ("{}", false, unproved("no reason is given")),
        ] {
            assert_eq!(read(text, is_ok).err(), refused, "{text}");
        }
        assert!(matches!(read("<html>", true), Err(ProviderRefused::Unavailable(_))));
        assert!(read("{}", true).is_ok_and(|redeemed| redeemed.access_token().is_err()));
    }
}
