//! Signing out (OpenID Connect RP-Initiated Logout 1.0).

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{Ending, Session, SessionId, SignInId, User, UserId, Within, fold};
use appkeep_oauth::{Form, LogoutRequest, Refusal};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::json;

use super::authorize::Account;
use super::browser::{Browser, Person, people_here, read_person};
use super::client_names::ClientName;
use super::clients::Client;
use super::history::PersonEvent;
use super::id_token::IdTokenHint;
use super::people::People;
use super::refuse::refuse;
use super::{Authority, Inner};
use crate::Error;

/// What comes next.
#[derive(Debug)]
pub enum LogoutStep {
    /// Anybody can make a browser follow a link, so the person is asked.
    Confirm {
        account: Account,
        application: Option<String>,
        /// Where the application wants the person back, which the page has to allow.
        location: Option<String>,
    },
    Done(SignedOut),
}

/// A browser that nobody is signed in with any more.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedOut {
    /// Where the application wants the person back.
    pub location: Option<String>,
}

impl Authority {
    /// Ends the sign-in of the browser and every session under it, whichever
    /// application they are with.
    ///
    /// `confirmed` says that the person was asked. Without, only an ID token of
    /// this very sign-in will do, and no hint may name anybody else. The token of
    /// a session that outlived its sign-in ends that session.
    pub async fn logout(
        &self,
        form: &Form,
        confirmed: bool,
        browser: &Browser,
    ) -> Result<LogoutStep, Refusal> {
        let request = LogoutRequest::parse(form)?;
        let hint = match &request.id_token_hint {
            Some(hint) => self.0.read_id_token(hint).await.map_err(refuse)?,
            None => None,
        };
        let (hint, asker) = agreeing(hint, request.client_id.as_deref());
        let asker = self.0.logout_asker(asker).await?;
        let location =
            asker.as_ref().and_then(|(_, oauth)| request.location(&oauth.post_logout_redirect_uris));
        if let Some(hint) = &hint {
            self.0.end_what_is_left(hint, request.logout_hint.as_deref(), browser).await.map_err(refuse)?;
        }
        let found = self.0.whoever_is_here(browser).await.map_err(refuse)?;
        let Some((people, person)) = found else { return Ok(LogoutStep::Done(SignedOut { location })) };
        let meant = request.logout_hint.as_deref().is_none_or(|named| is_named(&person.user, named));
        let hinted = match &hint {
            Some(hint) if meant => self.0.is_of_sign_in(&person, hint).await.map_err(refuse)?,
            _ => false,
        };
        if !confirmed && !hinted {
            let application = asker.map(|(name, _)| name);
            let account = Account::of_user(&person.user);
            return Ok(LogoutStep::Confirm { account, application, location });
        }
        self.0.end_sign_in(people, &person, browser).await.map_err(refuse)?;
        Ok(LogoutStep::Done(SignedOut { location }))
    }
}

impl Inner {
    /// The application that sends the person, if it is known here.
    async fn logout_asker(
        &self,
        name: Option<ClientName>,
    ) -> Result<Option<(String, appkeep_domain::OauthFacet)>, Refusal> {
        let Some(name) = name else { return Ok(None) };
        let found = self.application(&name).await.map_err(refuse)?;
        Ok(found.and_then(|(found, _)| Some((found.name.to_string(), found.oauth?))))
    }

    /// Whoever is signed in with this browser, to whatever.
    pub(super) async fn whoever_is_here(&self, browser: &Browser) -> Result<Option<(People, Person)>, Error> {
        let people = people_here(&mut self.store.read().await?, browser).await?;
        let Some(people) = people else { return Ok(None) };
        if !self.is_home_of(people).await? {
            return Ok(None);
        }
        let person = read_person(&mut self.store.read().await?, people, browser, self.now()).await?;
        Ok(person.map(|person| {
            self.see_sign_in(&person.sign_in);
            (people, person)
        }))
    }

    /// Whether the token was issued in a session under this very sign-in.
    async fn is_of_sign_in(&self, person: &Person, hint: &IdTokenHint) -> Result<bool, Error> {
        let session = self.hinted_session(hint).await?.map(|(_, session)| session);
        let same =
            |session: Session| session.user == person.user.id && session.sign_in == Some(person.sign_in.id);
        Ok(session.is_some_and(same))
    }

