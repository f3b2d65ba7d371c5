//! One-time addresses that are mailed: to choose a new password, and to show
//! that mail arrives.
//!
//! Mail goes to the address that is kept, and never to one that somebody typed.

use std::sync::Arc;

use appkeep_domain::{
    AuditEntry, Directory, DirectoryOf, Ending, Failing, InvalidPassword, KeptPassword, Lifetime, Link,
    LinkPurpose, RedirectUri, Timestamp, User, UserId, UserStatus, Within,
};
use appkeep_keys::{NewSecret, PresentedSecret};
use appkeep_storage::{Attempt, StorageError, WriteTx};
use serde_json::json;
use zeroize::Zeroizing;

use super::browser::Browser;
use super::history::PersonEvent;
use super::invitations::{Joining, join};
use super::people::People;
use super::unproved::unlink;
use super::{Authority, Inner};
use crate::Error;
use crate::endings::finish_endings;
use crate::mail::{Letter, Mail, SendMail};

/// What stands before what a link has in it.
pub(crate) const LINK_PREFIX: &str = "ml_";
const RESET_WITHIN: Lifetime = Lifetime::from_hours(1);
const VERIFY_WITHIN: Lifetime = Lifetime::from_hours(24);
const SIGN_IN_WITHIN: Lifetime = Lifetime::from_minutes(15);

/// Where the links lead, from the issuer on.
pub const RESET_PASSWORD: &str = "/reset-password";
pub const VERIFY_ADDRESS: &str = "/verify-address";

/// What a link that is still good is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodLink {
    /// Whose it is, to be shown to whoever followed it.
    pub address: String,
    /// How many characters a new password has at least.
    pub min_length: u32,
    /// Whether they run something, and go on to the console.
    pub is_operators: bool,
}

/// Who is told of a link: the person by mail, the history, and whoever asks
/// with the same `Idempotency-Key` again.
pub(super) struct Told {
    pub(super) mail: Arc<dyn SendMail>,
    pub(super) entry: AuditEntry,
    pub(super) attempt: Option<Attempt>,
    /// Where the application wants the person to go with it; to our own page
    /// where it says nothing.
    pub(super) leads_to: Option<RedirectUri>,
}

/// Why a link did nothing.
#[derive(Debug)]
pub enum LinkRefused {
    /// It was used, is too old, or never was one.
    Gone,
    /// The password is not good enough, and the link still is.
    Password(InvalidPassword),
    Failed(Error),
}

impl From<StorageError> for LinkRefused {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Stale => Self::Gone,
            other => Self::Failed(other.into()),
        }
    }
}

impl From<Error> for LinkRefused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Authority {
    /// How long a link to a new password is good.
    pub const RESET_WITHIN: Lifetime = RESET_WITHIN;

    /// What a link to a new password is for; nothing when it is no longer good.
    pub async fn reset_link(&self, token: &str) -> Result<Option<GoodLink>, Error> {
        let Some((people, link)) = self.0.good_link(token, LinkPurpose::ResetPassword).await? else {
            return Ok(None);
        };
        let directory = self.0.store.read().await?.directory(people.within, link.directory).await?;
        Ok(directory.map(|directory| GoodLink {
            address: link.email.as_str().to_owned(),
            min_length: directory.policy.min_length(),
            is_operators: people.are_operators(),
        }))
    }

    /// Takes the link, and lets the person sign in with this password and no
    /// other. Whoever was signed in as them is not any more.
    pub async fn reset_password(
        &self,
        token: &str,
        password: Zeroizing<String>,
        browser: &Browser,
    ) -> Result<(), LinkRefused> {
        let found = self.0.good_link(token, LinkPurpose::ResetPassword).await?;
        self.0.reset_password(found.ok_or(LinkRefused::Gone)?, password, browser).await
    }

    /// Whose address a link verifies; nothing when it is no longer good.
    pub async fn verify_link(&self, token: &str) -> Result<Option<String>, Error> {
        let found = self.0.good_link(token, LinkPurpose::VerifyEmail).await?;
        Ok(found.map(|(_, link)| link.email.as_str().to_owned()))
    }

    /// Takes the link: mail to the address has arrived.
    pub async fn verify_address(&self, token: &str, browser: &Browser) -> Result<(), LinkRefused> {
        let found = self.0.good_link(token, LinkPurpose::VerifyEmail).await?;
        self.0.verify_address(found.ok_or(LinkRefused::Gone)?, browser).await
    }
}

