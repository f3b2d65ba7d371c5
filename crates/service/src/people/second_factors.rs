//! Devices that show users codes, as whoever manages users takes them away.

use appkeep_domain::{Action, UserId};
use appkeep_storage::WriteTx;

use super::find::{find_user, parse_user_id};
use super::{Step, describe};
use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::record::{Told, record};

impl Registry {
    /// For somebody who has lost their device and its codes: they sign in by
    /// their password alone. Doing it again changes nothing.
    pub async fn remove_second_factor(&self, by: &By, id: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageUsers)?;
        let step = self.step_of(by, parse_user_id(id)?);
        self.store().write(async move |tx: &mut WriteTx| remove(tx, &step).await).await
    }
}

async fn remove(tx: &mut WriteTx, step: &Step<UserId>) -> Result<(), Error> {
    let (directory, user) = find_user(tx, &step.by, step.id).await?;
    if !tx.delete_totp(step.by.within(), &directory, user.id).await? {
        return Ok(());
    }
    let (action, after) = ("user.mfa_removed", Some(describe::user(step.id)));
    record(tx, &step.by, step.stamp, Told { action, application: None, before: None, after }).await?;
    Ok(())
}
