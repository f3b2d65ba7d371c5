//! Disabling and enabling: whether an application acquires tokens.

use appkeep_domain::{Action, Application, ApplicationState};
use appkeep_storage::{Owned, WriteTx};

use super::Registry;
use super::find::{find, kept, must_not_stay};
use super::update::{Step, keep};
use super::view::{ApplicationView, see};
use crate::by::By;
use crate::error::Error;

impl Registry {
    /// From now on it acquires no token; those it holds live on. Doing it again
    /// changes nothing.
    pub async fn disable_application(&self, by: &By, id: &str) -> Result<ApplicationView, Error> {
        self.turn(by, id, ApplicationState::Disabled).await
    }

    pub async fn enable_application(&self, by: &By, id: &str) -> Result<ApplicationView, Error> {
        self.turn(by, id, ApplicationState::Enabled).await
    }

    async fn turn(&self, by: &By, id: &str, state: ApplicationState) -> Result<ApplicationView, Error> {
        let step = self.step(by, id)?;
        let turned = async move |tx: &mut WriteTx| {
            let found = turn(tx, &step, state).await?;
            see(tx, &step.by, found).await
        };
        let seen = self.store.write(turned).await?;
        self.view_of(by, seen).await
    }
}

async fn turn(tx: &mut WriteTx, step: &Step, state: ApplicationState) -> Result<Owned, Error> {
    let (action, told) = match state {
        ApplicationState::Enabled => (Action::EnableApplication, "application.enabled"),
        ApplicationState::Disabled => (Action::DisableApplication, "application.disabled"),
    };
    let found = find(tx, &step.by, action, (step.id, step.stamp.now)).await?;
    if state == ApplicationState::Disabled {
        must_not_stay(&step.by, &found)?;
        let application = &found.application;
        tx.end_access_sessions(application.owner.within(), application, step.stamp.now).await?;
    }
    let changed = Application { state, ..found.application.clone() };
    let changed = keep(tx, step, told, (&found.application, changed)).await?;
    Ok(kept(found, changed))
}
