//! Who owns a thing, and how far a look may reach.

use crate::{PartnerId, TenantId};

/// Who owns a thing, fixed when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The platform itself: a GLOBAL application.
    Global,
    Partner(PartnerId),
    Tenant(TenantId),
}

impl Owner {
    /// What reaches what it owns itself, and no further where that is possible.
    pub const fn within(self) -> Within {
        match self {
            Self::Global => Within::Platform,
            Self::Partner(id) => Within::Partner(id),
            Self::Tenant(id) => Within::Tenant(id),
        }
    }
}

/// How far a storage function may reach. Every one takes one, so a query
/// without a boundary cannot be written by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Within {
    /// Everything: start-up, sweeps, the platform's operators.
    Platform,
    /// What this partner owns, and its tenants with their keys. What a tenant
    /// owns is reached within that tenant, once it was found within its partner.
    Partner(PartnerId),
    /// This tenant with its keys, and what it owns.
    Tenant(TenantId),
}
