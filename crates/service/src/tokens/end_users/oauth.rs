//! Signing in with somebody who vouches for people: sent there, and come back.
//!
//! The browser comes back to the application, which compares the state with the
//! one that it gave this browser, and exchanges what came with it here.

use std::fmt;

use appkeep_domain::{
    AuthorizationUnderWay, Connection, Directory, Identity, OwnAction, ProviderName, RedirectUri, User,
};
use appkeep_keys::{NewSecret, PresentedSecret};
use appkeep_storage::WriteTx;
use zeroize::Zeroizing;

use super::settle::Arrived;
use super::{EndUserEntered, EndUserRefused, EndUsers};
use crate::error::{Error, ErrorCode, Fault};
use crate::tokens::browser::Browser;
use crate::tokens::connection_secrets::place;
use crate::tokens::providers::{Errand, ProviderRefused, Registered};

const STATE_PREFIX: &str = "oas_";
const PURPOSE: &str = "authorizations under way";

/// Where a browser is to be sent.
#[derive(Debug)]
pub struct Departure {
    pub authorization_url: String,
    /// Good once, and for ten minutes.
    pub state: NewSecret,
}

/// What a browser brought back from a provider.
#[derive(Clone)]
pub struct Arrival {
    pub provider: String,
    pub state: Zeroizing<String>,
    /// A code, or the provider's word for why there is none (RFC 6749 §4.1.2.1).
    pub outcome: Result<Zeroizing<String>, String>,
}

/// What became of whoever came back.
#[derive(Debug)]
pub enum Joined {
    Entered {
        entered: EndUserEntered,
        is_new: bool,
    },
    /// Who asked signs in with the provider from now on.
    Linked(Box<(User, Identity)>),
}

impl EndUsers {
    /// With whom people may sign in, which anybody may know.
    pub async fn providers(&self) -> Result<Vec<Connection>, EndUserRefused> {
        let directory = self.directory().await?;
        let all = self.here.store.read().await?.connections(self.people.within, &directory).await?;
        Ok(all.into_iter().filter(|connection| connection.is_enabled).collect())
    }

    /// Somebody is about to go to a provider, and to come back to one of the
    /// application's redirect URIs.
    pub async fn depart(&self, provider: &str, redirect_uri: &str) -> Result<Departure, EndUserRefused> {
        let now = self.here.now();
        let redirect_uri = self.where_to_come_back(redirect_uri).await?;
        let directory = self.directory().await?;
        let connection = self.connection(&directory, provider).await?;
        let state = NewSecret::generate(STATE_PREFIX, &*self.here.entropy);
        let errand = self.errand(state.expose(), redirect_uri.clone()).await?;
        let asking = self.here.providers.authorization_url(&connection, &errand, now);
        let authorization_url = asking.await.map_err(|error| told(&connection, error.into()))?;
        let under_way = AuthorizationUnderWay {
            state: state.hash(),
            directory: directory.id,
            connection: connection.id,
            redirect_uri,
            created_at: now,
            expires_at: now.plus(AuthorizationUnderWay::LIFETIME),
        };
        let within = self.people.within;
        let write = async move |tx: &mut WriteTx| tx.insert_under_way(within, &directory, &under_way).await;
        self.here.store.write(write).await?;
        Ok(Departure { authorization_url, state })
    }

    /// Somebody has come back. They are let in to the account that is theirs, or
    /// get one; with the access token of a user the account there becomes that
    /// user's instead.
    pub async fn arrive(
        &self,
        arrival: Arrival,
        bearer: Option<&str>,
        browser: &Browser,
    ) -> Result<Joined, EndUserRefused> {
        self.must_be_proved()?;
        let asking = match bearer {
            Some(bearer) => Some(self.present(bearer, OwnAction::ChangeConnections).await?.user),
            None => None,
        };
        let directory = self.directory().await?;
        let connection = self.connection(&directory, &arrival.provider).await?;
        let redirect_uri = self.take_state(&connection, &arrival.state).await?;
        let code = arrival.outcome.map_err(EndUserRefused::ProviderSaidNo)?;
        let errand = self.errand(&arrival.state, redirect_uri).await?;
        let registered = self.registered(&directory, connection).await?;
        let asked = self.here.providers.outsider(&registered, (&errand, &code), self.here.now()).await;
        let Registered { connection, .. } = registered;
        let outsider = asked.map_err(|refused| told(&connection, refused))?;
        self.settle(Arrived { directory, connection, outsider, asking }, browser).await
    }

