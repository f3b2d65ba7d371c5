//! Whom an application is for.

use appkeep_domain::{Application, Owner, TenantId, Within};

/// Whose directory the people of an application are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct People {
    pub(super) owner: Owner,
    /// How far a look for them may reach.
    pub(super) within: Within,
}

impl People {
    /// The users of a tenant.
    pub(super) const fn of_tenant(tenant: TenantId) -> Self {
        Self { owner: Owner::Tenant(tenant), within: Within::Tenant(tenant) }
    }

    /// Those who may use this application, which the tenant's people may.
    pub(super) const fn of(_application: &Application, tenant: TenantId) -> Self {
        Self::of_tenant(tenant)
    }
}
