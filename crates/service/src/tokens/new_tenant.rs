//! Tenants made with keys of their own.

use appkeep_domain::{Issuer, Tenant};

use super::Authority;
use crate::by::By;
use crate::{Error, Registry, TenantFields};

impl Authority {
    /// A tenant whose issuer signs from the first request on.
    pub async fn create_tenant(
        &self,
        registry: &Registry,
        by: &By,
        fields: TenantFields,
    ) -> Result<Tenant, Error> {
        let tenant = registry.create_tenant(by, fields).await?;
        self.0.keyring.ensure(Issuer::Tenant(tenant.id)).await?;
        Ok(tenant)
    }
}
