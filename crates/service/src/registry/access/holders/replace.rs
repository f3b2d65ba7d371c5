//! One key in the place of another, for those who have one only.

use appkeep_domain::access::AccessKind;
use appkeep_domain::{Action, Application, Credential, CredentialClass, Environment};
use appkeep_storage::{ReadTx, StorageError, WriteTx};

use super::{CreatedHolder, HolderView, see};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::access::keys::{AddedKey, check_environment, check_reach, insert_key, is_key, kind_of};
use crate::registry::credentials::end;
use crate::registry::find::find;
use crate::registry::record::Stamp;
use crate::registry::update::Step;

impl Registry {
    /// Ends the application's only key at once, and makes another of the same
    /// environment; `not_applicable` unless it has exactly one.
    pub async fn replace_key(&self, by: &By, id: &str) -> Result<CreatedHolder, Error> {
        let (step, added) = (self.step(by, id)?, self.stamp());
        let mut tx = self.store.read().await?;
        let (application, only) = find_only(&mut tx, &step).await?;
        drop(tx);
        let (kind, environment) = (kind_of(&application)?, environment_of(&only));
        let (drawn, key) = self.draw_key(by, (kind, environment), step.stamp.now);
        let told = AddedKey { credential: drawn.clone(), environment, key };
        let replace = async move |tx: &mut WriteTx| replace(tx, (&step, added), (&drawn, kind)).await;
        let view = self.store.write(replace).await?;
        Ok(CreatedHolder { view, key: Some(told) })
    }
}

async fn find_only(tx: &mut ReadTx, step: &Step) -> Result<(Application, Credential), Error> {
    let now = step.stamp.now;
    let found = find(tx, &step.by, Action::RotateSecret, (step.id, now)).await?;
    check_reach(tx, &step.by, &found).await?;
    let application = found.application;
    let mut keys = tx.live_credentials(application.owner.within(), application.id, now).await?;
    keys.retain(is_key);
    match <[Credential; 1]>::try_from(keys) {
        Ok([only]) => {
            check_environment(&step.by, &only)?;
            Ok((application, only))
        }
        Err(keys) => {
            let message = format!("only a single key is replaced so, and it has {}", keys.len());
            Err(Error::new(ErrorCode::NotApplicable, message))
        }
    }
}

fn environment_of(key: &Credential) -> Environment {
    match key.class {
        CredentialClass::ApiKey(environment) => environment,
        CredentialClass::ClientSecret | CredentialClass::EnvironmentSecret(_) => Environment::Live,
    }
}

async fn replace(
    tx: &mut WriteTx,
    (step, added): (&Step, Stamp),
    (drawn, kind): (&Credential, AccessKind),
) -> Result<HolderView, Error> {
    let (application, only) = find_only(tx, step).await?;
    if kind_of(&application)? != kind || only.class != drawn.class {
        // Somebody has changed it since the key was made.
        return Err(StorageError::Stale.into());
    }
    end(tx, step, (&application, &only), "application.key_revoked").await?;
    insert_key(tx, (&step.by, added), &application, drawn).await?;
    Ok(see(tx, application, step.stamp.now).await?)
}
