//! Somebody connects with an integration: they ask by an access token, their
//! browser goes by way of us to whoever gives out tokens there and comes back by
//! way of us, and the application brings what it brought by an access token.
//!
//! It is one browser that sets out and comes back, one person who asks and has
//! what came of it, and one integration all along: each has an address of its
//! own to come back to.

use std::fmt;

use appkeep_domain::integration::{AuthMode, Integration, OauthClient};
use appkeep_domain::{Lifetime, OwnAction, RequestId, SecretHash, Timestamp, Within};
use appkeep_keys::{NewSecret, PresentedSecret, hashes_equal, sha256};
use appkeep_storage::{Errand, ReadTx, WriteTx};
use url::Url;
use zeroize::Zeroizing;

use super::client::redirect_uri;
use super::exchange::{Grant, NotGiven, challenge_of, resource_of};
use super::links::{Asked, must_be, within};
use super::{IntegrationLink, Integrations, PersonAsks, parse_id};
use crate::Authority;
use crate::error::{Error, ErrorCode, Fault};

pub(super) const STATE_PREFIX: &str = "ins_";
pub(super) const ERRANDS_LAST: Lifetime = Lifetime::from_minutes(10);
/// On how many errands somebody is at once.
const MOST_OF_USER: u32 = 10;
/// The same of all people of a tenant.
const MOST_OF_TENANT: u32 = 20_000;

/// Where somebody's browser is to be sent.
#[derive(Debug)]
pub struct IntegrationDeparture {
    /// Ours, from where it is sent on.
    pub connect_url: String,
    /// Good once, until then.
    pub state: NewSecret,
    pub expires_at: Timestamp,
}

/// What somebody's browser brought back.
pub struct Comeback {
    pub state: Zeroizing<String>,
    /// A code, or the word for why there is none (RFC 6749 §4.1.2.1).
    pub outcome: Result<Zeroizing<String>, String>,
}

/// A browser that is somewhere between us and an integration.
#[derive(Clone, Copy)]
pub struct Traveller<'a> {
    /// At whose address it is.
    pub here: &'a Authority,
    /// What no other browser has.
    pub browser: &'a str,
    /// Of whoever is signed in with it, if anybody is.
    pub sign_in: Option<PresentedSecret>,
    pub request_id: RequestId,
}

/// What came of it that a browser came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameBack {
    /// Go there: to the application, which knows who it is.
    On(String),
    /// Whoever is signed in has connected the integration that is called so.
    Connected(String),
    /// Nothing was allowed there.
    NotAllowed(String),
}

/// What a browser is to do that follows the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingOut {
    /// Go there.
    On(String),
    /// Nobody is signed in with it: whoever is there says whether they are the one
    /// who was sent.
    Ask(Confirmation),
}

/// What is to be connected, by what and for whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Confirmation {
    pub integration: String,
    pub application: String,
    /// As whom they are known here.
    pub account: String,
    /// Where the browser goes then.
    pub leads_to: String,
}

/// An errand whose browser is on its way.
struct OnTheWay {
    errand: Errand,
    integration: Integration,
    /// Whether the person who was sent is signed in with the browser.
    is_theirs: bool,
}

impl Traveller<'_> {
    /// What is kept of the browser: of no use for anything but this.
    pub(super) fn mark(&self) -> SecretHash {
        let text = Zeroizing::new(["integration errand", self.browser].join("\n"));
        SecretHash::from_bytes(sha256(text.as_bytes()))
    }
}

