//! Providers that sign an application's people in for it: where a browser is
//! sent, and what they vouch for of whoever comes back.

mod facebook;
mod github;
mod id_token;
mod metadata;
mod openid;
mod preset;
mod redeem;

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{Connection, Email, Name, Outsider, ProviderSubject, RedirectUri, Timestamp};
use appkeep_keys::{MacKey, sha256};
use appkeep_oauth::CodeChallenge;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use url::Url;
use zeroize::Zeroizing;

use self::metadata::Metadata;
use self::preset::Preset;
pub(crate) use self::redeem::basic;
use super::client_keys::KeySet;
use super::fetch::{FetchError, FetchRequest, FetchText};
use super::published::Published;

/// Those of all applications: what two of them are registered with is asked for
/// once.
pub(super) struct Providers {
    fetch: Arc<dyn FetchText>,
    metadata: Published<String, Metadata>,
    keys: Published<String, KeySet>,
}

/// What an application is at a provider, and what proves it.
pub(super) struct Registered {
    pub(super) connection: Connection,
    pub(super) secret: Zeroizing<String>,
}

/// What goes with somebody to a provider, and what comes back has to fit. All
/// of it is made of the state, so that only the state's hash is kept.
pub(super) struct Errand {
    redirect_uri: RedirectUri,
    state: Zeroizing<String>,
    /// OpenID Connect Core 1.0 §3.1.2.1
    nonce: String,
    /// RFC 7636 §4.1
    verifier: Zeroizing<String>,
}

/// Why nobody is vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ProviderRefused {
    /// The provider cannot be asked, or does not answer as it has to.
    Unavailable(FetchError),
    /// What came back proves nothing, and why.
    Unproved(String),
}

impl From<FetchError> for ProviderRefused {
    fn from(error: FetchError) -> Self {
        Self::Unavailable(error)
    }
}

impl Errand {
    pub(super) fn new(key: &MacKey, state: &str, redirect_uri: RedirectUri) -> Self {
        let derived = |purpose: &str| URL_SAFE_NO_PAD.encode(key.tag([purpose, state].join("\n").as_bytes()));
        Self {
            redirect_uri,
            nonce: derived("nonce"),
            verifier: Zeroizing::new(derived("verifier")),
            state: Zeroizing::new(state.to_owned()),
        }
    }

    fn challenge(&self) -> String {
        CodeChallenge::from_bytes(sha256(self.verifier.as_bytes())).to_string()
    }
}

impl Providers {
    pub(super) fn new(fetch: Arc<dyn FetchText>) -> Self {
        Self {
            metadata: Published::new(Arc::clone(&fetch), Metadata::read),
            keys: Published::keys_by(Arc::clone(&fetch)),
            fetch,
        }
    }

    /// Where a browser is sent (RFC 6749 §4.1.1).
    pub(super) async fn authorization_url(
        &self,
        connection: &Connection,
        errand: &Errand,
        now: Timestamp,
    ) -> Result<String, FetchError> {
        let scope = connection.scopes.to_string();
        let challenge = errand.challenge();
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", connection.client_id.as_str()),
            ("redirect_uri", errand.redirect_uri.as_str()),
            ("scope", &scope),
            ("state", &errand.state),
        ];
        let preset = Preset::of(&connection.at);
        if preset.understands_pkce() {
            parameters.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
        }
        let endpoint = match &preset {
            Preset::OpenId(openid) => {
                parameters.push(("nonce", &errand.nonce));
                parameters
                    .extend(openid.response_mode(&connection.scopes).map(|mode| ("response_mode", mode)));
                self.metadata(openid, now).await?.authorization_endpoint.clone()
            }
            Preset::Github(github) => github.authorization_endpoint(),
            Preset::Facebook => facebook::AUTHORIZATION_ENDPOINT.to_owned(),
        };
        let mut url = Url::parse(&endpoint).map_err(FetchError::new)?;
        url.query_pairs_mut().extend_pairs(parameters);
        Ok(url.into())
    }

    /// Whom the provider vouches for by a code that a browser brought back.
    pub(super) async fn outsider(
        &self,
        registered: &Registered,
        (errand, code): (&Errand, &str),
        now: Timestamp,
    ) -> Result<Outsider, ProviderRefused> {
        match Preset::of(&registered.connection.at) {
            Preset::OpenId(openid) => self.by_openid(registered, &openid, (errand, code), now).await,
            Preset::Github(github) => self.by_github(registered, &github, (errand, code), now).await,
            Preset::Facebook => self.by_facebook(registered, (errand, code), now).await,
        }
    }

    /// What is behind an access token (RFC 6750 §2.1).
    async fn read<T: DeserializeOwned>(&self, url: String, access_token: &str) -> Result<T, ProviderRefused> {
        let request = FetchRequest::get(url).authorized_by(format!("Bearer {access_token}"));
        let text = self.fetch.fetch(request).await?.ok()?;
        serde_json::from_str(&text).map_err(|error| FetchError::new(error).into())
    }
}

/// Of what a provider tells, what can be kept.
fn outsider(
    subject: &str,
    (email, email_verified): (Option<&str>, bool),
    name: Option<&str>,
) -> Result<Outsider, ProviderRefused> {
    let subject = ProviderSubject::parse(subject)
        .map_err(|reason| ProviderRefused::Unproved(format!("the subject {reason}")))?;
    let email = email.and_then(|email| Email::parse_new(email.trim()).ok());
    let email_verified = email_verified && email.is_some();
    Ok(Outsider { subject, email, email_verified, name: name.and_then(|name| Name::parse(name).ok()) })
}

/// What proves an application is not for logs.
impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered").field("connection", &self.connection).finish_non_exhaustive()
    }
}

/// Whoever knows it can come back in somebody's place.
impl fmt::Debug for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Errand(…)")
    }
}

#[cfg(test)]
mod tests;
