//! What of a tenant's applications ends soon by itself.

use appkeep_domain::{Action, Application, ApplicationId, Lifetime, Name, UsedCredential, oversees};

use super::Registry;
use crate::by::By;
use crate::error::Error;

/// Applications and secrets of the tenant that is spoken to, each the soonest
/// first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndsSoon {
    pub applications: Vec<Application>,
    /// Client secrets and those of environments, but no API keys; none for whoever
    /// only sees the applications.
    pub secrets: Vec<EndingSecret>,
}

/// A secret, and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingSecret {
    pub application: ApplicationId,
    /// The application's.
    pub name: Name,
    pub secret: UsedCredential,
}

impl Registry {
    /// How long before its end something is spoken of.
    pub const ENDS_SOON: Lifetime = Lifetime::from_days(14);
    /// How many of each.
    const MOST_ENDING: u32 = 8;

    /// What of the tenant's ends soon, as far as the caller may know; what is
    /// archived is left out.
    pub async fn what_ends_soon(&self, by: &By) -> Result<EndsSoon, Error> {
        by.decide_of_tenant(Action::ReadApplication)?;
        let (within, owner, now) = (by.within(), by.owner(), self.now());
        let when = (now, now.plus(Self::ENDS_SOON));
        let mut tx = self.store.read().await?;
        let applications = tx.applications_that_end(within, owner, when, Self::MOST_ENDING).await?;
        if !oversees(&by.caller, &by.place()) {
            return Ok(EndsSoon { applications, secrets: Vec::new() });
        }
        let found = tx.secrets_that_end(within, owner, when, Self::MOST_ENDING as usize).await?;
        let secret = |(application, name, secret)| EndingSecret { application, name, secret };
        Ok(EndsSoon { applications, secrets: found.into_iter().map(secret).collect() })
    }
}
