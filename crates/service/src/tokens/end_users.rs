//! An application's own users, as the application asks for them with its keys:
//! registered, signed in, and at their accounts, without our pages.
//!
//! Which key was brought decides of which environment's people everything is.

mod addresses;
mod identities;
mod keys;
mod magic_link;
mod oauth;
mod own_account;
mod own_sessions;
mod passwords;
mod refused;
mod register;
mod second_factor;
mod session;
mod settle;

use appkeep_domain::{ApplicationId, Directory, Email, LinkPurpose, OwnAction, RedirectUri, SessionId, User};

use super::Inner;
use super::acting::Acting;
use super::authenticate::AuthenticatedClient;
use super::history::PersonEvent;
use super::people::People;
use super::reset_requests::{Among, Wish};
use super::verify::{Good, Unverified};
use crate::error::{Error, ErrorCode, Fault};

pub use self::keys::AppKeys;
pub use self::oauth::{Arrival, Departure, Joined};
pub use self::own_account::OwnFields;
pub use self::own_sessions::OwnSession;
pub use self::refused::EndUserRefused;
pub use self::register::NewEndUser;
pub use self::second_factor::{DeviceOf, DeviceStatus};
pub(super) use self::session::scopes;
pub use self::session::{EndUserEntered, EndUserSession};

/// The people of an application in one of its environments, as whoever brought
/// its keys may have them.
pub struct EndUsers {
    here: Inner,
    client: AuthenticatedClient,
    people: People,
    /// Whether it was proved that the application asks: with the public key
    /// alone anybody does.
    is_proved: bool,
}

/// An end user, as their access token tells of them.
struct Present {
    directory: Directory,
    user: User,
    session: SessionId,
    /// Who acts as them, if somebody does.
    acting: Option<Acting>,
}

impl EndUsers {
    /// Which application this is.
    pub fn application(&self) -> ApplicationId {
        self.client.client.id()
    }

    /// Whether its pages at this origin may read what is answered.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.client.client.allowed_origins.iter().any(|known| known.as_str() == origin)
    }

    fn must_be_proved(&self) -> Result<(), EndUserRefused> {
        if self.is_proved { Ok(()) } else { Err(EndUserRefused::Unauthorized("this needs the secret key")) }
    }

    /// Where its people are. It is made with the application, and goes with it.
    async fn directory(&self) -> Result<Directory, EndUserRefused> {
        let found = self.people.directory(&mut self.here.store.read().await?).await?;
        found.ok_or(EndUserRefused::Unauthorized("the application has no users of its own"))
    }

    /// Whom the access token speaks for. A token of another application, or of
    /// the other environment, is none here, and one of somebody who acts as the
    /// person does not do everything.
    async fn present(&self, bearer: &str, action: OwnAction) -> Result<Present, EndUserRefused> {
        let refused = || EndUserRefused::Unauthorized("the access token is not good here, or no longer");
        let good = self.here.verify(bearer).await.map_err(|reason| match reason {
            Unverified::Worthless(_) => refused(),
            Unverified::Failed(error) => error.into(),
        })?;
        let Good { token, client } = &good;
        let person = token.person.as_ref().filter(|_| client.id() == self.application());
        let person = person.filter(|person| person.environment == self.client.environment);
        let person = person.ok_or_else(refused)?;
        person.may(action)?;
        let mut tx = self.here.store.read().await?;
        let directory = self.people.directory(&mut tx).await?.ok_or_else(refused)?;
        let user = tx.user(self.people.within, &directory, person.ids.user).await?;
        let user = user.filter(User::may_sign_in).ok_or_else(refused)?;
        self.here.see(&good);
        Ok(Present { directory, user, session: person.ids.session, acting: person.impersonation })
    }

    fn event(&self, action: &'static str, user: &User) -> PersonEvent {
        PersonEvent { people: self.people, action, user: user.id, application: Some(self.application()) }
    }

    /// A link that is wanted for whoever has the address. What is no address is
    /// told; whether anybody has it is not.
    fn wish(
        &self,
        address: &str,
        (purpose, leads_to): (LinkPurpose, Option<RedirectUri>),
    ) -> Result<Wish, EndUserRefused> {
        Email::parse(address)
            .map_err(|reason| Error::invalid(Fault::new("email", ErrorCode::InvalidField, reason)))?;
        let among = Among::People(self.people);
        Ok(Wish { among, address: address.trim().to_owned(), purpose, leads_to })
    }

    /// Where a link may lead: to what the application registered, and nowhere
    /// else.
    async fn redirect_url(&self, named: Option<&str>) -> Result<Option<RedirectUri>, EndUserRefused> {
        let Some(named) = named else { return Ok(None) };
        let found = self.redirect_uris().await?.into_iter().find(|uri| uri.as_str() == named);
        let fault = || {
            Fault::new("redirect_url", ErrorCode::InvalidField, "is none of the application's redirect URIs")
        };
        Ok(Some(found.ok_or_else(|| Error::invalid(fault()))?))
    }

    async fn redirect_uris(&self) -> Result<Vec<RedirectUri>, EndUserRefused> {
        let mut tx = self.here.store.read().await?;
        let application = tx.application(self.people.within, self.application()).await?;
        Ok(application.and_then(|found| found.oauth).map(|oauth| oauth.redirect_uris).unwrap_or_default())
    }
}
