//! A person proves by a password who they are.

use std::fmt;
use std::time::Duration;

use appkeep_domain::{
    AuthMethod, Challenge, Directory, Email, Failing, Lifetime, Network, PasswordHash, Timestamp, User,
    Username,
};
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::Inner;
use super::browser::Browser;
use super::failures::{Tried, forgive, locked_until, tag};
use super::limits::TooOften;
use super::people::People;
use super::second_factors::{RightCode, has_device, use_code};
use crate::{Error, ErrorCode};

/// A wrong name or password is answered at a multiple of this, and never sooner.
const BEAT: Duration = Duration::from_millis(250);

/// What a person typed.
#[derive(Clone)]
pub struct Credentials {
    /// An address or a user name.
    pub identifier: String,
    pub password: Zeroizing<String>,
}

/// Somebody who knew their password a moment ago.
#[derive(Clone)]
pub(super) struct Proved {
    pub(super) directory: Directory,
    pub(super) user: User,
    pub(super) by: ProvedBy,
    pub(super) tried: Tried,
}

/// How somebody proved who they are, to be looked at again when it counts.
#[derive(Clone)]
pub(super) enum ProvedBy {
    Password(PasswordHash),
    /// Under this challenge, after a first proof.
    Code(RightCode, Box<Challenge>),
}

/// Why somebody did not sign in.
#[derive(Debug)]
pub enum SignInRefused {
    /// The name or the password, and nobody says which.
    Wrong,
    /// There were too many failures, under this name or from this address.
    TooOften {
        retry_after_s: u32,
    },
    /// The password is right, and the account may not be used; or nobody signs
    /// in to this tenant at all.
    Suspended,
    /// Whoever has a device is asked for its code, which nobody can give here.
    CodeWanted,
    /// Nobody is asked for a code any more under this secret.
    ChallengeOver,
    Failed(Error),
}

impl From<Error> for SignInRefused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StorageError> for SignInRefused {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.into())
    }
}

/// What is known under a name.
pub(super) struct Known {
    pub(super) directory: Directory,
    /// Nobody may have that name.
    user: Option<User>,
    hash: Option<PasswordHash>,
    pub(super) tried: Tried,
    locked_until: Option<Timestamp>,
}

impl Inner {
    /// Whoever of these people has this name and this password.
    ///
    /// An unknown name and a wrong password are one answer, and take as long.
    pub(super) async fn prove_password(
        &self,
        people: People,
        credentials: Credentials,
        browser: &Browser,
    ) -> Result<Proved, SignInRefused> {
        // What is read and written of a failure is not quite the same for somebody
        // who is here and for a stranger: the answer waits for the next beat,
        // however long others were waited for.
        let began = Instant::now();
        let outcome = self.try_to_prove(people, credentials, browser).await;
        if matches!(outcome, Err(SignInRefused::Wrong)) {
            tokio::time::sleep_until(began + next_beat(began.elapsed())).await;
        }
        outcome
    }

    async fn try_to_prove(
        &self,
        people: People,
        credentials: Credentials,
        browser: &Browser,
    ) -> Result<Proved, SignInRefused> {
        let now = self.now();
        self.admit_address(browser, now)?;
        let name = credentials.identifier.trim().to_owned();
        let Some(known) = self.known(people, &name, (browser, now)).await? else {
            // There is no directory, and so nobody.
            self.passwords.verify(credentials.password, None).await?;
            return Err(SignInRefused::Wrong);
        };
        known.check_not_locked(now)?;
        let right = self.passwords.verify(credentials.password, known.hash.clone()).await?;
        match known {
            Known { directory, user: Some(user), hash: Some(hash), tried, .. } if right => {
                let by = ProvedBy::Password(hash);
                self.let_in(people, Proved { directory, user, by, tried }).await
            }
            known => Err(self.note_failure(people, &known, browser).await?),
        }
    }

