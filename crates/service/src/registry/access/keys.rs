//! The API keys of an application, one by one.

use appkeep_domain::access::AccessKind;
use appkeep_domain::{
    Action, Application, Credential, CredentialClass, CredentialId, CredentialOrigin, Environment, Timestamp,
    Within,
};
use appkeep_keys::NewSecret;
use appkeep_storage::{Owned, ReadTx, StorageError, WriteTx};
use serde_json::json;

use super::view;
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Registry;
use crate::registry::credentials::{
    CredentialView, NewSecretFields, check_overseen, describe, draft, end, no_such_credential, views,
};
use crate::registry::find::{find, parse_id};
use crate::registry::record::{Stamp, Told, record_of};
use crate::registry::update::Step;

/// What a caller may say of a key that is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewKeyFields {
    /// `live` when it is not said.
    pub environment: Option<String>,
    pub secret: NewSecretFields,
}

/// A new key, this one time.
#[derive(Debug)]
pub struct AddedKey {
    pub credential: Credential,
    pub environment: Environment,
    pub key: NewSecret,
}

impl Registry {
    /// Those that are good at this moment, the newest first.
    pub async fn api_keys(&self, by: &By, id: &str) -> Result<Vec<CredentialView>, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        check_overseen(by, &found)?;
        let mut views = views(&mut tx, &found.application, now).await?;
        views.retain(|view| is_key(&view.credential.credential));
        Ok(views)
    }

    /// One of those.
    pub async fn api_key(&self, by: &By, (id, key): (&str, &str)) -> Result<CredentialView, Error> {
        let keys = self.api_keys(by, id).await?;
        let wanted = CredentialId::parse(key).map_err(|_| no_such_credential())?;
        keys.into_iter().find(|view| view.credential.credential.id == wanted).ok_or_else(no_such_credential)
    }

    /// Gives the application a further key, of the kind that its access says.
    pub async fn add_key(&self, by: &By, id: &str, fields: NewKeyFields) -> Result<AddedKey, Error> {
        let step = self.step(by, id)?;
        let mut tx = self.store.read().await?;
        let now = step.stamp.now;
        let found = find(&mut tx, by, Action::RotateSecret, (step.id, now)).await?;
        drop(tx);
        let (kind, environment) = (kind_of(&found.application)?, parse_environment(&fields)?);
        let (drawn, key) = self.draw_key(by, (kind, environment), now);
        let add = async move |tx: &mut WriteTx| add(tx, &step, (&drawn, kind), &fields.secret).await;
        let credential = self.store.write(add).await?;
        Ok(AddedKey { credential, environment, key })
    }

    pub(super) fn draw_key(
        &self,
        by: &By,
        (kind, environment): (AccessKind, Environment),
        now: Timestamp,
    ) -> (Credential, NewSecret) {
        let key = NewSecret::generate(kind.key_prefix(environment), &*self.shared.entropy);
        let drawn = self.credential(by, (CredentialClass::ApiKey(environment), &key), now);
        (Credential { origin: CredentialOrigin::Added, ..drawn }, key)
    }

    /// Ends a key at once, the last one too. Once it is dead nothing changes
    /// any more.
    pub async fn revoke_key(&self, by: &By, (id, key): (&str, &str)) -> Result<(), Error> {
        let (step, key) = (self.step(by, id)?, key.to_owned());
        self.store.write(async move |tx: &mut WriteTx| revoke(tx, &step, &key).await).await
    }
}

pub(super) const fn is_key(credential: &Credential) -> bool {
    matches!(credential.class, CredentialClass::ApiKey(_))
}

pub(super) fn kind_of(application: &Application) -> Result<AccessKind, Error> {
    let none = || {
        let message = "what its keys may do was never said; set the access of the application first";
        Error::new(ErrorCode::NotApplicable, message)
    };
    application.access.as_ref().map(|facet| facet.kind).ok_or_else(none)
}

fn parse_environment(fields: &NewKeyFields) -> Result<Environment, Error> {
    let parsed = fields.environment.as_deref().map_or(Ok(Environment::Live), Environment::parse);
    parsed.map_err(|reason| {
        Error::invalid(Fault::new("environment", ErrorCode::InvalidField, format!("is {reason}")))
    })
}

async fn add(
    tx: &mut WriteTx,
    step: &Step,
    (drawn, kind): (&Credential, AccessKind),
    fields: &NewSecretFields,
) -> Result<Credential, Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let found = find(tx, by, Action::RotateSecret, (step.id, now)).await?;
    if kind_of(&found.application)? != kind {
        // Somebody has changed it since the key was made.
        return Err(StorageError::Stale.into());
    }
    check_environment(by, drawn)?;
    check_reach(tx, by, &found).await?;
    let application = found.application;
    let credential = draft(drawn, fields, now)?;
    let within = application.owner.within();
    check_room(tx, (within, step)).await?;
    insert_key(tx, (by, step.stamp), &application, &credential).await?;
    Ok(credential)
}

/// `forbidden` where the key that asks is of tests, and the other is live.
pub(super) fn check_environment(by: &By, key: &Credential) -> Result<(), Error> {
    by.must_reach(key.class.environment().unwrap_or(Environment::Live))
}

/// The same where the other is any of the application's.
pub(in crate::registry) async fn check_live_keys(
    tx: &mut ReadTx,
    by: &By,
    application: &Application,
    now: Timestamp,
) -> Result<(), Error> {
    if by.key.is_none() {
        return Ok(());
    }
    let live = tx.live_credentials(application.owner.within(), application.id, now).await?;
    live.iter().filter(|credential| is_key(credential)).try_for_each(|key| check_environment(by, key))
}

/// Refuses a key to whoever may not do themselves what its holder could do with
/// tokens.
pub(super) async fn check_reach(tx: &mut ReadTx, by: &By, found: &Owned) -> Result<(), Error> {
    let view = view(tx, &found.application).await?;
    view.map_or(Ok(()), |view| view.must_be_within_reach(by, (&found.application, found.partner)))
}

/// Writes a key, and tells of it.
pub(super) async fn insert_key(
    tx: &mut WriteTx,
    (by, stamp): (&By, Stamp),
    application: &Application,
    credential: &Credential,
) -> Result<(), Error> {
    tx.insert_credential(application.owner.within(), application.id, credential).await?;
    let mut after = describe(credential);
    after["environment"] = json!(credential.class.environment().map(Environment::as_str));
    let told = Told::of("application.key_added", application.id, Some(after));
    Ok(record_of(tx, by, application.owner, (stamp, told)).await?)
}

async fn check_room(tx: &mut WriteTx, (within, step): (Within, &Step)) -> Result<(), Error> {
    let live = tx.live_credentials(within, step.id, step.stamp.now).await?;
    let most = Credential::MAX_LIVE_KEYS;
    if live.iter().filter(|credential| is_key(credential)).count() < most {
        return Ok(());
    }
    let message = format!("it has {most} live keys; revoke one, or wait until one ends");
    Err(Error::new(ErrorCode::TooManySecrets, message))
}

async fn revoke(tx: &mut WriteTx, step: &Step, key: &str) -> Result<(), Error> {
    let by = &step.by;
    let application = find(tx, by, Action::RotateSecret, (step.id, step.stamp.now)).await?.application;
    let id = CredentialId::parse(key).map_err(|_| no_such_credential())?;
    let found = tx.credential(application.owner.within(), &application, id).await?;
    let found = found.filter(is_key).ok_or_else(no_such_credential)?;
    check_environment(by, &found)?;
    end(tx, step, (&application, &found), "application.key_revoked").await
}
