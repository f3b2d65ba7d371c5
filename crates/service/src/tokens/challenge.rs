//! Somebody who has a device is asked for its code after the first proof.

use std::fmt;

use appkeep_domain::{ApplicationId, AuthMethod, Challenge, Directory, SecretHash, User};
use appkeep_keys::{NewSecret, PresentedSecret};
use appkeep_storage::WriteTx;
use zeroize::Zeroizing;

use super::Inner;
use super::browser::Browser;
use super::people::People;
use super::proof::{Known, Proved, ProvedBy, SignInRefused};
use super::second_factors::{Holder, RightCode, has_device};

const CHALLENGE_PREFIX: &str = "mc_";

/// What a person typed who was asked for a code.
#[derive(Clone)]
pub struct TypedCode {
    /// The secret that they were asked under.
    pub challenge: Zeroizing<String>,
    pub code: Zeroizing<String>,
}

impl Inner {
    /// The secret under which whoever is about to sign in gives a code; nothing
    /// for somebody who has no device.
    ///
    /// What failed before is forgiven when the code is right, and no sooner, or
    /// every code could be tried by whoever knows the password.
    pub(super) async fn ask_for_code(
        &self,
        people: People,
        (proved, application): (&Proved, Option<ApplicationId>),
    ) -> Result<Option<NewSecret>, SignInRefused> {
        let whose = (&proved.directory, proved.user.id);
        if !has_device(&mut self.store.read().await?, people, whose).await? {
            return Ok(None);
        }
        let place = (&proved.directory, &proved.user);
        let (secret, challenge) = self.draft_challenge(place, proved.methods(), application);
        let proved = proved.clone();
        let write = async move |tx: &mut WriteTx| -> Result<(), SignInRefused> {
            proved.check_password(tx, people).await?;
            Ok(tx.insert_challenge(people.within, &proved.directory, &challenge).await?)
        };
        self.store.write(write).await?;
        Ok(Some(secret))
    }

    /// Whoever was asked, for the same application, and gives a right code. A
    /// wrong one counts as a wrong password does.
    pub(super) async fn prove_code(
        &self,
        people: People,
        (typed, application): (TypedCode, Option<ApplicationId>),
        browser: &Browser,
    ) -> Result<Proved, SignInRefused> {
        self.admit_address(browser, self.now())?;
        let presented = PresentedSecret::parse(&typed.challenge).ok_or(SignInRefused::ChallengeOver)?;
        let asked = (presented.hash(), application);
        let (known, user, challenge) = self.challenged(people, asked, browser).await?;
        let right = self.prove_device(people, (&known, &user), (&typed.code, browser)).await?;
        let by = ProvedBy::Code(right, Box::new(challenge));
        Ok(Proved { directory: known.directory, user, by, tried: known.tried })
    }

    /// A code that is right. A wrong one counts, and after too many none is
    /// looked at.
    pub(super) async fn prove_device(
        &self,
        people: People,
        (known, user): (&Known, &User),
        (code, browser): (&str, &Browser),
    ) -> Result<RightCode, SignInRefused> {
        known.check_not_locked(self.now())?;
        let holder = Holder { people, directory: &known.directory, user };
        match self.judge_code(holder, code).await? {
            Some(right) => Ok(right),
            None => Err(self.note_failure(people, known, browser).await?),
        }
    }

    /// For somebody who gave the first proof by these methods, about to sign in
    /// to that application, or in a browser.
    pub(super) fn draft_challenge(
        &self,
        (directory, user): (&Directory, &User),
        methods: Vec<AuthMethod>,
        application: Option<ApplicationId>,
    ) -> (NewSecret, Challenge) {
        let (now, secret) = (self.now(), NewSecret::generate(CHALLENGE_PREFIX, &*self.entropy));
        let challenge = Challenge {
            hash: secret.hash(),
            directory: directory.id,
            user: user.id,
            application,
            methods,
            created_at: now,
            expires_at: now.plus(Challenge::LIFETIME),
        };
        (secret, challenge)
    }

    async fn challenged(
        &self,
        people: People,
        (hash, application): (SecretHash, Option<ApplicationId>),
        browser: &Browser,
    ) -> Result<(Known, User, Challenge), SignInRefused> {
        let (now, over) = (self.now(), || SignInRefused::ChallengeOver);
        let mut tx = self.store.read().await?;
        let found = tx.challenge(people.within, hash).await?;
        let meets = |challenge: &Challenge| challenge.is_good(now) && challenge.application == application;
        let challenge = found.filter(meets).ok_or_else(over)?;
        let directory = people.directory(&mut tx).await?;
        let directory = directory.filter(|directory| directory.id == challenge.directory).ok_or_else(over)?;
        let user = tx.user(people.within, &directory, challenge.user).await?;
        let user = user.filter(User::may_sign_in).ok_or_else(over)?;
        let known = Known::of_user(&mut tx, (people, directory), (user.clone(), browser), now).await?;
        Ok((known, user, challenge))
    }
}

/// It lets somebody in.
impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode(…)")
    }
}
