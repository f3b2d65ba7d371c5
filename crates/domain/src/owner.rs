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

/// Which kind of owner a thing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ownership {
    Global,
    Partner,
    Tenant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("none of global, partner, tenant")]
pub struct UnknownOwnership;

impl Owner {
    pub const fn ownership(self) -> Ownership {
        match self {
            Self::Global => Ownership::Global,
            Self::Partner(_) => Ownership::Partner,
            Self::Tenant(_) => Ownership::Tenant,
        }
    }

    /// The boundary that takes in what this owner has of its own.
    pub const fn within(self) -> Within {
        match self {
            Self::Global => Within::Platform,
            Self::Partner(id) => Within::Partner(id),
            Self::Tenant(id) => Within::Tenant(id),
        }
    }

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

impl Ownership {
    pub const ALL: [Self; 3] = [Self::Global, Self::Partner, Self::Tenant];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Partner => "partner",
            Self::Tenant => "tenant",
        }
    }

    pub fn parse(text: &str) -> Result<Self, UnknownOwnership> {
        Self::ALL.into_iter().find(|ownership| ownership.as_str() == text).ok_or(UnknownOwnership)
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
