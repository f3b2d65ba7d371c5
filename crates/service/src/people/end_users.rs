//! How many people applications have for themselves.

use appkeep_domain::{Action, Application, ApplicationEnvironment, Environment, UserPool};
use appkeep_storage::{ReadTx, StorageError};

use super::pool::Pool;
use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::environments::environments_of;

/// What an application has for itself; nothing where it serves its tenant's
/// people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnPeople {
    pub environments: Vec<ApplicationEnvironment>,
    /// How many users there are in live.
    pub live_users: u64,
}

impl Registry {
    /// Of each of these applications, which somebody was shown.
    pub async fn own_people(&self, of: &[Application]) -> Result<Vec<OwnPeople>, Error> {
        let mut tx = self.store().read().await?;
        let mut all = Vec::with_capacity(of.len());
        for application in of {
            let environments = environments_of(&mut tx, application).await?;
            all.push(OwnPeople { environments, live_users: live_users(&mut tx, application).await? });
        }
        Ok(all)
    }

    /// How many of these users there are.
    pub async fn count_users(&self, by: &By, of: Pool) -> Result<u64, Error> {
        of.decide(by, Action::ReadUsers)?;
        let mut tx = self.store().read().await?;
        let place = of.find(&mut tx, by, (Action::ReadUsers, self.now())).await?;
        let Some(directory) = &place.directory else { return Ok(0) };
        Ok(u64::try_from(tx.count_users(place.within(), directory).await?).unwrap_or(0))
    }
}

async fn live_users(tx: &mut ReadTx, application: &Application) -> Result<u64, StorageError> {
    if application.user_pool == UserPool::Tenant {
        return Ok(0);
    }
    let within = application.owner.within();
    match tx.application_directory(within, application, Environment::Live).await? {
        Some(directory) => Ok(u64::try_from(tx.count_users(within, &directory).await?).unwrap_or(0)),
        None => Ok(0),
    }
}