impl Inner {
    pub(super) async fn reset_password(
        &self,
        (people, link): (People, Link),
        password: Zeroizing<String>,
        browser: &Browser,
    ) -> Result<(), LinkRefused> {
        let directory = self.store.read().await?.directory(people.within, link.directory).await?;
        let directory = directory.ok_or(LinkRefused::Gone)?;
        directory.policy.check(&password).map_err(LinkRefused::Password)?;
        let hash = self.passwords.hash(password).await?;
        let kept = KeptPassword { hash, changed_at: self.now() };
        let joining = self.joining(people, (&directory, &link), &browser.origin).await?;
        let user = joining.as_ref().map_or(link.user, |joining| joining.holder);
        let event = PersonEvent { people, action: "user.password_reset", user, application: None };
        let entry = self.entry_of_person(event, json!({}), browser).await?;
        let activated = self.entry_of_activation(people, user, browser).await?;
        let unproved = self.unproved_identities(people, (&directory, link.user), browser).await?;
        let write = async move |tx: &mut WriteTx| -> Result<(), LinkRefused> {
            let now = kept.changed_at;
            unlink(tx, people, (&directory, link.user), &unproved).await?;
            let taking = Taking { people, directory: &directory, link: &link, joining: joining.as_ref() };
            let user = take(tx, taking, (now, &activated)).await?;
            replace_password(tx, (people, &directory), (user.id, &kept)).await?;
            tx.delete_lockout(people.within, &directory, Failing::Account(user.id)).await?;
            tx.insert_audit_entry(people.within, &entry).await?;
            Ok(())
        };
        self.store.write(write).await?;
        Ok(finish_endings(&self.store).await.map(drop)?)
    }

    pub(super) async fn verify_address(
        &self,
        (people, link): (People, Link),
        browser: &Browser,
    ) -> Result<(), LinkRefused> {
        let directory = self.store.read().await?.directory(people.within, link.directory).await?;
        let directory = directory.ok_or(LinkRefused::Gone)?;
        let now = self.now();
        let event =
            PersonEvent { people, action: "user.address_verified", user: link.user, application: None };
        let entry = self.entry_of_person(event, json!({}), browser).await?;
        let activated = self.entry_of_activation(people, link.user, browser).await?;
        let write = async move |tx: &mut WriteTx| -> Result<(), LinkRefused> {
            let taking = Taking { people, directory: &directory, link: &link, joining: None };
            take(tx, taking, (now, &activated)).await?;
            tx.insert_audit_entry(people.within, &entry).await?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Makes a link, and hands it in. One that is lost on the way is asked for
    /// again.
    pub(super) async fn send_link(
        &self,
        people: People,
        (directory, user): (&Directory, &User),
        purpose: LinkPurpose,
        told: Told,
    ) -> Result<(), Error> {
        let Told { mail, entry, attempt, leads_to } = told;
        mail.check()?;
        let secret = NewSecret::generate(LINK_PREFIX, &*self.entropy);
        let (now, lifetime) = (self.now(), lifetime(purpose));
        let link = Link {
            hash: secret.hash(),
            directory: directory.id,
            user: user.id,
            purpose,
            email: user.email.clone(),
            created_at: now,
            expires_at: now.plus(lifetime),
        };
        let kept = directory.clone();
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.insert_link(people.within, &kept, &link).await?;
            if let Some(attempt) = &attempt {
                tx.carry_out_request(attempt.owner.within(), attempt, now).await?;
            }
            tx.insert_audit_entry(people.within, &entry).await
        };
        self.store.write(write).await?;
        let is_invited = people.are_operators() && user.status == UserStatus::Pending;
        let link = self.address_of_link((purpose, leads_to.as_ref()), &secret);
        let letter = letter((purpose, is_invited), link, lifetime);
        let letter = Mail { to: user.email.clone(), tenant: self.writer(people).await?, letter };
        Ok(mail.send(letter)?)
    }

    /// In whose name people are written to: the application's, where they are
    /// its own.
    async fn writer(&self, people: People) -> Result<String, Error> {
        if let DirectoryOf::Application { application, .. } = people.of {
            let found = self.store.read().await?.application(people.within, application).await?;
            if let Some(found) = found {
                return Ok(found.name.to_string());
            }
        }
        Ok(self.branding().await?.name)
    }

    /// The token stands in the query of wherever it leads.
    fn address_of_link(
        &self,
        (purpose, leads_to): (LinkPurpose, Option<&RedirectUri>),
        secret: &NewSecret,
    ) -> String {
        let token = secret.expose();
        match (leads_to, purpose) {
            (Some(uri), _) if uri.as_str().contains('?') => format!("{}&token={token}", uri.as_str()),
            (Some(uri), _) => format!("{}?token={token}", uri.as_str()),
            (None, LinkPurpose::VerifyEmail) => {
                format!("{}{VERIFY_ADDRESS}?token={token}", self.address.issuer())
            }
            // Who is to sign in without a password is sent where the
            // application says.
            (None, LinkPurpose::ResetPassword | LinkPurpose::SignIn) => {
                format!("{}{RESET_PASSWORD}?token={token}", self.address.issuer())
            }
        }
    }

    /// For a link that lets in somebody who was invited.
    pub(super) async fn entry_of_activation(
        &self,
        people: People,
        user: UserId,
        browser: &Browser,
    ) -> Result<AuditEntry, Error> {
        let with = |status: UserStatus| json!({ "user_id": user.to_string(), "status": status.as_str() });
        let event = PersonEvent { people, action: "user.activated", user, application: None };
        let entry = self.entry_of_person(event, with(UserStatus::Active), browser).await?;
        Ok(AuditEntry { before: Some(with(UserStatus::Pending).to_string()), ..entry })
    }

    /// The link, if it is good for this now, and whose people it is for.
    pub(super) async fn good_link(
        &self,
        token: &str,
        purpose: LinkPurpose,
    ) -> Result<Option<(People, Link)>, Error> {
        let Some(presented) = PresentedSecret::parse(token) else { return Ok(None) };
        let mut tx = self.store.read().await?;
        let found = tx.link(Within::Platform, presented.hash()).await?;
        let found = found.filter(|link| link.purpose == purpose && link.is_good(self.now()));
        let Some(link) = found else { return Ok(None) };
        let directory = tx.directory(Within::Platform, link.directory).await?;
        drop(tx);
        let Some(people) = directory.as_ref().map(People::of_directory) else { return Ok(None) };
        Ok(self.is_home_of(people).await?.then_some((people, link)))
    }
}

fn letter((purpose, is_invited): (LinkPurpose, bool), link: String, lifetime: Lifetime) -> Letter {
    match purpose {
        LinkPurpose::ResetPassword if is_invited => Letter::Invitation { link, lifetime },
        LinkPurpose::ResetPassword => Letter::ResetPassword { link, lifetime },
        LinkPurpose::VerifyEmail => Letter::VerifyAddress { link, lifetime },
        LinkPurpose::SignIn => Letter::SignIn { link, lifetime },
    }
}

/// A link that is taken, and by whom.
#[derive(Clone, Copy)]
pub(super) struct Taking<'a> {
    pub(super) people: People,
    pub(super) directory: &'a Directory,
    pub(super) link: &'a Link,
    pub(super) joining: Option<&'a Joining>,
}

