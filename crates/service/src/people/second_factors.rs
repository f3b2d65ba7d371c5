//! Devices that show users codes, as whoever manages users takes them away.

use appkeep_domain::Action;
use appkeep_storage::WriteTx;

use super::pool::Pool;
use super::{Step, describe};
use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;

impl Registry {
    /// For somebody who has lost their device and its codes: they sign in by
    /// their password alone. Doing it again changes nothing.
    pub async fn remove_second_factor(&self, by: &By, of: Pool, id: &str) -> Result<(), Error> {
        of.decide(by, Action::ManageUsers)?;
        let step = self.step_of(by, (of, id.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| remove(tx, &step).await).await
    }
}

async fn remove(tx: &mut WriteTx, step: &Step<(Pool, String)>) -> Result<(), Error> {
    let ((of, id), by) = (&step.id, &step.by);
    let place = of.find(tx, by, (Action::ManageUsers, step.stamp.now)).await?;
    let (directory, user) = place.user(tx, id).await?;
    if !tx.delete_totp(place.within(), &directory, user.id).await? {
        return Ok(());
    }
    let after = Some(describe::user(user.id));
    Ok(place.record(tx, (by, step.stamp), "user.mfa_removed", (None, after)).await?)
}
