//! Deleting an application for good.

use appkeep_domain::Action;
use appkeep_storage::WriteTx;
use serde_json::Value;

use super::find::find;
use super::record::{Told, record};
use super::update::{Expected, Step};
use super::{Registry, describe};
use crate::by::By;
use crate::error::{Error, ErrorCode};

impl Registry {
    /// Leaves nothing but its history, and its id, which is never used again.
    /// Refused while a session of it is neither ended nor expired.
    pub async fn delete_application(&self, by: &By, id: &str, expected: Expected) -> Result<(), Error> {
        let step = self.step(by, id)?;
        self.store.write(async move |tx: &mut WriteTx| delete(tx, &step, &expected).await).await
    }
}

async fn delete(tx: &mut WriteTx, step: &Step, expected: &Expected) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let application = find(tx, by, Action::DeleteApplication, (step.id, now)).await?;
    expected.check(application.version)?;
    if tx.has_live_session(by.within(), &application, now).await? {
        let message = "it has active sessions; disable it, wait until they have ended, and delete it then";
        return Err(Error::new(ErrorCode::AppInUseCannotDelete, message));
    }
    tx.delete_application(by.within(), &application, now).await?;
    let before = Some(Value::Object(describe::describe(&application)));
    let told = Told { action: "application.deleted", application: Some(application.id), before, after: None };
    record(tx, by, step.stamp, told).await?;
    Ok(())
}
