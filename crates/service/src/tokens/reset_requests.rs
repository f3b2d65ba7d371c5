//! Links that anybody can ask for by an address: to a new password, and to sign
//! in.
//!
//! Nothing that whoever asks can see, nor how long it takes, depends on whether
//! there is such a person: who may ask is decided before anybody is looked for,
//! and the looking is nobody's to wait for.

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{Lifetime, LinkPurpose, RedirectUri, Timestamp, User, UserId};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::browser::Browser;
use super::history::PersonEvent;
use super::limits::TooOften;
use super::links::{Told, action};
use super::people::People;
use super::proof::find_user;
use super::{Authority, Inner};
use crate::Error;
use crate::mail::SendMail;

/// Between the first two mails to one person; between those that follow twice as
/// long each time.
const FIRST_PAUSE: Lifetime = Lifetime::from_minutes(1);
/// No pause is longer, and after so long without one more wish they begin anew.
const LONGEST_PAUSE: Lifetime = Lifetime::from_hours(24);

/// The last mail to somebody.
#[derive(Clone, Copy)]
struct Written {
    at: Timestamp,
    /// Until the next.
    pause: Lifetime,
}

/// What this node remembers of them.
pub(super) struct ResetRequests {
    written_to: quick_cache::sync::Cache<(UserId, LinkPurpose), Written>,
    /// Of two at once, one is written to after the other.
    deciding: Mutex<()>,
    /// For those that are being looked at.
    places: Arc<Semaphore>,
}

/// A request that was let in, and has a place until it is answered.
pub struct ResetRequest {
    authority: Authority,
    wish: Wish,
    browser: Browser,
    _place: OwnedSemaphorePermit,
}

/// A link that somebody wants who may have that address.
pub(super) struct Wish {
    pub(super) among: Among,
    pub(super) address: String,
    pub(super) purpose: LinkPurpose,
    /// Where the application wants the person to go with it.
    pub(super) leads_to: Option<RedirectUri>,
}

/// Among whom somebody is looked for.
pub(super) enum Among {
    /// Those who may use the application whose request these parameters are.
    Askers(Vec<u8>),
    People(People),
}

impl Authority {
    /// Lets in a wish for a link to whoever has this address, among those who
    /// may use the application whose request `parameters` are. Every wish
    /// counts as a failure to sign in does, whoever it is about; and there are
    /// so many at once and no more.
    pub fn admit_reset_request(
        &self,
        (parameters, address): (&[u8], &str),
        browser: &Browser,
    ) -> Result<ResetRequest, TooOften> {
        let wish = Wish {
            among: Among::Askers(parameters.to_owned()),
            address: address.trim().to_owned(),
            purpose: LinkPurpose::ResetPassword,
            leads_to: None,
        };
        self.0.admit_wish(wish, browser)
    }
}

impl Inner {
    pub(super) fn admit_wish(&self, wish: Wish, browser: &Browser) -> Result<ResetRequest, TooOften> {
        let (now, from) = (self.now(), browser.origin.address);
        self.limits.admit_address(from, now)?;
        self.limits.failed_at(from, now);
        let place = Arc::clone(&self.reset_requests.places).try_acquire_owned();
        Ok(ResetRequest {
            authority: Authority(self.clone()),
            wish,
            browser: browser.clone(),
            _place: place.map_err(|_| TooOften { retry_after_s: 1 })?,
        })
    }
}

impl ResetRequest {
    /// Writes to them; to nobody when nobody has the address, and less and less
    /// often. How long it takes says which, so that no answer may wait for it.
    pub async fn answer(self, mail: Arc<dyn SendMail>) -> Result<(), Error> {
        let inner = &self.authority.0;
        let Wish { among, address, purpose, leads_to } = self.wish;
        let people = match among {
            Among::Askers(parameters) => inner.people_of(&parameters).await?,
            Among::People(people) => people,
        };
        let mut tx = inner.store.read().await?;
        let Some(directory) = people.directory(&mut tx).await? else { return Ok(()) };
        let user = find_user(&mut tx, people, &directory, &address).await?;
        drop(tx);
        // Who was invited is written to by whoever invites.
        let Some(user) = user.filter(User::may_sign_in) else { return Ok(()) };
        if !inner.reset_requests.may_write_to((user.id, purpose), inner.now()) {
            return Ok(());
        }
        let event = PersonEvent { people, action: action(purpose), user: user.id, application: None };
        let entry = inner.entry_of_anybody(event, &self.browser).await?;
        inner
            .send_link(people, (&directory, &user), purpose, Told { mail, entry, attempt: None, leads_to })
            .await
    }

    /// The same for where nobody waits for it: what fails is for the log.
    pub async fn answer_alone(self, mail: Arc<dyn SendMail>) {
        if let Err(error) = self.answer(mail).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a link was not sent");
        }
    }
}

impl ResetRequests {
    /// A hundred bytes each.
    const REMEMBERED: usize = 10_000;
    const AT_ONCE: usize = 32;

    /// Whether they may be written to for this once more; then they were.
    pub(super) fn may_write_to(&self, key: (UserId, LinkPurpose), now: Timestamp) -> bool {
        let _alone = self.deciding.lock();
        let last = self.written_to.get(&key);
        if last.is_some_and(|last| now < last.at.plus(last.pause)) {
            return false;
        }
        let last = last.filter(|last| now < last.at.plus(last.pause).plus(LONGEST_PAUSE));
        let pause = last.map_or(FIRST_PAUSE, |last| {
            Lifetime::from_seconds(last.pause.as_seconds() * 2).min(LONGEST_PAUSE)
        });
        self.written_to.insert(key, Written { at: now, pause });
        true
    }
}

impl Default for ResetRequests {
    fn default() -> Self {
        Self {
            written_to: quick_cache::sync::Cache::new(Self::REMEMBERED),
            deciding: Mutex::new(()),
            places: Arc::new(Semaphore::new(Self::AT_ONCE)),
        }
    }
}

/// Whom somebody asks about is not for logs.
impl fmt::Debug for ResetRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResetRequest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_written_to_again_and_again() {
        let (requests, at) = (ResetRequests::default(), Timestamp::from_seconds);
        let [ada, bob] = [1, 2].map(|number| UserId::from_bytes([number; 16]));
        for (user, second, may) in [
            (ada, 0, true),
            (ada, 59, false),
            (bob, 59, true),
            (ada, 60, true),
            (ada, 179, false),
            (ada, 180, true),
            (ada, 419, false),
            (ada, 420, true),
        ] {
            assert_eq!(
                requests.may_write_to((user, LinkPurpose::ResetPassword), at(second)),
                may,
                "{user} {second}"
            );
        }
        let of_a_month = (421..30 * 86_400).step_by(10);
        let written = of_a_month
            .filter(|second| requests.may_write_to((ada, LinkPurpose::ResetPassword), at(*second)))
            .count();
        assert_eq!(written, 36, "at last once a day");
        let later = at(33 * 86_400);
        for again in [later, later.plus(FIRST_PAUSE)] {
            assert!(requests.may_write_to((ada, LinkPurpose::ResetPassword), again), "they begin anew");
        }
        assert!(requests.may_write_to((ada, LinkPurpose::SignIn), later), "each purpose has its own");
    }
}
