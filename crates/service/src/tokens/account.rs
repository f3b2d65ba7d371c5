//! What a person sees of their own account, and takes back.

use appkeep_domain::{ApplicationId, Ending, SignIn, SignInId, Timestamp, UserAgent, Within};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{ReadTx, Seek, StorageError, WriteTx};
use serde_json::json;

use super::authorize::Account;
use super::browser::{Browser, Person};
use super::history::PersonEvent;
use super::people::People;
use super::{Authority, Inner};
use crate::endings::finish_endings;
use crate::{Error, ErrorCode};

/// As many of each as a page shows.
const MOST: u32 = 50;

/// Somebody's own sign-ins, and what they allowed.
#[derive(Debug, Clone)]
pub struct OwnAccount {
    pub account: Account,
    /// Those that are not over: this one, then those that last longest.
    pub sign_ins: Vec<OwnSignIn>,
    pub allowed: Vec<AllowedApplication>,
}

/// A browser that somebody is signed in with.
#[derive(Debug, Clone)]
pub struct OwnSignIn {
    pub id: SignInId,
    /// Whether it is the one that asks.
    pub is_this: bool,
    pub user_agent: Option<UserAgent>,
    pub address: Option<String>,
    pub signed_in_at: Timestamp,
    pub last_seen_at: Timestamp,
}

/// An application that somebody allowed something.
#[derive(Debug, Clone)]
pub struct AllowedApplication {
    pub id: ApplicationId,
    pub name: String,
    pub logo_url: Option<String>,
    pub scope: ScopeSet,
    pub allowed_at: Timestamp,
}

/// What a person takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBack {
    SignIn(SignInId),
    EverySignIn,
    /// Whatever the application was allowed; its sessions end with it.
    Consent(ApplicationId),
}

impl Authority {
    /// Whoever is signed in with this browser; nothing when nobody is.
    pub async fn own_account(&self, browser: &Browser) -> Result<Option<OwnAccount>, Error> {
        let Some((people, person)) = self.0.whoever_is_here(browser).await? else { return Ok(None) };
        let mut tx = self.0.store.read().await?;
        Ok(Some(OwnAccount {
            account: Account::of_user(&person.user),
            sign_ins: own_sign_ins(&mut tx, people, &person, self.0.now()).await?,
            allowed: self.0.own_consents(&mut tx, people, &person).await?,
        }))
    }

    /// Takes back something of whoever is signed in with this browser. What is
    /// over already is what they wanted; of others' nothing is touched.
    pub async fn take_back(&self, taken: TakenBack, browser: &Browser) -> Result<(), Error> {
        let Some((people, person)) = self.0.whoever_is_here(browser).await? else {
            return Err(Error::new(ErrorCode::Forbidden, "nobody is signed in with this browser"));
        };
        let (action, after) = match taken {
            TakenBack::SignIn(id) => ("user.signed_out", json!({ "sign_in": id.to_string() })),
            TakenBack::EverySignIn => ("user.signed_out", json!({ "sign_in": "every" })),
            TakenBack::Consent(id) => ("consent.withdrawn", json!({ "application": id.to_string() })),
        };
        let application = match taken {
            TakenBack::Consent(id) => Some(id),
            TakenBack::SignIn(_) | TakenBack::EverySignIn => None,
        };
        let event = PersonEvent { people, action, user: person.user.id, application };
        let entry = self.0.entry_of_person(event, after, browser).await?;
        let now = self.0.now();
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            take(tx, people, (&person, taken), now).await?;
            tx.insert_audit_entry(people.within, &entry).await
        };
        match self.0.store.write(write).await {
            Ok(()) => finish_endings(&self.0.store).await.map(drop),
            Err(StorageError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// `Stale` when it is over, or is not this person's.
async fn take(
    tx: &mut WriteTx,
    people: People,
    (person, taken): (&Person, TakenBack),
    now: Timestamp,
) -> Result<(), StorageError> {
    let (within, directory, user) = (people.within, &person.directory, person.user.id);
    match taken {
        TakenBack::SignIn(id) => {
            let found = tx.sign_in(within, id).await?.filter(|sign_in| sign_in.user == user);
            let id = found.ok_or(StorageError::Stale)?.id;
            tx.end_sign_in(within, directory, id, Ending::at(now)).await
        }
        TakenBack::EverySignIn => {
            tx.end_sessions_of_user(within, directory, user, Ending::at(now)).await.map(drop)
        }
        TakenBack::Consent(application) => {
            tx.delete_consent(within, directory, (user, application), Ending::at(now)).await
        }
    }
}

async fn own_sign_ins(
    tx: &mut ReadTx,
    people: People,
    person: &Person,
    now: Timestamp,
) -> Result<Vec<OwnSignIn>, StorageError> {
    let whose = (&person.directory, person.user.id);
    let mut live = tx.live_sign_ins_of_user(people.within, whose, now, MOST).await?;
    live.retain(|sign_in| sign_in.id != person.sign_in.id);
    // Whoever looks at the page is here at this moment.
    let this = SignIn { last_seen_at: now, ..person.sign_in.clone() };
    let shown = |sign_in: SignIn| OwnSignIn {
        id: sign_in.id,
        is_this: sign_in.id == person.sign_in.id,
        user_agent: sign_in.from.user_agent,
        address: sign_in.from.address.map(|address| address.to_string()),
        signed_in_at: sign_in.authenticated_at,
        last_seen_at: sign_in.last_seen_at,
    };
    Ok(std::iter::once(this).chain(live).map(shown).collect())
}

impl Inner {
    async fn own_consents(
        &self,
        tx: &mut ReadTx,
        people: People,
        person: &Person,
    ) -> Result<Vec<AllowedApplication>, StorageError> {
        let seek = Seek { after: None, limit: MOST as usize };
        let page = tx.consents(people.within, &person.directory, person.user.id, seek).await?;
        let mut allowed = Vec::new();
        for consent in page.consents {
            let found = tx.application(Within::Platform, consent.application).await?;
            allowed.extend(found.map(|application| AllowedApplication {
                id: application.id,
                name: application.name.to_string(),
                logo_url: application.logo_url,
                scope: consent.scope,
                allowed_at: consent.updated_at,
            }));
        }
        Ok(allowed)
    }
}
