//! A person proves who they are.

use std::fmt;
use std::time::Duration;

use appkeep_domain::{
    AuthMethod, Challenge, Directory, Email, Ending, Failing, Lifetime, Network, PasswordHash, SecretHash,
    SignIn, SignInId, Timestamp, User, UserId, Username, Within,
};
use appkeep_keys::{NewSecret, PresentedSecret};
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::json;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::browser::Browser;
use super::failures::{Tried, forgive, locked_until, tag};
use super::history::PersonEvent;
use super::limits::TooOften;
use super::people::People;
use super::second_factors::{Holder, RightCode, has_device, use_code};
use super::{Authority, Inner};
use crate::{Error, ErrorCode};

const SIGN_IN_PREFIX: &str = "si_";
/// However often it is used, somebody signs in again after a week.
const LIFETIME: Lifetime = Lifetime::from_days(7);

/// A wrong name or password is answered at a multiple of this, and never sooner.
const BEAT: Duration = Duration::from_millis(250);

/// What a person typed.
#[derive(Clone)]
pub struct Credentials {
    /// An address or a user name.
    pub identifier: String,
    pub password: Zeroizing<String>,
}

/// How far a right password leads.
#[derive(Debug)]
pub enum Entered {
    SignedIn(SignedIn),
    /// The person has a device, whose code is wanted from whoever shows this
    /// secret.
    CodeWanted(NewSecret),
}

/// What a person typed who was asked for a code.
#[derive(Clone)]
pub struct TypedCode {
    /// The secret that they were asked under.
    pub challenge: Zeroizing<String>,
    pub code: Zeroizing<String>,
}

/// A browser that somebody signed in with.
#[derive(Debug)]
pub struct SignedIn {
    /// For its cookie. What it had before is worth nothing any more.
    pub secret: NewSecret,
    /// For how long it is good.
    pub lives: Lifetime,
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
struct Known {
    directory: Directory,
    /// Nobody may have that name.
    user: Option<User>,
    hash: Option<PasswordHash>,
    tried: Tried,
    locked_until: Option<Timestamp>,
}

/// How somebody proved who they are, to be looked at again when it counts.
#[derive(Clone)]
enum Proof {
    Password(PasswordHash),
    /// Under this challenge.
    Code(RightCode, Box<Challenge>),
}

impl Proof {
    fn methods(&self) -> Vec<AuthMethod> {
        match self {
            Self::Password(_) => vec![AuthMethod::Password],
            Self::Code(_, challenge) => challenge.methods_met(),
        }
    }
}

impl Authority {
    /// Whoever has this name and this password, from now on, in this browser,
    /// among those who may use the application whose request `parameters` are.
    ///
    /// An unknown name and a wrong password are one answer, and take as long.
    pub async fn sign_in(
        &self,
        parameters: &[u8],
        credentials: Credentials,
        browser: &Browser,
    ) -> Result<Entered, SignInRefused> {
        // What is read and written of a failure is not quite the same for somebody
        // who is here and for a stranger: the answer waits for the next beat,
        // however long others were waited for.
        let began = Instant::now();
        let outcome = self.try_sign_in(parameters, credentials, browser).await;
        if matches!(outcome, Err(SignInRefused::Wrong)) {
            tokio::time::sleep_until(began + next_beat(began.elapsed())).await;
        }
        outcome
    }

    /// Whoever was asked for a code, in the same words as for [`Self::sign_in`].
    pub async fn prove_code(
        &self,
        parameters: &[u8],
        typed: TypedCode,
        browser: &Browser,
    ) -> Result<SignedIn, SignInRefused> {
        let people = self.0.people_of(parameters).await?;
        if self.0.settings().await?.must_be_firm().is_err() {
            return Err(SignInRefused::Suspended);
        }
        self.0.admit_address(browser, self.0.now())?;
        let challenge = PresentedSecret::parse(&typed.challenge).ok_or(SignInRefused::ChallengeOver)?;
        let (known, challenge) = self.0.challenged(people, challenge.hash(), browser).await?;
        let Known { directory, user: Some(user), tried, .. } = &known else {
            return Err(SignInRefused::ChallengeOver);
        };
        if let Some(until) = known.locked_until {
            return Err(too_often(self.0.now(), until));
        }
        let holder = Holder { people, directory, user };
        match self.0.judge_code(holder, &typed.code).await? {
            Some(right) => {
                let proof = Proof::Code(right, Box::new(challenge));
                self.0.begin_sign_in(people, (directory, user, proof), *tried, browser).await
            }
            None => Err(self.0.note_failure(people, &known, browser).await?),
        }
    }