    /// With whom people sign in; one that is switched off is not there.
    async fn connection(&self, directory: &Directory, provider: &str) -> Result<Connection, EndUserRefused> {
        let name = ProviderName::parse(provider).map_err(|_| EndUserRefused::NoSuchProvider)?;
        let mut tx = self.here.store.read().await?;
        let found = tx.connection(self.people.within, directory, &name).await?;
        found.filter(|connection| connection.is_enabled).ok_or(EndUserRefused::NoSuchProvider)
    }

    /// Where somebody was to come back to who brings this state. It is good for
    /// the provider that they were sent to, and used up by whatever comes of it.
    async fn take_state(&self, connection: &Connection, state: &str) -> Result<RedirectUri, EndUserRefused> {
        let presented = PresentedSecret::parse(state).ok_or(EndUserRefused::StateGone)?;
        let (within, now, connection) = (self.people.within, self.here.now(), connection.id);
        let write = async move |tx: &mut WriteTx| -> Result<RedirectUri, EndUserRefused> {
            let taken = tx.take_under_way(within, presented.hash(), now).await?;
            let ours = taken.filter(|under_way| under_way.connection == connection);
            Ok(ours.ok_or(EndUserRefused::StateGone)?.redirect_uri)
        };
        self.here.store.write(write).await
    }

    async fn registered(
        &self,
        directory: &Directory,
        connection: Connection,
    ) -> Result<Registered, EndUserRefused> {
        let mut tx = self.here.store.read().await?;
        let sealed = tx.connection_secret(self.people.within, directory, connection.id).await?;
        drop(tx);
        let sealed = sealed.ok_or(EndUserRefused::NoSuchProvider)?;
        let text = (sealed.data_key_version, sealed.sealed.as_slice());
        let opened = self.here.keyring.open(sealed.issuer, &place(&connection), text).await;
        let opened = opened.map_err(Error::from)?;
        let damaged = |error| Error::new(ErrorCode::Internal, "something went wrong here").because(error);
        let secret = std::str::from_utf8(&opened).map_err(damaged)?;
        Ok(Registered { secret: Zeroizing::new(secret.to_owned()), connection })
    }

    async fn errand(&self, state: &str, redirect_uri: RedirectUri) -> Result<Errand, EndUserRefused> {
        let key = self.here.keyring.mac_key(self.here.issuer(), PURPOSE).await.map_err(Error::from)?;
        Ok(Errand::new(&key, state, redirect_uri))
    }

    async fn where_to_come_back(&self, named: &str) -> Result<RedirectUri, EndUserRefused> {
        let found = self.redirect_uris().await?.into_iter().find(|uri| uri.as_str() == named);
        let message = "is none of the application's redirect URIs";
        let fault = || Fault::new("redirect_uri", ErrorCode::InvalidField, message);
        Ok(found.ok_or_else(|| Error::invalid(fault()))?)
    }
}

/// Why a provider vouches for nobody is for whoever runs this: a stranger has
/// no use for it.
fn told(connection: &Connection, refused: ProviderRefused) -> EndUserRefused {
    let provider = connection.provider.as_str();
    match refused {
        ProviderRefused::Unavailable(error) => {
            tracing::warn!(provider, connection.id = %connection.id, %error, "a provider cannot be asked");
            EndUserRefused::ProviderUnavailable
        }
        ProviderRefused::Unproved(reason) => {
            tracing::info!(provider, connection.id = %connection.id, reason, "a provider vouches for nobody");
            EndUserRefused::NotVouchedFor
        }
    }
}

/// Whoever knows it can come back in somebody's place.
impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival").field("provider", &self.provider).finish_non_exhaustive()
    }
}