impl Integrations {
    /// Somebody is about to be sent to allow us something there, and to come
    /// back to one of the application's redirect URIs.
    pub async fn depart(
        &self,
        who: PersonAsks<'_>,
        id: &str,
        return_to: &str,
    ) -> Result<IntegrationDeparture, Error> {
        let Asked { holder, application, integration } =
            self.asked(who, OwnAction::ChangeConnections, id).await?;
        must_be(&integration, AuthMode::Oauth)?;
        let uris = application.oauth.iter().flat_map(|oauth| &oauth.redirect_uris);
        if !uris.into_iter().any(|uri| uri.as_str() == return_to) {
            let message = "is none of the application's redirect URIs";
            return Err(Error::invalid(Fault::new("return_to", ErrorCode::InvalidField, message)));
        }
        registered(&integration)?;
        let now = self.now();
        let state = NewSecret::generate(STATE_PREFIX, &*self.registry.entropy());
        let errand = Errand {
            state: state.hash(),
            tenant: integration.tenant,
            integration: integration.id,
            generation: integration.generation,
            directory: holder.directory.id,
            user: holder.user.id,
            application: application.id,
            return_to: Some(return_to.to_owned()),
            browser: None,
            brought: None,
            created_at: now,
            expires_at: now.plus(ERRANDS_LAST),
        };
        let expires_at = errand.expires_at;
        self.store().write(async move |tx: &mut WriteTx| begin(tx, &errand).await).await?;
        let (issuer, state_text) = (who.here.issuer(), state.expose());
        let connect_url = format!("{issuer}/integrations/{}/connect?state={state_text}", integration.id);
        Ok(IntegrationDeparture { connect_url, state, expires_at })
    }

    /// What a browser does that follows the link. Where nobody is signed in, nothing
    /// goes on until somebody said that they are meant: a link that somebody was
    /// given by somebody else connects nothing by being followed.
    pub async fn follow(&self, whose: Traveller<'_>, id: &str, state: &str) -> Result<SettingOut, Error> {
        let OnTheWay { errand, integration, is_theirs } = self.under_way(whose, id, state).await?;
        let is_bound = match &errand.browser {
            None => false,
            Some(browser) if hashes_equal(browser, &whose.mark()) => true,
            Some(_) => return Err(state_gone()),
        };
        if is_theirs || is_bound {
            return self.set_out(whose, id, state).await.map(SettingOut::On);
        }
        let within = within(&integration);
        let mut tx = self.store().read().await?;
        let application = tx.application(within, errand.application).await?.ok_or_else(state_gone)?;
        let directory = tx.directory(within, errand.directory).await?.ok_or_else(state_gone)?;
        let account = tx.user(within, &directory, errand.user).await?;
        let leads_to = registered(&integration)?.1;
        Ok(SettingOut::Ask(Confirmation {
            integration: integration.name.to_string(),
            application: application.name.to_string(),
            account: account.ok_or_else(state_gone)?.email.as_str().to_owned(),
            leads_to: leads_to.into(),
        }))
    }

    /// Where a browser goes that sets out: it is this one that has to come back.
    /// Setting out again is fine, with another browser not.
    pub async fn set_out(&self, whose: Traveller<'_>, id: &str, state: &str) -> Result<String, Error> {
        let OnTheWay { errand, integration, .. } = self.under_way(whose, id, state).await?;
        let verifier = self.verifier(&integration, state).await?;
        let redirect_uri = redirect_uri(whose.here, integration.id);
        let url = authorization_url(&integration, (state, &verifier), &redirect_uri)?;
        let (within, now, browser) = (within(&integration), self.now(), whose.mark());
        let set_out = async move |tx: &mut WriteTx| -> Result<bool, Error> {
            Ok(tx.set_out(within, &errand, (browser, now)).await?)
        };
        if self.store().write(set_out).await? { Ok(url) } else { Err(state_gone()) }
    }

    /// Where a browser goes that came back with this, once: to the application,
    /// which brings it here as the person who was sent. `issuer` is who it says
    /// has answered (RFC 9207).
    pub async fn come_back(
        &self,
        whose: Traveller<'_>,
        id: &str,
        (comeback, issuer): (&Comeback, Option<&str>),
    ) -> Result<CameBack, Error> {
        let OnTheWay { errand, integration, is_theirs } = self.under_way(whose, id, &comeback.state).await?;
        if !errand.browser.is_some_and(|browser| hashes_equal(&browser, &whose.mark())) {
            return Err(state_gone());
        }
        must_answer(&integration, issuer)?;
        if errand.return_to.is_none() {
            return Box::pin(self.settle(whose, (&errand, is_theirs), comeback)).await;
        }
        let to = errand.return_to.as_deref().and_then(|to| Url::parse(to).ok());
        let mut to = to.ok_or_else(state_gone)?;
        let (within, now, brought) = (within(&integration), self.now(), brought(comeback));
        let bring_back = async move |tx: &mut WriteTx| -> Result<bool, Error> {
            Ok(tx.bring_back(within, &errand, (brought, now)).await?)
        };
        if !self.store().write(bring_back).await? {
            return Err(state_gone());
        }
        let mut query = to.query_pairs_mut();
        query.append_pair("state", &comeback.state);
        match &comeback.outcome {
            Ok(code) => query.append_pair("code", code),
            Err(word) => query.append_pair("error", word),
        };
        drop(query);
        Ok(CameBack::On(to.into()))
    }

