//! Whom an application is for.

use appkeep_domain::{ApplicationId, Owner, TenantId, Within};
use appkeep_storage::{ReadTx, StorageError};

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

    /// Whoever runs the platform, a partner or a tenant. They are out of the
    /// reach of those who manage a tenant's users.
    pub(super) const OPERATORS: Self = Self { owner: Owner::Global, within: Within::Platform };

    /// Those who may use an application of the tenant: its users, or operators
    /// for the one that they administer with.
    pub(super) async fn of(
        tx: &mut ReadTx,
        tenant: TenantId,
        application: ApplicationId,
    ) -> Result<Self, StorageError> {
        let console = tx.console_application(Within::Tenant(tenant), tenant).await?;
        Ok(if console == Some(application) { Self::OPERATORS } else { Self::of_tenant(tenant) })
    }

    pub(super) const fn are_operators(&self) -> bool {
        matches!(self.owner, Owner::Global)
    }
}
