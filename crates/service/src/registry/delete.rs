//! Deleting an application for good.

use appkeep_domain::{Action, Application, ApplicationId, AuditEntry, Caller, RequestId, Within};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::Value;

use super::access::check_live_keys;
use super::find::{find, must_not_stay};
use super::record::{Stamp, Told, record_of};
use super::update::{Expected, Step};
use super::{Registry, describe};
use crate::by::{By, actor};
use crate::error::{Error, ErrorCode};

impl Registry {
    /// Leaves nothing but its history, and its id, which is never used again.
    /// Refused while a session of it is neither ended nor expired, where the
    /// caller's API spares what is in use. With the application go its own users.
    pub async fn delete_application(&self, by: &By, id: &str, expected: Expected) -> Result<(), Error> {
        let step = self.step(by, id)?;
        self.store.write(async move |tx: &mut WriteTx| delete(tx, &step, &expected).await).await
    }

    /// Removes an application whose time is over; it is not there for anybody
    /// any more, so its sessions do not hold it.
    pub(crate) async fn purge(&self, id: ApplicationId) -> Result<(), Error> {
        let (stamp, request_id): (_, RequestId) = (self.stamp(), self.make_id());
        let purge = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            let found = tx.application(Within::Platform, id).await?;
            // Another node may have been quicker.
            let Some(found) = found.filter(|found| !found.is_there(stamp.now)) else { return Ok(()) };
            bury(tx, &found, stamp, request_id).await
        };
        Ok(self.store().write(purge).await?)
    }
}

/// Removes what is not there any more, and tells of it.
pub(super) async fn bury(
    tx: &mut WriteTx,
    expired: &Application,
    stamp: Stamp,
    request_id: RequestId,
) -> Result<(), StorageError> {
    tx.delete_application(Within::Platform, expired, stamp.now).await?;
    let entry = stamp.entry(expired.owner, actor(&Caller::System), told("application.expired", expired));
    let entry = AuditEntry { request_id: request_id.to_string(), ..entry };
    tx.insert_audit_entry(Within::Platform, &entry).await
}

/// The history keeps what is gone.
fn told<'a>(action: &'a str, application: &Application) -> Told<'a> {
    let before = Some(Value::Object(describe::describe(application)));
    Told { action, application: Some(application.id), before, after: None }
}

async fn delete(tx: &mut WriteTx, step: &Step, expected: &Expected) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let found = find(tx, by, Action::DeleteApplication, (step.id, now)).await?;
    must_not_stay(by, &found)?;
    let application = found.application;
    check_live_keys(tx, by, &application, now).await?;
    let within = application.owner.within();
    expected.check(application.version)?;
    if by.surface.spares_what_is_in_use() && tx.has_live_session(within, &application, now).await? {
        let message = "it has active sessions; disable it, wait until they have ended, and delete it then";
        return Err(Error::new(ErrorCode::AppInUseCannotDelete, message));
    }
    tx.delete_application(within, &application, now).await?;
    let told = told("application.deleted", &application);
    record_of(tx, by, application.owner, (step.stamp, told)).await?;
    Ok(())
}