    /// Trades what they came back with. Only whoever was sent can: with the
    /// state of somebody else nothing is kept, for either of them.
    pub async fn arrive(
        &self,
        who: PersonAsks<'_>,
        id: &str,
        comeback: Comeback,
    ) -> Result<IntegrationLink, Error> {
        let asked = self.asked(who, OwnAction::ChangeConnections, id).await?;
        let (holder, integration) = (&asked.holder, &asked.integration);
        let presented = PresentedSecret::parse(&comeback.state).ok_or_else(state_gone)?;
        let now = self.now();
        let take = async move |tx: &mut WriteTx| -> Result<Option<Errand>, Error> {
            Ok(tx.take_errand(Within::Platform, presented.hash(), now).await?)
        };
        let taken = self.store().write(take).await?;
        let shown = brought(&comeback);
        let is_theirs = |errand: &Errand| {
            (errand.user, errand.directory) == (holder.user.id, holder.directory.id)
                && (errand.integration, errand.generation) == (integration.id, integration.generation)
                && errand.application == asked.application.id
                && errand.brought.is_some_and(|brought| hashes_equal(&brought, &shown))
        };
        taken.filter(is_theirs).ok_or_else(state_gone)?;
        let code = comeback.outcome.map_err(|_| {
            Error::invalid(Fault::new("error", ErrorCode::InvalidField, "nothing was allowed there"))
        })?;
        let verifier = self.verifier(integration, &comeback.state).await?;
        let redirect_uri = redirect_uri(who.here, integration.id);
        let grant = Grant::Code { code: &code, verifier: &verifier, redirect_uri: &redirect_uri };
        match self.ask_for_tokens(integration, grant).await? {
            Ok(given) => self.keep(who, &asked, given).await,
            Err(NotGiven::Refused) => {
                Err(Error::invalid(Fault::new("code", ErrorCode::InvalidField, "was not taken there")))
            }
            Err(NotGiven::Unavailable(error)) => {
                let message = "the authorization server of the integration does not answer";
                Err(Error::new(ErrorCode::Unavailable, message).because(error))
            }
        }
    }

    /// The errand with this state, of the integration that the address names,
    /// which is what it was when it began.
    async fn under_way(&self, whose: Traveller<'_>, id: &str, state: &str) -> Result<OnTheWay, Error> {
        let id = parse_id(id).map_err(|_| state_gone())?;
        let presented = PresentedSecret::parse(state).ok_or_else(state_gone)?;
        let now = self.now();
        let mut tx = self.store().read().await?;
        let errand = tx.errand(Within::Platform, presented.hash()).await?.filter(|errand| {
            errand.expires_at > now && (errand.tenant, errand.integration) == (whose.here.tenant(), id)
        });
        let errand = errand.ok_or_else(state_gone)?;
        let is_theirs = is_theirs(&mut tx, &errand, whose.sign_in, now).await?;
        if is_theirs == Some(false) {
            return Err(state_gone());
        }
        let found = tx.integration(Within::Tenant(errand.tenant), errand.tenant, id).await?;
        let integration = found.filter(|found| {
            !found.is_archived() && found.auth == AuthMode::Oauth && found.generation == errand.generation
        });
        let integration = integration.ok_or_else(state_gone)?;
        Ok(OnTheWay { errand, integration, is_theirs: is_theirs.unwrap_or_default() })
    }
}