    pub(super) fn admit_address(&self, browser: &Browser, now: Timestamp) -> Result<(), SignInRefused> {
        let admitted = self.limits.admit_address(browser.origin.address, now);
        admitted.map_err(|TooOften { retry_after_s }| SignInRefused::TooOften { retry_after_s })
    }

    async fn known(
        &self,
        people: People,
        name: &str,
        (browser, now): (&Browser, Timestamp),
    ) -> Result<Option<Known>, Error> {
        let key = self.lockout_key().await?;
        let mut tx = self.store.read().await?;
        let Some(directory) = people.directory(&mut tx).await? else {
            return Ok(None);
        };
        let user = find_user(&mut tx, people, &directory, name).await?;
        let mut hash = None;
        if let Some(user) = &user {
            hash = tx.password(people.within, &directory, user.id).await?.map(|kept| kept.hash);
        }
        let stranger = tag(&key, directory.id, name);
        let tried = Tried {
            name: user.as_ref().map_or(stranger, |user| Failing::Account(user.id)),
            address: browser.origin.address.map(Network::of),
        };
        let locked_until = locked_until(&mut tx, (people, &directory), tried, now).await?;
        Ok(Some(Known { directory, user, hash, tried, locked_until }))
    }

    /// Whoever knows the password, unless the account may not be used: they are
    /// told so, once it is sure that the guess was looked at.
    async fn let_in(&self, people: People, proved: Proved) -> Result<Proved, SignInRefused> {
        if proved.user.may_sign_in() {
            return Ok(proved);
        }
        let (place, now) = ((people, &proved.directory), self.now());
        let until = locked_until(&mut self.store.read().await?, place, proved.tried, now).await?;
        Err(until.map_or(SignInRefused::Suspended, |until| too_often(now, until)))
    }

    /// Counts the failure, and says what it is answered with: those that come
    /// after a lock learn nothing.
    pub(super) async fn note_failure(
        &self,
        people: People,
        known: &Known,
        browser: &Browser,
    ) -> Result<SignInRefused, Error> {
        let now = self.now();
        self.limits.failed_at(browser.origin.address, now);
        let whose = (known.user.as_ref(), known.tried);
        let until = self.count_failure((people, &known.directory), whose, browser).await?;
        Ok(until.map_or(SignInRefused::Wrong, |until| too_often(now, until)))
    }
}

impl Known {
    /// Somebody whose password is not looked at any more.
    pub(super) async fn of_user(
        tx: &mut ReadTx,
        (people, directory): (People, Directory),
        (user, browser): (User, &Browser),
        now: Timestamp,
    ) -> Result<Self, StorageError> {
        let address = browser.origin.address.map(Network::of);
        let tried = Tried { name: Failing::Account(user.id), address };
        let locked_until = locked_until(tx, (people, &directory), tried, now).await?;
        Ok(Self { directory, user: Some(user), hash: None, tried, locked_until })
    }

    pub(super) fn check_not_locked(&self, now: Timestamp) -> Result<(), SignInRefused> {
        self.locked_until.map_or(Ok(()), |until| Err(too_often(now, until)))
    }
}

impl Proved {
    /// In the words of RFC 8176.
    pub(super) fn methods(&self) -> Vec<AuthMethod> {
        match &self.by {
            ProvedBy::Password(_) => vec![AuthMethod::Password],
            ProvedBy::Code(_, challenge) => challenge.methods_met(),
        }
    }

    /// Decides once more in the transaction that lets them in, and forgives what
    /// failed before: the password may have been changed while this one was
    /// looked at. Of many guesses at once, those that come after a lock are no
    /// more looked at than if they came one by one, though one of them is right.
    pub(super) async fn enter(
        &self,
        tx: &mut WriteTx,
        people: People,
        now: Timestamp,
    ) -> Result<(), SignInRefused> {
        let (directory, user) = (&self.directory, self.user.id);
        self.check_proof(tx, people, now).await?;
        let still = tx.user(people.within, directory, user).await?;
        still.filter(User::may_sign_in).ok_or(SignInRefused::Wrong)?;
        tx.record_sign_in(people.within, directory, user, now).await?;
        self.forgive(tx, people, now).await
    }

