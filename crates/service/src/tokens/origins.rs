//! Which pages of other sites may read what the authorization server answers.

use appkeep_domain::Owner;

use super::Authority;
use crate::Error;

impl Authority {
    /// Whether the application lets its pages at this origin ask for it. They
    /// are compared as texts.
    pub async fn allows_origin(&self, client: &str, origin: &str) -> Result<bool, Error> {
        let found = self.0.named_client(client, self.0.now()).await?;
        Ok(found
            .is_some_and(|named| named.client.allowed_origins.iter().any(|known| known.as_str() == origin)))
    }

    /// Whether any application does that is a client here: a preflight does not
    /// say for which one it asks.
    pub async fn knows_origin(&self, origin: &str) -> Result<bool, Error> {
        let partner = self.0.settings().await?.tenant.partner.map(Owner::Partner);
        let platform = self.is_root().then_some(Owner::Global);
        let mut tx = self.0.store.read().await?;
        for owner in [Some(Owner::Tenant(self.tenant())), partner, platform].into_iter().flatten() {
            if tx.is_allowed_origin(owner.within(), owner, origin).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
