//! The secrets of an application, one by one.

use appkeep_domain::{
    Action, Application, Coverage, Credential, CredentialClass, CredentialId, CredentialOrigin, Name,
    SafeToRetire, Timestamp, UsedCredential, Within, oversees,
};
use appkeep_keys::NewSecret;
use appkeep_storage::{Owned, ReadTx, StorageError, WriteTx};
use serde_json::{Value, json};

use super::Registry;
use super::draft::parse_deadline;
use super::faults::Faults;
use super::find::{find, parse_id, resource};
use super::page::{self, List, Page, PageQuery, id_key};
use super::record::{Told, record_of};
use super::secrets::check_applicable;
use super::update::Step;
use crate::by::By;
use crate::error::{Error, ErrorCode};

/// A credential, how it was used, and whether it may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialView {
    pub credential: UsedCredential,
    pub safe_to_retire: SafeToRetire,
    /// When that was so, and until when the use reaches.
    pub as_of: Timestamp,
}

/// What a caller may say of a secret that is added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewSecretFields {
    pub name: Option<String>,
    /// In the form of RFC 3339.
    pub expires_at: Option<String>,
}

/// A further secret, this one time.
#[derive(Debug)]
pub struct AddedSecret {
    pub credential: Credential,
    pub client_secret: NewSecret,
}

impl Registry {
    /// The secrets that live or died less than 30 days ago, newest first.
    pub async fn credentials(
        &self,
        by: &By,
        id: &str,
        query: PageQuery,
    ) -> Result<Page<CredentialView>, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        check_overseen(by, &found)?;
        let application = found.application;
        let mut faults = Vec::new();
        let limit = query.limit(&mut faults);
        let after = query.after(List::Credentials, id_key, &mut faults).map(CredentialId::from_bytes);
        page::check(faults)?;
        let told = Telling::begin(&mut tx, &application, now).await?;
        // One more than wanted says whether there is a next page.
        let (dead_after, part) = (now.minus(Self::DEAD_CREDENTIALS_KEPT), (after, limit + 1));
        let mut found = tx.credentials(application.owner.within(), &application, dead_after, part).await?;
        let has_next = found.len() > limit as usize;
        found.truncate(limit as usize);
        let last = found.last().filter(|_| has_next);
        let next_cursor = last.map(|last| List::Credentials.cursor(&last.credential.id.as_bytes()));
        let items = found.into_iter().map(|credential| told.view(credential)).collect();
        Ok(Page { items, next_cursor, limit })
    }

    /// Gives the application one more secret, which no rotation touches.
    pub async fn add_secret(&self, by: &By, id: &str, fields: NewSecretFields) -> Result<AddedSecret, Error> {
        let step = self.step(by, id)?;
        let client_secret = NewSecret::generate(by.surface.client_secret_prefix(), &*self.shared.entropy);
        let drawn = self.credential(by, (CredentialClass::ClientSecret, &client_secret), step.stamp.now);
        let add = async move |tx: &mut WriteTx| add(tx, &step, &drawn, &fields).await;
        let credential = self.store.write(add).await?;
        Ok(AddedSecret { credential, client_secret })
    }

    /// Ends a secret at once, the last one too. Once it is dead nothing
    /// changes any more.
    pub async fn revoke_secret(&self, by: &By, id: &str, credential: &str) -> Result<(), Error> {
        let (step, credential) = (self.step(by, id)?, credential.to_owned());
        let revoke = async move |tx: &mut WriteTx| revoke(tx, &step, &credential).await;
        self.store.write(revoke).await
    }
}

/// What is told of a credential beside it.
struct Telling {
    coverage: Coverage,
    live: Vec<UsedCredential>,
    now: Timestamp,
}

impl Telling {
    async fn begin(tx: &mut ReadTx, application: &Application, now: Timestamp) -> Result<Self, StorageError> {
        // Before the uses, so that these reach as far at the least.
        let coverage = tx.use_coverage(Within::Platform, now).await?;
        Ok(Self { coverage, live: live(tx, application, now).await?, now })
    }

    fn view(&self, credential: UsedCredential) -> CredentialView {
        let beside = newest_beside(&self.live, &credential);
        CredentialView {
            safe_to_retire: self.coverage.safe_to_retire(&credential, beside, self.now),
            as_of: self.coverage.as_of(self.now),
            credential,
        }
    }
}