    /// The session that the token was issued in.
    async fn hinted_session(&self, hint: &IdTokenHint) -> Result<Option<(Arc<Client>, Session)>, Error> {
        let Ok(session) = SessionId::parse(&hint.sid) else { return Ok(None) };
        let Some(named) = self.named_client(&hint.aud, self.now()).await? else { return Ok(None) };
        let client = named.client;
        let mut tx = self.store.read().await?;
        let session = tx.session(client.within(), client.owner, client.id(), session).await?;
        let session = session.filter(|session| session.user.to_string() == hint.sub);
        Ok(session.map(|session| (client, session)))
    }

    /// Ends the session that the token was issued in if its sign-in is over: no
    /// cookie leads to it any more, and its refresh tokens may live for months.
    async fn end_what_is_left(
        &self,
        hint: &IdTokenHint,
        named: Option<&str>,
        browser: &Browser,
    ) -> Result<(), Error> {
        let Some((client, session)) = self.hinted_session(hint).await? else { return Ok(()) };
        let directory = self.store.read().await?.directory(Within::Platform, session.directory).await?;
        let Some(people) = directory.as_ref().map(People::of_directory) else { return Ok(()) };
        if !session.is_live(self.now()) || !self.is_left_of(people, &session, named).await? {
            return Ok(());
        }
        let (user, application) = (session.user, Some(session.application));
        let event = PersonEvent { people, action: "session.ended", user, application };
        let after = json!({ "session_id": session.id.to_string(), "user_id": user.to_string() });
        let entry = self.entry_of_person(event, after, browser).await?;
        let (within, now) = (client.within(), self.now());
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.end_session(within, &session, Ending::at(now)).await?;
            tx.insert_audit_entry(people.within, &entry).await
        };
        unless_over(self.store.write(write).await)
    }

    /// Whether its sign-in is over, and it is theirs whom a hint names.
    async fn is_left_of(
        &self,
        people: People,
        session: &Session,
        named: Option<&str>,
    ) -> Result<bool, Error> {
        let mut tx = self.store.read().await?;
        if let Some(id) = session.sign_in {
            let sign_in = tx.sign_in(Within::Platform, id).await?;
            if sign_in.is_some_and(|sign_in| sign_in.is_live(self.now())) {
                return Ok(false);
            }
        }
        let Some(named) = named else { return Ok(true) };
        let Some(directory) = people.directory(&mut tx).await? else {
            return Ok(false);
        };
        let user = tx.user(people.within, &directory, session.user).await?;
        Ok(user.is_some_and(|user| is_named(&user, named)))
    }

    pub(super) async fn end_sign_in(
        &self,
        people: People,
        person: &Person,
        browser: &Browser,
    ) -> Result<(), Error> {
        let (directory, id, now): (_, SignInId, _) =
            (person.directory.clone(), person.sign_in.id, self.now());
        let event =
            PersonEvent { people, action: "user.signed_out", user: person.user.id, application: None };
        let after = json!({ "sign_in": id.to_string() });
        let entry = self.entry_of_person(event, after, browser).await?;
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.end_sign_in(people.within, &directory, id, Ending::at(now)).await?;
            tx.insert_audit_entry(people.within, &entry).await
        };
        unless_over(self.store.write(write).await)
    }
}

/// It may have ended by itself meanwhile, or elsewhere.
fn unless_over(outcome: Result<(), StorageError>) -> Result<(), Error> {
    match outcome {
        Ok(()) | Err(StorageError::Stale) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The hint, and which application sends the person. Whose token it is, and who
/// says that they sent it, must be one (§2): else neither says anything.
fn agreeing(hint: Option<IdTokenHint>, named: Option<&str>) -> (Option<IdTokenHint>, Option<ClientName>) {
    let hinted = hint.as_ref().and_then(|hint| ClientName::parse(&hint.aud));
    let sender = named.and_then(ClientName::parse);
    match (named, &hinted) {
        (Some(_), Some(_)) if sender != hinted => (None, None),
        _ => (hint, sender.or(hinted)),
    }
}

/// Whether a `logout_hint` (§2) is an address, a name or an id of theirs, or
/// their sign-in's. What else a client calls them is not known here.
fn is_named(user: &User, hint: &str) -> bool {
    let named = fold(hint.trim());
    user.email.folded() == named
        || user.username.as_ref().is_some_and(|username| username.folded() == named)
        || UserId::parse(hint) == Ok(user.id)
}

/// An address with a state in it is the application's business.
impl fmt::Debug for SignedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedOut").field("returns", &self.location.is_some()).finish()
    }
}