/// Uses the link up. Its reader gets mail at that address, if it is still the
/// user's, and whoever was invited has answered, of which the entry tells.
pub(super) async fn take(
    tx: &mut WriteTx,
    Taking { people, directory, link, joining }: Taking<'_>,
    (now, activated): (Timestamp, &AuditEntry),
) -> Result<User, LinkRefused> {
    let taken = tx.take_link(people.within, link.hash, now).await?.ok_or(LinkRefused::Gone)?;
    let user = tx.user(people.within, directory, taken.user).await?;
    let user = user.filter(may_be_written_to).filter(|user| user.email.folded() == taken.email.folded());
    let mut user = user.ok_or(LinkRefused::Gone)?;
    if people.are_operators() {
        let holder = tx.user_by_email(people.within, directory, &user.email).await?;
        let other = holder.map(|holder| holder.id).filter(|id| *id != user.id);
        if other != joining.map(|joining| joining.holder) {
            // Somebody else was quicker to have the address.
            return Err(LinkRefused::Gone);
        }
    }
    if let Some(joining) = joining {
        user = join(tx, (people, directory), (&user, joining), now).await?;
    }
    if user.email_verified_at.is_some() && user.may_sign_in() {
        return Ok(user);
    }
    let verified = User {
        email_verified_at: user.email_verified_at.or(Some(now)),
        status: UserStatus::Active,
        version: user.version + 1,
        updated_at: now,
        ..user.clone()
    };
    tx.update_user(people.within, directory, &verified).await?;
    if user.status != verified.status {
        tx.insert_audit_entry(people.within, activated).await?;
    }
    Ok(verified)
}

/// From now on this password is theirs, and no other. Whatever the one before let
/// anybody have is over: sessions, links to another password, and codes that were
/// still asked for.
pub(super) async fn replace_password(
    tx: &mut WriteTx,
    (people, directory): (People, &Directory),
    (user, kept): (UserId, &KeptPassword),
) -> Result<(), StorageError> {
    tx.set_password(people.within, directory, user, kept).await?;
    tx.end_sessions_of_user(people.within, directory, user, Ending::at(kept.changed_at)).await?;
    tx.delete_links_of(people.within, directory, user, LinkPurpose::ResetPassword).await?;
    tx.delete_challenges_of(people.within, directory, user).await
}

/// Whoever is suspended stays out.
fn may_be_written_to(user: &User) -> bool {
    user.status != UserStatus::Suspended
}

const fn lifetime(purpose: LinkPurpose) -> Lifetime {
    match purpose {
        LinkPurpose::ResetPassword => RESET_WITHIN,
        LinkPurpose::VerifyEmail => VERIFY_WITHIN,
        LinkPurpose::SignIn => SIGN_IN_WITHIN,
    }
}

pub(super) const fn action(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::ResetPassword => "user.password_reset_requested",
        LinkPurpose::VerifyEmail => "user.address_verification_requested",
        LinkPurpose::SignIn => "user.sign_in_link_requested",
    }
}