/// Everything that is good at `now`, the newest first.
pub(super) async fn views(
    tx: &mut ReadTx,
    application: &Application,
    now: Timestamp,
) -> Result<Vec<CredentialView>, StorageError> {
    let told = Telling::begin(tx, application, now).await?;
    Ok(told.live.iter().map(|one| told.view(one.clone())).collect())
}

/// Which secrets there are is not told to those who only see the application,
/// nor what may be done with them.
pub(super) fn check_overseen(by: &By, found: &Owned) -> Result<(), Error> {
    if oversees(&by.caller, &resource(found)) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::Forbidden, "its secrets are for those to see to whose level it belongs"))
}

/// Those that are good at `now`, newest first.
async fn live(
    tx: &mut ReadTx,
    application: &Application,
    now: Timestamp,
) -> Result<Vec<UsedCredential>, StorageError> {
    let within = application.owner.within();
    let mut live = tx.credentials(within, application, now, (None, ReadTx::MOST_LIVE)).await?;
    live.retain(|one| one.credential.is_live(now));
    Ok(live)
}

/// The one that its users are to have instead, which is of its own class.
fn newest_beside<'a>(live: &'a [UsedCredential], this: &UsedCredential) -> Option<&'a UsedCredential> {
    live.iter().find(|one| one.credential.class == this.credential.class)
}

async fn add(
    tx: &mut WriteTx,
    step: &Step,
    drawn: &Credential,
    fields: &NewSecretFields,
) -> Result<Credential, Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let application = find(tx, by, Action::RotateSecret, (step.id, now)).await?.application;
    let within = application.owner.within();
    check_applicable(&application)?;
    let credential = draft(drawn, fields, now)?;
    check_room(tx, (within, step)).await?;
    tx.insert_credential(within, step.id, &credential).await?;
    let after = Some(describe(&credential));
    let told = Told::of("application.secret_added", step.id, after);
    record_of(tx, by, application.owner, (step.stamp, told)).await?;
    Ok(credential)
}

pub(super) fn draft(
    drawn: &Credential,
    fields: &NewSecretFields,
    now: Timestamp,
) -> Result<Credential, Error> {
    let mut faults = Faults::default();
    let name = fields.name.as_deref().and_then(|raw| faults.take("name", Name::parse(raw)));
    let deadline = fields.expires_at.as_deref();
    let expires_at = deadline.and_then(|raw| faults.take("expires_at", parse_deadline(raw, now)));
    faults.check()?;
    Ok(Credential { origin: CredentialOrigin::Added, name, expires_at, ..drawn.clone() })
}

async fn check_room(tx: &mut WriteTx, (within, step): (Within, &Step)) -> Result<(), Error> {
    let live = tx.live_credentials(within, step.id, step.stamp.now).await?;
    let count = live.iter().filter(|secret| secret.class == CredentialClass::ClientSecret).count();
    if count < Credential::MAX_LIVE {
        return Ok(());
    }
    let message = format!("it has {} live secrets; revoke one, or wait until one ends", Credential::MAX_LIVE);
    Err(Error::new(ErrorCode::TooManySecrets, message))
}

async fn revoke(tx: &mut WriteTx, step: &Step, credential: &str) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let application = find(tx, by, Action::RotateSecret, (step.id, now)).await?.application;
    let within = application.owner.within();
    let id = CredentialId::parse(credential).map_err(|_| no_such_credential())?;
    let found = tx.credential(within, &application, id).await?.ok_or_else(no_such_credential)?;
    end(tx, step, (&application, &found), "application.secret_revoked").await
}

/// Ends a credential, and tells of it; once it is dead nothing changes any more.
pub(super) async fn end(
    tx: &mut WriteTx,
    step: &Step,
    (application, found): (&Application, &Credential),
    action: &str,
) -> Result<(), Error> {
    let now = step.stamp.now;
    if !found.is_live(now) {
        return Ok(());
    }
    tx.revoke_credential(application.owner.within(), application, found.id, now).await?;
    let told = Told { action, application: Some(step.id), before: Some(describe(found)), after: None };
    record_of(tx, &step.by, application.owner, (step.stamp, told)).await?;
    Ok(())
}

/// What the history tells of a secret, which is not the secret.
pub(super) fn describe(credential: &Credential) -> Value {
    json!({
        "credential_id": credential.id.to_string(),
        "name": credential.name.as_ref().map(Name::as_str),
        "last_four": credential.last_four,
        "expires_at": credential.expires_at.map(|deadline| deadline.to_string()),
    })
}

pub(super) fn no_such_credential() -> Error {
    Error::new(ErrorCode::CredentialNotFound, "the application has no such credential")
}