/// Whether whoever is signed in with the browser is the one who was sent; nothing
/// where nobody of the same directory is. Anybody else followed a link that was
/// given to them.
async fn is_theirs(
    tx: &mut ReadTx,
    errand: &Errand,
    sign_in: Option<PresentedSecret>,
    now: Timestamp,
) -> Result<Option<bool>, Error> {
    let Some(secret) = sign_in else { return Ok(None) };
    let found = tx.sign_in_by_secret(Within::Platform, secret.hash()).await?;
    let here = found.filter(|sign_in| sign_in.is_live(now) && sign_in.directory == errand.directory);
    Ok(here.map(|sign_in| sign_in.user == errand.user))
}

/// Refuses whoever is on too many already: none of them is of use for long.
pub(super) async fn begin(tx: &mut WriteTx, errand: &Errand) -> Result<(), Error> {
    let (within, now) = (Within::Tenant(errand.tenant), errand.created_at);
    let whose = (errand.tenant, errand.directory, errand.user);
    let too_many = |whose: &str, many: u32| {
        let message = format!("{whose} is connecting with {many} integrations at once; try again later");
        Error::new(ErrorCode::TooManyRequests, message)
    };
    if tx.open_errands_of_user(within, whose, (now, MOST_OF_USER)).await? >= MOST_OF_USER {
        return Err(too_many("this person", MOST_OF_USER));
    }
    if tx.open_errands_of_tenant(within, errand.tenant, (now, MOST_OF_TENANT)).await? >= MOST_OF_TENANT {
        return Err(too_many("the tenant", MOST_OF_TENANT));
    }
    Ok(tx.insert_errand(within, errand).await?)
}

/// As what we are registered there, and where people are sent.
pub(super) fn registered(integration: &Integration) -> Result<(&OauthClient, Url), Error> {
    let nobody = || {
        let message = "nobody has said as what we are registered there, or it does not say where";
        Error::new(ErrorCode::NotApplicable, message)
    };
    let client = integration.client.as_ref().ok_or_else(nobody)?;
    let (endpoint, _) = integration.endpoints().ok_or_else(nobody)?;
    Ok((client, Url::parse(endpoint).map_err(|_| nobody())?))
}

pub(super) fn authorization_url(
    integration: &Integration,
    (state, verifier): (&str, &str),
    redirect_uri: &str,
) -> Result<String, Error> {
    let (client, mut url) = registered(integration)?;
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", client.client_id.as_str())
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("state", state)
        .append_pair("code_challenge", &challenge_of(verifier))
        .append_pair("code_challenge_method", "S256");
    let scope = integration.asked_scopes().to_string();
    if !scope.is_empty() {
        query.append_pair("scope", &scope);
    }
    if let Some(resource) = resource_of(integration) {
        query.append_pair("resource", resource);
    }
    drop(query);
    Ok(url.into())
}

/// RFC 9207 §2.4: an answer of somebody else than was asked is thrown away, and
/// so is one that does not say whose it is where each does.
fn must_answer(integration: &Integration, issuer: Option<&str>) -> Result<(), Error> {
    let Some((asked, says_so)) = integration.answers_as() else { return Ok(()) };
    let bare = |url: &str| url.strip_suffix('/').unwrap_or(url).to_owned();
    let is_it = issuer.map_or(!says_so, |issuer| bare(issuer) == bare(asked.as_str()));
    if is_it { Ok(()) } else { Err(state_gone().because("another authorization server has answered")) }
}

/// What is kept of it until the application brings it.
fn brought(comeback: &Comeback) -> SecretHash {
    let text = match &comeback.outcome {
        Ok(code) => Zeroizing::new(["code", code].join("\n")),
        Err(word) => Zeroizing::new(["error", word].join("\n")),
    };
    SecretHash::from_bytes(sha256(text.as_bytes()))
}

pub(super) fn state_gone() -> Error {
    let message = "is none that was given out to you for this, or was used, or is over";
    Error::invalid(Fault::new("state", ErrorCode::InvalidField, message))
}

impl fmt::Debug for Comeback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Comeback(…)")
    }
}

/// A person's data is not for logs.
impl fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmation").field("integration", &self.integration).finish_non_exhaustive()
    }
}

impl fmt::Debug for Traveller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Traveller(…)")
    }
}
