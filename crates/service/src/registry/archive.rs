//! Putting an application away, and taking it out again.

use appkeep_domain::{Action, Application, Ending};
use appkeep_storage::{Owned, WriteTx};

use super::Registry;
use super::find::{find, kept, must_not_stay};
use super::update::{Step, keep};
use super::view::{ApplicationView, see};
use crate::by::By;
use crate::endings::finish_endings;
use crate::error::Error;
use crate::tenancy::caps::check_applications;

impl Registry {
    /// It acquires no token, leaves the lists and has its sessions ended, until it
    /// is restored as it was. Doing it again changes nothing.
    pub async fn archive_application(&self, by: &By, id: &str) -> Result<ApplicationView, Error> {
        self.put(by, id, Action::ArchiveApplication).await
    }

    /// One more of its owner, whose cap counts it from then on.
    pub async fn restore_application(&self, by: &By, id: &str) -> Result<ApplicationView, Error> {
        self.put(by, id, Action::RestoreApplication).await
    }

    async fn put(&self, by: &By, id: &str, action: Action) -> Result<ApplicationView, Error> {
        let step = self.step(by, id)?;
        let put = async move |tx: &mut WriteTx| {
            let found = put(tx, &step, action).await?;
            see(tx, &step.by, found).await
        };
        let seen = self.store.write(put).await?;
        finish_endings(&self.store).await?;
        self.view_of(by, seen).await
    }
}

async fn put(tx: &mut WriteTx, step: &Step, action: Action) -> Result<Owned, Error> {
    let found = find(tx, &step.by, action, (step.id, step.stamp.now)).await?;
    let current = &found.application;
    let (told, archived_at) = if action == Action::ArchiveApplication {
        must_not_stay(&step.by, &found)?;
        tx.end_sessions(current.owner.within(), current, Ending::at(step.stamp.now)).await?;
        tx.end_access_sessions(current.owner.within(), current, step.stamp.now).await?;
        tx.end_agent_sessions(current.owner.within(), current, step.stamp.now).await?;
        ("application.archived", current.archived_at.or(Some(step.stamp.now)))
    } else {
        if current.archived_at.is_some() {
            check_applications(tx, current.owner).await?;
        }
        ("application.restored", None)
    };
    let changed = Application { archived_at, ..current.clone() };
    let changed = keep(tx, step, told, (current, changed)).await?;
    Ok(kept(found, changed))
}
