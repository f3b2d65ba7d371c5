//! Applications that registered themselves and never got a token, removed when
//! their time is over.

use appkeep_domain::{ApplicationId, RequestId, Within};
use appkeep_storage::{StorageError, WriteTx};

use crate::error::Error;
use crate::registry::Registry;
use crate::registry::delete::bury;

impl Registry {
    /// How many there were.
    pub(crate) async fn sweep_unused_registrations(&self, most: u32) -> Result<u64, Error> {
        let mut removed = 0;
        loop {
            let mut tx = self.store.read().await?;
            let due = tx.unused_registrations(Within::Platform, self.now(), most).await?;
            drop(tx);
            if due.is_empty() {
                return Ok(removed);
            }
            for application in due {
                removed += u64::from(self.remove_unused(application).await?);
            }
        }
    }

    /// Whether it still was unused.
    async fn remove_unused(&self, id: ApplicationId) -> Result<bool, Error> {
        let (stamp, request_id): (_, RequestId) = (self.stamp(), self.make_id());
        let remove = async move |tx: &mut WriteTx| -> Result<bool, StorageError> {
            let found = tx.registration(Within::Platform, id).await?;
            // It may have got a token, or another node may have been quicker.
            let is_due = |until| until <= stamp.now;
            if !found.is_some_and(|found| found.unused_until.is_some_and(is_due)) {
                return Ok(false);
            }
            match tx.application(Within::Platform, id).await? {
                Some(application) => bury(tx, &application, stamp, request_id).await?,
                // Deleted, and this is of what is left of it.
                None => tx.forget_registration(Within::Platform, id).await?,
            }
            Ok(true)
        };
        Ok(self.store.write(remove).await?)
    }
}
