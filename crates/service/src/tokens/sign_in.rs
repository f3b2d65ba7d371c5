//! A person signs in with a browser.

use appkeep_domain::{
    ApplicationId, AuditEntry, AuthMethod, Directory, Ending, Lifetime, SignIn, SignInId, Timestamp, Within,
};
use appkeep_keys::NewSecret;
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::json;

use super::browser::Browser;
use super::challenge::TypedCode;
use super::history::PersonEvent;
use super::people::People;
use super::proof::{Credentials, Proved, SignInRefused};
use super::{Authority, Inner};
use crate::Error;

const SIGN_IN_PREFIX: &str = "si_";
/// However often it is used, somebody signs in again after a week.
const LIFETIME: Lifetime = Lifetime::from_days(7);

/// How far a right password leads.
#[derive(Debug)]
pub enum Entered {
    SignedIn(SignedIn),
    /// The person has a device, whose code is wanted from whoever shows this
    /// secret.
    CodeWanted(NewSecret),
}

/// A browser that somebody signed in with.
#[derive(Debug)]
pub struct SignedIn {
    /// For its cookie. What it had before is worth nothing any more.
    pub secret: NewSecret,
    /// For how long it is good.
    pub lives: Lifetime,
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
        let people = self.0.people_who_sign_in(parameters).await?;
        let proved = self.0.prove_password(people, credentials, browser).await?;
        if let Some(challenge) = self.0.ask_for_code(people, (&proved, None)).await? {
            return Ok(Entered::CodeWanted(challenge));
        }
        self.0.begin_sign_in(people, proved, browser).await.map(Entered::SignedIn)
    }

    /// The same for whoever was asked for a code, and gives it.
    pub async fn sign_in_by_code(
        &self,
        parameters: &[u8],
        typed: TypedCode,
        browser: &Browser,
    ) -> Result<SignedIn, SignInRefused> {
        let people = self.0.people_who_sign_in(parameters).await?;
        let proved = self.0.prove_code(people, (typed, None), browser).await?;
        self.0.begin_sign_in(people, proved, browser).await
    }
}

impl Inner {
    async fn people_who_sign_in(&self, parameters: &[u8]) -> Result<People, SignInRefused> {
        let people = self.people_of(parameters).await?;
        let stands = self.settings().await?.must_be_firm().is_ok();
        if stands { Ok(people) } else { Err(SignInRefused::Suspended) }
    }

    /// In a browser where the same person is signed in already, that sign-in
    /// goes on under a new secret; another person's ends.
    async fn begin_sign_in(
        &self,
        people: People,
        proved: Proved,
        browser: &Browser,
    ) -> Result<SignedIn, SignInRefused> {
        let secret = NewSecret::generate(SIGN_IN_PREFIX, &*self.entropy);
        let sign_in = self.draft_sign_in(&secret, &proved, browser);
        let entry = self.signed_in_entry(people, (&proved, None), browser).await?;
        let browser = browser.clone();
        let write = async move |tx: &mut WriteTx| -> Result<(), SignInRefused> {
            let (now, directory) = (sign_in.created_at, &proved.directory);
            proved.enter(tx, people, now).await?;
            match live_before(tx, &browser, now).await? {
                Some((_, before)) if before.user == sign_in.user => {
                    let renewed = SignIn { id: before.id, created_at: before.created_at, ..sign_in.clone() };
                    tx.update_sign_in(people.within, directory, &renewed).await?;
                }
                Some((where_before, before)) => {
                    tx.end_sign_in(Within::Platform, &where_before, before.id, Ending::at(now)).await?;
                    tx.insert_sign_in(people.within, directory, &sign_in).await?;
                }
                None => tx.insert_sign_in(people.within, directory, &sign_in).await?,
            }
            tx.insert_audit_entry(people.within, &entry).await?;
            Ok(())
        };
        self.store.write(write).await?;
        Ok(SignedIn { secret, lives: LIFETIME })
    }

    /// What the history is told of whoever came in.
    pub(super) async fn signed_in_entry(
        &self,
        people: People,
        (proved, application): (&Proved, Option<ApplicationId>),
        browser: &Browser,
    ) -> Result<AuditEntry, Error> {
        let event = PersonEvent { people, action: "user.signed_in", user: proved.user.id, application };
        let methods: Vec<&str> = proved.methods().into_iter().map(AuthMethod::as_str).collect();
        let after = json!({ "methods": methods });
        self.entry_of_person(event, after, browser).await
    }

    fn draft_sign_in(&self, secret: &NewSecret, proved: &Proved, browser: &Browser) -> SignIn {
        let (id, now): (SignInId, Timestamp) = (self.make_id(), self.now());
        SignIn {
            id,
            directory: proved.directory.id,
            user: proved.user.id,
            secret: secret.hash(),
            authenticated_at: now,
            methods: proved.methods(),
            from: browser.seen_from(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(LIFETIME),
            ended_at: None,
        }
    }
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
