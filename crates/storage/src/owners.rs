//! Owners and boundaries as columns.

use appkeep_domain::{Owner, Ownership, PartnerId, TenantId, Whose, Within};

use crate::error::{Result, StorageError};
use crate::row::Row;

/// The 16 bytes that an owner's rows lead with; zeros for the platform.
pub(crate) const fn owner_key(owner: Owner) -> [u8; 16] {
    match owner {
        Owner::Global => [0; 16],
        Owner::Partner(id) => id.as_bytes(),
        Owner::Tenant(id) => id.as_bytes(),
    }
}

/// Which kind of owner the key names. Kept in the database, never renumbered.
pub(crate) const fn owner_level(owner: Owner) -> i64 {
    level_of(owner.ownership())
}

pub(crate) const fn level_of(ownership: Ownership) -> i64 {
    match ownership {
        Ownership::Global => 0,
        Ownership::Partner => 1,
        Ownership::Tenant => 2,
    }
}

pub(crate) fn read_owner(row: &Row<'_>) -> Result<Owner> {
    let key: [u8; 16] = row.get("owner")?;
    match row.get::<i64>("owner_level")? {
        0 => Ok(Owner::Global),
        1 => Ok(Owner::Partner(PartnerId::from_bytes(key))),
        2 => Ok(Owner::Tenant(TenantId::from_bytes(key))),
        _ => Err(StorageError::corrupt("owner_level", "none of 0, 1, 2")),
    }
}

/// The one owner that a boundary names; `None` for the platform, which is
/// bounded by nobody.
pub(crate) const fn bounding_owner(within: Within) -> Option<Owner> {
    match within {
        Within::Platform => None,
        Within::Partner(id) => Some(Owner::Partner(id)),
        Within::Tenant(id) => Some(Owner::Tenant(id)),
    }
}

/// Whether the boundary takes in what this owner has of its own. A partner's
/// does not take in what its tenants own: see [`Within::Partner`].
pub(crate) fn reaches(within: Within, owner: Owner) -> bool {
    bounding_owner(within).is_none_or(|bound| bound == owner)
}

/// Whether the boundary takes in all of them. What the tenants of a partner have
/// is the platform's to look at.
pub(crate) fn reaches_all(within: Within, whose: &Whose) -> bool {
    let Some(bound) = bounding_owner(within) else { return true };
    match whose {
        Whose::All(_) => false,
        Whose::Of { owners, tenants_of, .. } => {
            tenants_of.is_empty() && owners.iter().all(|owner| *owner == bound)
        }
    }
}