    /// Forgets what failed before, unless it locked the account meanwhile.
    async fn forgive(&self, tx: &mut WriteTx, people: People, now: Timestamp) -> Result<(), SignInRefused> {
        let place = (people, &self.directory);
        if let Some(until) = locked_until(tx, place, self.tried, now).await? {
            return Err(too_often(now, until));
        }
        Ok(forgive(tx, place, self.tried, now).await?)
    }

    /// Decides once more in the transaction in which the password counts, as
    /// [`Self::enter`] does, for somebody who is signed in already.
    pub(super) async fn confirm(
        &self,
        tx: &mut WriteTx,
        people: People,
        now: Timestamp,
    ) -> Result<(), SignInRefused> {
        self.check_password(tx, people).await?;
        self.forgive(tx, people, now).await
    }

    /// Refuses a password that was changed while this one was looked at.
    pub(super) async fn check_password(&self, tx: &mut ReadTx, people: People) -> Result<(), SignInRefused> {
        let ProvedBy::Password(verified) = &self.by else { return Ok(()) };
        let kept = tx.password(people.within, &self.directory, self.user.id).await?;
        kept.filter(|kept| kept.hash == *verified).map(drop).ok_or(SignInRefused::Wrong)
    }

    /// A code is used up by it, and the challenge that it meets. A password is
    /// not enough for somebody who has a device.
    async fn check_proof(
        &self,
        tx: &mut WriteTx,
        people: People,
        now: Timestamp,
    ) -> Result<(), SignInRefused> {
        let whose = (&self.directory, self.user.id);
        let ProvedBy::Code(right, challenge) = &self.by else {
            self.check_password(tx, people).await?;
            let has_device = has_device(tx, people, whose).await?;
            return if has_device { Err(SignInRefused::CodeWanted) } else { Ok(()) };
        };
        if !tx.take_challenge(people.within, challenge.hash, now).await? {
            return Err(SignInRefused::ChallengeOver);
        }
        let is_first = use_code(tx, people, whose, (right, now)).await?;
        if is_first { Ok(()) } else { Err(SignInRefused::Wrong) }
    }
}

/// The first multiple of a beat that is later.
fn next_beat(spent: Duration) -> Duration {
    let beats = spent.as_millis() / BEAT.as_millis() + 1;
    BEAT.saturating_mul(u32::try_from(beats).unwrap_or(u32::MAX))
}

fn too_often(now: Timestamp, until: Timestamp) -> SignInRefused {
    SignInRefused::TooOften { retry_after_s: Lifetime::between(now, until).as_seconds() }
}

/// By address where there is an `@`, which no user name has.
pub(super) async fn find_user(
    tx: &mut ReadTx,
    people: People,
    directory: &Directory,
    name: &str,
) -> Result<Option<User>, StorageError> {
    if name.contains('@') {
        let Ok(email) = Email::parse(name) else { return Ok(None) };
        return tx.user_by_email(people.within, directory, &email).await;
    }
    let Ok(username) = Username::parse(name) else { return Ok(None) };
    tx.user_by_username(people.within, directory, &username).await
}

impl SignInRefused {
    /// Whether nobody is to blame but us.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(error) if error.code() != ErrorCode::Unavailable)
    }
}

/// A password is nobody's business.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_waits_for_the_next_beat() {
        for (spent, answered) in [(0, 250), (249, 250), (250, 500), (251, 500), (1_100, 1_250)] {
            let answered = Duration::from_millis(answered);
            assert_eq!(next_beat(Duration::from_millis(spent)), answered, "after {spent} ms");
        }
    }
}
