//! How much of what their caps allow partners and tenants have.

use appkeep_domain::{Action, Caps, Owner, Resource, Within, oversees};

use super::find::{find_partner, find_tenant, parse_partner_id, parse_tenant_id};
use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;

/// What a partner has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartnerUsage {
    /// Those that are not archived.
    pub tenants: u64,
}

/// What a tenant has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantUsage {
    /// In its own directory.
    pub users: u64,
    /// Those that are not archived.
    pub applications: u64,
    /// Of its partner, as far as the caller sees it whole.
    pub caps: Caps,
}

impl Registry {
    /// What it has of what its caps are about; `forbidden` for whoever does not
    /// see it whole.
    pub async fn partner_usage(&self, by: &By, id: &str) -> Result<PartnerUsage, Error> {
        let id = parse_partner_id(id)?;
        let mut tx = self.store().read().await?;
        let partner = find_partner(&mut tx, by, Action::ReadPartner, id).await?;
        if !oversees(&by.caller, &Resource::of_owner(Owner::Partner(id), None)) {
            return Err(super::find::refused(&by.caller, Action::ReadPartner));
        }
        let tenants = tx.count_tenants(Within::Platform, partner.id).await?;
        Ok(PartnerUsage { tenants: tenants.unsigned_abs() })
    }

    /// The same of a tenant, for whoever sees it.
    pub async fn tenant_usage(&self, by: &By, id: &str) -> Result<TenantUsage, Error> {
        let id = parse_tenant_id(id)?;
        let mut tx = self.store().read().await?;
        let tenant = find_tenant(&mut tx, by, Action::ReadTenant, id).await?;
        let (owner, within) = (Owner::Tenant(id), Within::Platform);
        let sees_caps = tenant
            .partner
            .is_some_and(|partner| oversees(&by.caller, &Resource::of_owner(Owner::Partner(partner), None)));
        let caps = if sees_caps { tx.caps_of_tenant(within, id).await? } else { Caps::default() };
        let archived = tx.archived_applications(within, owner).await?;
        let applications = tx.application_total(within, owner).await? - archived;
        let users = match tx.tenant_directory(within, owner).await? {
            Some(directory) => tx.count_users(within, &directory).await?,
            None => 0,
        };
        Ok(TenantUsage { users: users.unsigned_abs(), applications: applications.unsigned_abs(), caps })
    }
}
