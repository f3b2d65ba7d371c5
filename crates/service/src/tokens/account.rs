//! What a person sees of their own account, and takes back.

use appkeep_domain::{ApplicationId, Ending, SignIn, SignInId, Timestamp, UserAgent, Within};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{ReadTx, Seek, SignInPlace, StorageError, WriteTx};
use serde_json::json;

use super::Authority;
use super::authorize::Account;
use super::browser::{Browser, Person};
use super::history::PersonEvent;
use super::people::People;
use crate::endings::finish_endings;
use crate::registry::page::{List, PageQuery, id_key};
use crate::{Error, ErrorCode};

/// As many of each as a page shows.
const MOST: usize = 50;

/// Which part of each list is wanted, as the page before named it; from the
/// beginning when absent, or when no page did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountQuery {
    pub sign_ins: Option<String>,
    pub allowed: Option<String>,
}

/// Somebody's own sign-ins, and what they allowed.
#[derive(Debug, Clone)]
pub struct OwnAccount {
    pub account: Account,
    /// Those that are not over: this one, then those that last longest.
    pub sign_ins: Vec<OwnSignIn>,
    /// Where their list goes on.
    pub more_sign_ins: Option<String>,
    /// The newest applications first.
    pub allowed: Vec<AllowedApplication>,
    /// Where their list goes on.
    pub more_allowed: Option<String>,
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
    pub async fn own_account(
        &self,
        query: AccountQuery,
        browser: &Browser,
    ) -> Result<Option<OwnAccount>, Error> {
        let Some((people, person)) = self.0.whoever_is_here(browser).await? else { return Ok(None) };
        let mut tx = self.0.store.read().await?;
        let (place, now) = (query.sign_ins, self.0.now());
        let (sign_ins, more_sign_ins) = own_sign_ins(&mut tx, people, (&person, place), now).await?;
        let (allowed, more_allowed) = own_consents(&mut tx, people, (&person, query.allowed)).await?;
        let account = Account::of_user(&person.user);
        Ok(Some(OwnAccount { account, sign_ins, more_sign_ins, allowed, more_allowed }))
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

/// Some of them, and where the list goes on.
type Part<T> = (Vec<T>, Option<String>);

async fn own_sign_ins(
    tx: &mut ReadTx,
    people: People,
    (person, place): (&Person, Option<String>),
    now: Timestamp,
) -> Result<Part<OwnSignIn>, StorageError> {
    let (whose, after) = ((&person.directory, person.user.id), read_place(place));
    let found = tx.live_sign_ins_of_user(people.within, whose, now, Seek { after, limit: MOST }).await?;
    // Whoever looks at the page is here at this moment.
    let this = SignIn { last_seen_at: now, ..person.sign_in.clone() };
    let this = Some(this).filter(|_| after.is_none());
    let others = found.sign_ins.into_iter().filter(|sign_in| sign_in.id != person.sign_in.id);
    let shown = |sign_in: SignIn| OwnSignIn {
        id: sign_in.id,
        is_this: sign_in.id == person.sign_in.id,
        user_agent: sign_in.from.user_agent,
        address: sign_in.from.address.map(|address| address.to_string()),
        signed_in_at: sign_in.authenticated_at,
        last_seen_at: sign_in.last_seen_at,
    };
    Ok((this.into_iter().chain(others).map(shown).collect(), found.next.map(print_place)))
}

async fn own_consents(
    tx: &mut ReadTx,
    people: People,
    (person, place): (&Person, Option<String>),
) -> Result<Part<AllowedApplication>, StorageError> {
    let after = PageQuery { cursor: place, limit: None };
    let after = after.after(List::OwnConsents, id_key, &mut Vec::new()).map(ApplicationId::from_bytes);
    let seek = Seek { after, limit: MOST };
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
    Ok((allowed, page.next.map(|id| List::OwnConsents.cursor(&id.as_bytes()))))
}

/// A place that nobody named is the beginning.
fn read_place(place: Option<String>) -> Option<SignInPlace> {
    let parse = |key: Vec<u8>| {
        let (expires_at, id) = key.split_first_chunk::<8>()?;
        let expires_at = Timestamp::from_micros(i64::from_be_bytes(*expires_at));
        Some(SignInPlace { expires_at, id: SignInId::from_bytes(id.try_into().ok()?) })
    };
    PageQuery { cursor: place, limit: None }.after(List::OwnSignIns, parse, &mut Vec::new())
}

fn print_place(place: SignInPlace) -> String {
    let key = [place.expires_at.as_micros().to_be_bytes().as_slice(), &place.id.as_bytes()].concat();
    List::OwnSignIns.cursor(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_what_is_none_is_the_beginning() {
        let place = SignInPlace { expires_at: Timestamp::from_micros(7), id: SignInId::from_bytes([9; 16]) };
        assert_eq!(read_place(Some(print_place(place))), Some(place));
        let cut = print_place(place)[..20].to_owned();
        for none in [None, Some(cut), Some(String::new()), Some("☃".to_owned())] {
            assert_eq!(read_place(none), None);
        }
    }
}
