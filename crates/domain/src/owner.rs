//! Who owns a thing, and how far a look may reach.

use crate::{PartnerId, Tenant, TenantId};

/// Who owns a thing, fixed when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The platform itself: a GLOBAL application.
    Global,
    Partner(PartnerId),
    Tenant(TenantId),
}

impl Owner {
    /// Whether what it owns is for the people of this tenant: the platform's
    /// for all, a partner's for its tenants'.
    pub fn takes_in(self, tenant: &Tenant) -> bool {
        match self {
            Self::Global => true,
            Self::Partner(partner) => tenant.partner == Some(partner),
            Self::Tenant(id) => tenant.id == id,
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
