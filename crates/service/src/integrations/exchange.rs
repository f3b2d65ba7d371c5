//! Tokens of whoever gives them out for an integration (RFC 6749 §4.1.3, §6).

use appkeep_domain::integration::{Integration, OauthClient};
use appkeep_domain::{Issuer, Lifetime, Timestamp, UserId, Within};
use appkeep_keys::{Aad, sha256};
use appkeep_oauth::CodeChallenge;
use appkeep_storage::SealedLink;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::{CLIENT_SECRET, Integrations, place_of};
use crate::error::Error;
use crate::tokens::{FetchError, FetchRequest, basic};

const PURPOSE: &str = "integration errands";
/// The longest time that a token is taken to be good for.
const LONGEST: u32 = 365 * 24 * 60 * 60;

/// What somebody has with an integration, as it is sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct LinkTokens {
    pub(super) access: TokenText,
    pub(super) refresh: Option<TokenText>,
}

/// A token that is not left in memory.
#[derive(Clone)]
pub(super) struct TokenText(pub(super) Zeroizing<String>);

impl Serialize for TokenText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TokenText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// What was given out.
pub(super) struct Given {
    pub(super) tokens: LinkTokens,
    pub(super) expires_at: Option<Timestamp>,
}

/// Why nothing was.
pub(super) enum NotGiven {
    /// It cannot be asked, or does not answer as it has to.
    Unavailable(FetchError),
    /// It says no.
    Refused,
}

/// For what tokens are asked.
#[derive(Clone, Copy)]
pub(super) enum Grant<'a> {
    Code {
        code: &'a str,
        verifier: &'a str,
        /// As it was said when the code was asked for.
        redirect_uri: &'a str,
    },
    Refresh(&'a str),
}

/// RFC 6749 §5.1
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<TokenText>,
    #[serde(default)]
    refresh_token: Option<TokenText>,
    #[serde(default)]
    expires_in: Option<i64>,
}

impl Integrations {
    pub(super) async fn ask_for_tokens(
        &self,
        integration: &Integration,
        grant: Grant<'_>,
    ) -> Result<Result<Given, NotGiven>, Error> {
        let Some((integration, secret)) = self.registered(integration).await? else {
            let error = FetchError::new("is not asked: the integration has become another");
            return Ok(Err(NotGiven::Unavailable(error)));
        };
        let (Some(client), Some((_, endpoint))) = (&integration.client, integration.endpoints()) else {
            return Ok(Err(NotGiven::Refused));
        };
        let request = FetchRequest::post(endpoint, form_of(&integration, client, grant));
        let request = match secret {
            Some(secret) => request.authorized_by(basic(client.client_id.as_str(), &secret)),
            None => request,
        };
        let answer = match self.authority.fetch().fetch(request).await {
            Ok(answer) if answer.status < 500 => answer,
            Ok(answer) => {
                let error = FetchError::new(format!("answered with status {}", answer.status));
                return Ok(Err(NotGiven::Unavailable(error)));
            }
            Err(error) => return Ok(Err(NotGiven::Unavailable(error))),
        };
        let read: Option<TokenAnswer> = serde_json::from_str(&answer.text).ok().filter(|_| answer.is_ok());
        let given = read.and_then(|answer| {
            let expires_at = answer.expires_in.map(|seconds| {
                let seconds = u32::try_from(seconds.max(0)).unwrap_or(LONGEST).min(LONGEST);
                self.now().plus(Lifetime::from_seconds(seconds))
            });
            let access = answer.access_token.filter(|token| is_shown(&token.0))?;
            Some(Given { tokens: LinkTokens { access, refresh: answer.refresh_token }, expires_at })
        });
        Ok(given.ok_or(NotGiven::Refused))
    }

    /// Made of the state, so that only the state's hash is kept (RFC 7636 §4.1).
    pub(super) async fn verifier(
        &self,
        integration: &Integration,
        state: &str,
    ) -> Result<Zeroizing<String>, Error> {
        let key = self.keyring().mac_key(Issuer::Tenant(integration.tenant), PURPOSE).await?;
        Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(key.tag(["verifier", state].join("\n").as_bytes()))))
    }

    pub(super) async fn seal_link(
        &self,
        integration: &Integration,
        user: UserId,
        tokens: &LinkTokens,
    ) -> Result<SealedLink, Error> {
        let text = Zeroizing::new(serde_json::to_string(tokens).expect("texts are JSON"));
        let issuer = Issuer::Tenant(integration.tenant);
        let place = place_of_link(integration, user);
        let (data_key_version, sealed) = self.keyring().seal(issuer, &place, text.as_bytes()).await?;
        Ok(SealedLink { data_key_version, sealed })
    }

    pub(super) async fn open_link(
        &self,
        integration: &Integration,
        user: UserId,
        link: &SealedLink,
    ) -> Result<LinkTokens, Error> {
        let issuer = Issuer::Tenant(integration.tenant);
        let sealed = (link.data_key_version, link.sealed.as_slice());
        let opened = self.keyring().open(issuer, &place_of_link(integration, user), sealed).await?;
        let damaged = |error: serde_json::Error| {
            Error::new(crate::ErrorCode::Internal, "something went wrong here").because(error)
        };
        serde_json::from_slice(&opened).map_err(damaged)
    }

    /// The integration as it is now, and our secret there: of one moment, so that
    /// no secret goes to another URL than its own. Nothing when what people had
    /// with it ended meanwhile.
    async fn registered(
        &self,
        before: &Integration,
    ) -> Result<Option<(Integration, Option<Zeroizing<String>>)>, Error> {
        let within = Within::Tenant(before.tenant);
        let mut tx = self.store().read().await?;
        let found = tx.integration_with_secrets(within, before.tenant, before.id).await?;
        drop(tx);
        let is_same = |now: &Integration| now.generation == before.generation && !now.is_archived();
        let Some((integration, secrets)) = found.filter(|(now, _)| is_same(now)) else { return Ok(None) };
        let Some(sealed) = secrets.client_secret else { return Ok(Some((integration, None))) };
        let secret = self.open_text(&place_of(&integration, CLIENT_SECRET), &sealed).await?;
        Ok(Some((integration, Some(secret))))
    }
}

fn form_of(integration: &Integration, client: &OauthClient, grant: Grant<'_>) -> Zeroizing<String> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    match grant {
        Grant::Code { code, verifier, redirect_uri } => form
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_verifier", verifier),
        Grant::Refresh(token) => {
            form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token)
        }
    };
    if let Some(resource) = resource_of(integration) {
        form.append_pair("resource", resource);
    }
    form.append_pair("client_id", client.client_id.as_str());
    Zeroizing::new(form.finish())
}

/// What tokens are asked for, if the integration said so (RFC 8707).
pub(super) fn resource_of(integration: &Integration) -> Option<&str> {
    integration.found()?.resource.as_ref().map(appkeep_domain::integration::IntegrationUrl::as_str)
}

pub(super) fn challenge_of(verifier: &str) -> String {
    CodeChallenge::from_bytes(sha256(verifier.as_bytes())).to_string()
}

/// Elsewhere it does not open.
fn place_of_link(integration: &Integration, user: UserId) -> Aad {
    let row = [integration.id.as_bytes(), user.as_bytes()].concat();
    Aad::new("linked_accounts", &row, "sealed")
}

/// Whether it can be shown in a header.
fn is_shown(token: &str) -> bool {
    !token.is_empty() && token.len() <= 16 * 1_024 && token.bytes().all(|byte| byte.is_ascii_graphic())
}
