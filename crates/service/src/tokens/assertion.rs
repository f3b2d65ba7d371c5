//! `private_key_jwt`: a client proves itself by a signature (RFC 7523 §3).

use std::sync::Arc;

use appkeep_domain::{ApplicationId, Environment, Lifetime, Timestamp};
use appkeep_keys::{Jws, JwsHeader, TokenType};
use appkeep_oauth::{ClientAuthMethod, Refusal};
use serde::Deserialize;
use serde_json::Number;

use super::Inner;
use super::authenticate::{AuthenticatedClient, unknown, wrong_method};
use super::client_keys::KeySet;
use super::clients::{Client, RegisteredKeys};
use super::refuse::{refuse, unauthenticated};

/// How far two clocks may be apart.
const LEEWAY: Lifetime = Lifetime::from_seconds(30);
/// An assertion that lives longer would have to be remembered longer.
const LONGEST: Lifetime = Lifetime::from_hours(1);
/// The `typ` that RFC 7523's successor gives to assertions of clients.
const CLIENT_AUTHENTICATION: &str = "client-authentication+jwt";

/// What an assertion says (RFC 7523 §3). Members we know nothing of are ignored.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: Number,
    #[serde(default)]
    nbf: Option<Number>,
    #[serde(default)]
    iat: Option<Number>,
    jti: String,
}

/// One or several (RFC 7519 §4.1.3).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Inner {
    /// `named` is the `client_id` beside the assertion, which must then be the
    /// same client (RFC 7521 §4.2).
    pub(super) async fn by_assertion(
        &self,
        named: Option<&str>,
        assertion: &str,
    ) -> Result<AuthenticatedClient, Refusal> {
        let now = self.now();
        let unusable =
            |error: &dyn std::error::Error| unauthenticated(format!("unusable assertion: {error}"));
        let jws = Jws::parse(assertion).map_err(|error| unusable(&error))?;
        let claims: Claims = serde_json::from_slice(jws.payload()).map_err(|error| unusable(&error))?;
        let id = claims.client(named).map_err(unauthenticated)?;
        let spelling = named.unwrap_or(&claims.sub);
        let Some(client) = self.client(id, now).await.map_err(refuse)? else {
            return Err(unknown(spelling));
        };
        if client.auth_method != ClientAuthMethod::PrivateKeyJwt {
            return Err(wrong_method(spelling));
        }
        self.verify_assertion(&client, &jws, now).await?;
        let because = |reason| unauthenticated(format!("the assertion of {} {reason}", client.id()));
        self.check(&claims, now).map_err(because)?;
        self.replays.admit(id, &claims.jti, claims.expires_at(), now)?;
        Ok(AuthenticatedClient { client, spelling: spelling.to_owned(), environment: Environment::Live })
    }

    /// The key decides the algorithm, never the token alone.
    async fn verify_assertion(&self, client: &Client, jws: &Jws<'_>, now: Timestamp) -> Result<(), Refusal> {
        let because = |reason: &str| unauthenticated(format!("the assertion of {} {reason}", client.id()));
        if !is_meant_as_assertion(jws.header()) {
            return Err(because("is a token of another type"));
        }
        let keys = self.keys_of(client, jws.header(), now).await?;
        let key = keys.choose(jws.header()).ok_or_else(|| because("names no key that the client has"))?;
        jws.verify(key).map_err(|_| because("does not verify"))
    }

    async fn keys_of(
        &self,
        client: &Client,
        header: &JwsHeader,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, Refusal> {
        match &client.keys {
            RegisteredKeys::None => Err(unauthenticated(format!("{} has no keys", client.id()))),
            RegisteredKeys::Set(keys) => Ok(Arc::clone(keys)),
            RegisteredKeys::At(url) => {
                let published = self.published.keys(&client.id(), url, header, now).await;
                published.map_err(|error| {
                    unauthenticated(format!("the keys of {} cannot be had: {error}", client.id()))
                })
            }
        }
    }

    fn check(&self, claims: &Claims, now: Timestamp) -> Result<(), &'static str> {
        let latest = now.plus(LEEWAY);
        if !claims.aud.all().iter().any(|audience| self.address.is_us(audience)) {
            return Err("is for somebody else");
        }
        if claims.expires_at() <= now {
            return Err("has expired");
        }
        if claims.expires_at() > latest.plus(LONGEST) {
            return Err("expires more than an hour from now");
        }
        if claims.nbf.as_ref().is_some_and(|nbf| moment(nbf) > latest) {
            return Err("is not valid yet");
        }
        if claims.iat.as_ref().is_some_and(|iat| moment(iat) > latest) {
            return Err("was issued in the future");
        }
        if claims.jti.is_empty() {
            return Err("has an empty jti");
        }
        Ok(())
    }
}

impl Claims {
    /// The one client that issuer, subject and whoever is named beside are.
    fn client(&self, named: Option<&str>) -> Result<ApplicationId, &'static str> {
        let parse = |raw: &str| ApplicationId::parse(raw).map_err(|_| "the assertion is about no client");
        let id = parse(&self.sub)?;
        if parse(&self.iss)? != id {
            return Err("the assertion was issued by another than it is about");
        }
        match named.map(parse).transpose()? {
            Some(other) if other != id => Err("the assertion is about another client than the one named"),
            _ => Ok(id),
        }
    }

    fn expires_at(&self) -> Timestamp {
        moment(&self.exp)
    }
}

impl Audience {
    pub(super) fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// A `NumericDate` may have a fraction (RFC 7519 §2).
pub(super) fn moment(date: &Number) -> Timestamp {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float that is too large becomes the largest integer"
    )]
    let seconds = date.as_i64().or_else(|| date.as_f64().map(|seconds| seconds.floor() as i64));
    Timestamp::from_seconds(seconds.unwrap_or(i64::MAX))
}

/// A token that says what it is must say that it is this (RFC 8725 §3.11).
fn is_meant_as_assertion(header: &JwsHeader) -> bool {
    header
        .typ()
        .is_none_or(|typ| header.has_type(TokenType::Jwt) || typ.eq_ignore_ascii_case(CLIENT_AUTHENTICATION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_number_of_seconds() {
        for (json, seconds) in [
            ("5", 5),
            ("5.9", 5),
            ("-1.5", -2),
            ("1e3", 1_000),
            ("18446744073709551615", i64::MAX),
            ("1e300", i64::MAX),
        ] {
            let date: Number = serde_json::from_str(json).expect(json);
            assert_eq!(moment(&date), Timestamp::from_seconds(seconds), "{json}");
        }
    }

    #[test]
    fn issuer_subject_and_name_are_one_client_in_any_spelling() {
        let id = ApplicationId::from_bytes([1; 16]);
        let other = ApplicationId::from_bytes([2; 16]).to_string();
        let [text, uuid] = [id.to_string(), id.to_uuid()];
        for (iss, sub, named, same) in [
            (&text, &text, None, true),
            (&uuid, &text, Some(&uuid), true),
            (&other, &text, None, false),
            (&text, &other, None, false),
            (&text, &text, Some(&other), false),
            (&"x".to_owned(), &text, None, false),
        ] {
            let json = serde_json::json!({ "iss": iss, "sub": sub, "aud": "a", "exp": 1, "jti": "j" });
            let claims: Claims = serde_json::from_value(json).expect("are claims");
            assert_eq!(claims.client(named.map(String::as_str)).ok(), same.then_some(id), "{iss} {sub}");
        }
    }
}
