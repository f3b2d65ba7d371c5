//! Accounts that are let alone for a while, because somebody failed to sign in.

use appkeep_domain::{Action, UserId};
use appkeep_storage::WriteTx;

use super::find::{find_user, parse_user_id};
use super::users::view;
use super::{Step, UserView, describe};
use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::record::{Told, record};

impl Registry {
    /// The user's next password is looked at, and their failures are forgotten.
    /// Doing it again changes nothing.
    pub async fn unlock_user(&self, by: &By, id: &str) -> Result<UserView, Error> {
        by.decide_of_tenant(Action::ManageUsers)?;
        let step = self.step_of(by, parse_user_id(id)?);
        self.store().write(async move |tx: &mut WriteTx| unlock(tx, &step).await).await
    }
}

async fn unlock(tx: &mut WriteTx, step: &Step<UserId>) -> Result<UserView, Error> {
    let by = &step.by;
    let (directory, user) = find_user(tx, by, step.id).await?;
    if tx.lockout(by.within(), &directory, user.id).await?.is_some() {
        tx.delete_lockout(by.within(), &directory, user.id).await?;
        let after = Some(describe::user(user.id));
        let told = Told { action: "user.unlocked", application: None, before: None, after };
        record(tx, by, step.stamp, told).await?;
    }
    view(tx, by, (&directory, user), step.stamp.now).await
}
