//! Who shares the platform: partners, their tenants, and the operators who run
//! each of them.
//!
//! Written like the rest of the registry: every function takes who asks first.
//! A thing is found wherever it is, and then decided on, so that one that the
//! caller does not see costs what one costs that never was. What is told of it
//! stands in its own history.

mod amend;
pub(crate) mod caps;
mod describe;
mod find;
mod numbered;
mod operator_draft;
mod operator_lockouts;
mod operators;
mod partners;
mod place;
mod reach;
mod record;
mod roles;
mod service_accounts;
mod tenants;
mod transfer;
mod turn;
mod usage;

pub use amend::{PartnerAmendment, TenantAmendment};
pub(crate) use describe::role as describe_role;
pub(crate) use find::find_operator_to_change;
pub use operator_draft::{NewOperator, OperatorUpdate};
pub(crate) use operators::MOST_INVITED;
pub use operators::{OperatorQuery, OperatorView};
pub use partners::{PartnerFields, PartnerQuery, PartnerUpdate, PartnerView};
pub(crate) use place::print as print_place;
pub(crate) use reach::within;
pub(crate) use record::owner_of;
pub(crate) use roles::MOST_ROLES;
pub use service_accounts::{EarlierTokens, ServiceAccountFields, ServiceAccountQuery, ServiceAccountSecret};
pub use tenants::{TenantChange, TenantFields, TenantQuery};
pub use turn::Turn;
pub use usage::{PartnerUsage, TenantUsage};

use crate::by::By;
use crate::registry::Registry;
use crate::registry::record::Stamp;

/// One change to something that has an id, tried in a transaction.
struct Step<I> {
    by: By,
    id: I,
    stamp: Stamp,
}

impl Registry {
    fn tenancy_step<I>(&self, by: &By, id: I) -> Step<I> {
        Step { by: by.clone(), id, stamp: self.stamp() }
    }
}