    async fn try_sign_in(
        &self,
        parameters: &[u8],
        credentials: Credentials,
        browser: &Browser,
    ) -> Result<Entered, SignInRefused> {
        let people = self.0.people_of(parameters).await?;
        if self.0.settings().await?.must_be_firm().is_err() {
            return Err(SignInRefused::Suspended);
        }
        let now = self.0.now();
        self.0.admit_address(browser, now)?;
        let name = credentials.identifier.trim().to_owned();
        let Some(known) = self.0.known(people, &name, (browser, now)).await? else {
            // There is no directory, and so nobody.
            self.0.passwords.verify(credentials.password, None).await?;
            return Err(SignInRefused::Wrong);
        };
        if let Some(until) = known.locked_until {
            return Err(too_often(now, until));
        }
        let right = self.0.passwords.verify(credentials.password, known.hash.clone()).await?;
        match &known {
            Known { directory, user: Some(user), hash: Some(hash), .. } if right => {
                self.0.let_in(people, (directory, user, hash), known.tried, browser).await
            }
            _ => Err(self.0.note_failure(people, &known, browser).await?),
        }
    }
}

impl Inner {
    fn admit_address(&self, browser: &Browser, now: Timestamp) -> Result<(), SignInRefused> {
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
    async fn let_in(
        &self,
        people: People,
        (directory, user, hash): (&Directory, &User, &PasswordHash),
        tried: Tried,
        browser: &Browser,
    ) -> Result<Entered, SignInRefused> {
        let now = self.now();
        let mut tx = self.store.read().await?;
        if !user.may_sign_in() {
            let until = locked_until(&mut tx, (people, directory), tried, now).await?;
            return Err(until.map_or(SignInRefused::Suspended, |until| too_often(now, until)));
        }
        let has_device = has_device(&mut tx, people, (directory, user.id)).await?;
        drop(tx);
        if has_device {
            return self.ask_for_code(people, (directory, user, hash)).await.map(Entered::CodeWanted);
        }
        let proof = Proof::Password(hash.clone());
        self.begin_sign_in(people, (directory, user, proof), tried, browser).await.map(Entered::SignedIn)
    }

    /// What failed before is forgiven when the code is right, and no sooner: it
    /// would be as good as free to try every one.
    async fn ask_for_code(
        &self,
        people: People,
        (directory, user, verified): (&Directory, &User, &PasswordHash),
    ) -> Result<NewSecret, SignInRefused> {
        let now = self.now();
        let (secret, challenge) = self.draft_challenge(|hash| Challenge {
            hash,
            directory: directory.id,
            user: user.id,
            application: None,
            methods: vec![AuthMethod::Password],
            created_at: now,
            expires_at: now.plus(Challenge::LIFETIME),
        });
        let (directory, verified) = (directory.clone(), verified.clone());
        let write = async move |tx: &mut WriteTx| -> Result<(), SignInRefused> {
            check_password(tx, people, (&directory, challenge.user), &verified).await?;
            Ok(tx.insert_challenge(people.within, &directory, &challenge).await?)
        };
        self.store.write(write).await?;
        Ok(secret)
    }

    /// Whoever is asked for a code, and under which challenge.
    async fn challenged(
        &self,
        people: People,
        hash: SecretHash,
        browser: &Browser,
    ) -> Result<(Known, Challenge), SignInRefused> {
        let now = self.now();
        let mut tx = self.store.read().await?;
        let found = tx.challenge(people.within, hash).await?;
        let challenge = found.filter(|challenge| challenge.is_good(now) && challenge.application.is_none());
        let challenge = challenge.ok_or(SignInRefused::ChallengeOver)?;
        let directory = tx.tenant_directory(people.within, people.owner).await?;
        let directory = directory.filter(|directory| directory.id == challenge.directory);
        let directory = directory.ok_or(SignInRefused::ChallengeOver)?;
        let user = tx.user(people.within, &directory, challenge.user).await?.filter(User::may_sign_in);
        let user = user.ok_or(SignInRefused::ChallengeOver)?;
        let address = browser.origin.address.map(Network::of);
        let tried = Tried { name: Failing::Account(user.id), address };
        let locked_until = locked_until(&mut tx, (people, &directory), tried, now).await?;
        Ok((Known { directory, user: Some(user), hash: None, tried, locked_until }, challenge))
    }

    /// Counts the failure, and says what it is answered with: those that come
    /// after a lock learn nothing.
    async fn note_failure(
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

    /// In a browser where the same person is signed in already, that sign-in
    /// goes on under a new secret; another person's ends.
    async fn begin_sign_in(
        &self,
        people: People,
        (directory, user, proof): (&Directory, &User, Proof),
        tried: Tried,
        browser: &Browser,
    ) -> Result<SignedIn, SignInRefused> {
        let secret = NewSecret::generate(SIGN_IN_PREFIX, &*self.entropy);
        let sign_in = self.draft_sign_in(&secret, (directory, user, proof.methods()), browser);
        let event = PersonEvent { people, action: "user.signed_in", user: user.id, application: None };
        let methods: Vec<&str> = sign_in.methods.iter().map(|method| method.as_str()).collect();
        let after = json!({ "methods": methods });
        let entry = self.entry_of_person(event, after, browser).await?;
        let (directory, browser) = (directory.clone(), browser.clone());
        let write = async move |tx: &mut WriteTx| -> Result<(), SignInRefused> {
            let now = sign_in.created_at;
            check_proof(tx, people, (&directory, sign_in.user), (&proof, now)).await?;
            let user = tx.user(people.within, &directory, sign_in.user).await?;
            user.filter(User::may_sign_in).ok_or(SignInRefused::Wrong)?;
            match live_before(tx, &browser, now).await? {
                Some((_, before)) if before.user == sign_in.user => {
                    let renewed = SignIn { id: before.id, created_at: before.created_at, ..sign_in.clone() };
                    tx.update_sign_in(people.within, &directory, &renewed).await?;
                }
                Some((where_before, before)) => {
                    tx.end_sign_in(Within::Platform, &where_before, before.id, Ending::at(now)).await?;
                    tx.insert_sign_in(people.within, &directory, &sign_in).await?;
                }
                None => tx.insert_sign_in(people.within, &directory, &sign_in).await?,
            }
            tx.record_sign_in(people.within, &directory, sign_in.user, now).await?;
            // Of many guesses at once, those that come after a lock are no more
            // looked at than if they came one by one, though one of them is right.
            if let Some(until) = locked_until(tx, (people, &directory), tried, now).await? {
                return Err(too_often(now, until));
            }
            forgive(tx, (people, &directory), tried, now).await?;
            tx.insert_audit_entry(people.within, &entry).await?;
            Ok(())
        };
        self.store.write(write).await?;
        Ok(SignedIn { secret, lives: LIFETIME })
    }

    fn draft_sign_in(
        &self,
        secret: &NewSecret,
        (directory, user, methods): (&Directory, &User, Vec<AuthMethod>),
        browser: &Browser,
    ) -> SignIn {
        let (id, now): (SignInId, Timestamp) = (self.make_id(), self.now());
        SignIn {
            id,
            directory: directory.id,
            user: user.id,
            secret: secret.hash(),
            authenticated_at: now,
            methods,
            from: browser.seen_from(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(LIFETIME),
            ended_at: None,
        }
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

/// What was proved, looked at again: a password may have been changed since, a
/// code been used.
async fn check_proof(
    tx: &mut WriteTx,
    people: People,
    (directory, user): (&Directory, UserId),
    (proof, now): (&Proof, Timestamp),
) -> Result<(), SignInRefused> {
    match proof {
        Proof::Password(verified) => {
            check_password(tx, people, (directory, user), verified).await?;
            let wants_code = has_device(tx, people, (directory, user)).await?;
            if wants_code { Err(SignInRefused::Wrong) } else { Ok(()) }
        }
        Proof::Code(right, challenge) => {
            if !tx.take_challenge(people.within, challenge.hash, now).await? {
                return Err(SignInRefused::ChallengeOver);
            }
            let is_first = use_code(tx, people, (directory, user), (right, now)).await?;
            if is_first { Ok(()) } else { Err(SignInRefused::Wrong) }
        }
    }
}

async fn check_password(
    tx: &mut ReadTx,
    people: People,
    (directory, user): (&Directory, UserId),
    verified: &PasswordHash,
) -> Result<(), SignInRefused> {
    let kept = tx.password(people.within, directory, user).await?;
    kept.filter(|kept| kept.hash == *verified).map(drop).ok_or(SignInRefused::Wrong)
}

/// What the browser is signed in with already, as whomever.
async fn live_before(
    tx: &mut ReadTx,
    browser: &Browser,
    now: Timestamp,
) -> Result<Option<(Directory, SignIn)>, StorageError> {
    let Some(secret) = browser.sign_in else { return Ok(None) };
    let found = tx.sign_in_by_secret(Within::Platform, secret.hash()).await?;
    let Some(sign_in) = found.filter(|sign_in| sign_in.is_live(now)) else { return Ok(None) };
    let directory = tx.directory(Within::Platform, sign_in.directory).await?;
    Ok(directory.map(|directory| (directory, sign_in)))
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

/// Nor is a code.
impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode(…)")
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
