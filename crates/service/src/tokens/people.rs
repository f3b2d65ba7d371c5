//! Whom an application is for.

use appkeep_domain::{ApplicationId, Owner, TenantId, Within};
use appkeep_storage::{ReadTx, StorageError};

use super::Inner;

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

    pub(super) const fn are_operators(&self) -> bool {
        matches!(self.owner, Owner::Global)
    }
}

/// Whether operators administer with this application of the owner's.
pub(super) async fn is_for_operators(
    tx: &mut ReadTx,
    (owner, application): (Owner, ApplicationId),
) -> Result<bool, StorageError> {
    let Owner::Tenant(tenant) = owner else { return Ok(false) };
    let console = tx.console_application(Within::Tenant(tenant), tenant).await?;
    Ok(console == Some(application))
}

impl Inner {
    /// Who may use an application here: the users of the tenant whose address
    /// it is, whoever owns the application, or operators for the one that they
    /// administer with.
    pub(super) fn people(&self, for_operators: bool) -> People {
        if for_operators { People::OPERATORS } else { People::of_tenant(self.address.tenant) }
    }

    /// Everybody who may be signed in with a browser here. Operators are at
    /// home at the public URL.
    pub(super) fn all_people(&self) -> impl Iterator<Item = People> + use<> {
        let operators = self.address.is_root().then_some(People::OPERATORS);
        std::iter::once(People::of_tenant(self.address.tenant)).chain(operators)
    }
}
