//! Which pages of other sites may read what the authorization server answers.

use appkeep_domain::{ApplicationId, Within};

use super::Authority;
use crate::Error;

impl Authority {
    /// Whether the application lets its pages at this origin ask for it. They
    /// are compared as texts.
    pub async fn allows_origin(&self, client: &str, origin: &str) -> Result<bool, Error> {
        let Ok(id) = ApplicationId::parse(client) else { return Ok(false) };
        let found = self.0.clients.find(id, self.0.now()).await?;
        Ok(found.is_some_and(|client| client.allowed_origins.iter().any(|known| known.as_str() == origin)))
    }

    /// Whether any application of the tenant does: a preflight does not say
    /// for which one it asks.
    pub async fn knows_origin(&self, origin: &str) -> Result<bool, Error> {
        let within = Within::Tenant(self.0.address.tenant);
        let mut tx = self.0.store.read().await?;
        Ok(tx.is_allowed_origin(within, self.0.address.tenant, origin).await?)
    }
}
