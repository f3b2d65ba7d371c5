//! Places where roles are held: the platform, a partner, a tenant.

use appkeep_domain::{Level, Owner, PartnerId, Resource, TenantId, Within};
use appkeep_storage::{ReadTx, StorageError};

use super::find::{no_such_partner, no_such_tenant};
use crate::error::{Error, ErrorCode};

/// A place as it was named, which may not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Platform,
    Partner(PartnerId),
    Tenant(TenantId),
}

impl Place {
    /// `platform`, or the id of a partner or a tenant with its prefix.
    pub(super) fn parse(raw: &str) -> Option<Self> {
        if raw == "platform" {
            return Some(Self::Platform);
        }
        match raw.get(..4)? {
            "prt_" => PartnerId::parse(raw).ok().map(Self::Partner),
            "tnt_" => TenantId::parse(raw).ok().map(Self::Tenant),
            _ => None,
        }
    }

    /// The level that it is, if it is there. Nobody is made to run what is
    /// archived.
    pub(super) async fn find(self, tx: &mut ReadTx) -> Result<Option<Level>, StorageError> {
        Ok(match self {
            Self::Platform => Some(Level::Platform),
            Self::Partner(id) => {
                let found = tx.partner(Within::Platform, id).await?;
                found.filter(|found| found.archived_at.is_none()).map(|found| Level::Partner(found.id))
            }
            Self::Tenant(id) => {
                let found = tx.tenant(Within::Platform, id).await?;
                let found = found.filter(|found| found.archived_at.is_none());
                found.map(|found| Level::Tenant { id, partner: found.partner })
            }
        })
    }

    /// For who is told that it is not there.
    pub(super) fn absent(self) -> Error {
        match self {
            Self::Platform => Error::new(ErrorCode::NotFound, "there is no such place"),
            Self::Partner(_) => no_such_partner(),
            Self::Tenant(_) => no_such_tenant(),
        }
    }
}

/// What is decided on when something is done at a level.
pub(super) const fn resource_at(level: Level) -> Resource {
    match level {
        Level::Platform => Resource::of_owner(Owner::Global, None),
        Level::Partner(id) => Resource::of_owner(Owner::Partner(id), None),
        Level::Tenant { id, partner } => Resource::of_owner(Owner::Tenant(id), partner),
    }
}

/// As requests and answers name it.
pub(crate) fn print(level: Level) -> String {
    match level {
        Level::Platform => "platform".to_owned(),
        Level::Partner(id) => id.to_string(),
        Level::Tenant { id, .. } => id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_its_prefix() {
        let (partner, tenant) = (PartnerId::from_bytes([5; 16]), TenantId::from_bytes([7; 16]));
        for (raw, place) in [
            ("platform".to_owned(), Some(Place::Platform)),
            (partner.to_string(), Some(Place::Partner(partner))),
            (tenant.to_string(), Some(Place::Tenant(tenant))),
            (tenant.to_uuid(), None),
            ("Platform".to_owned(), None),
            ("tnt_".to_owned(), None),
            ("é".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(Place::parse(&raw), place, "{raw}");
        }
    }
}
