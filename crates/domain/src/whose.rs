//! Whose applications a list is made of, as they are seen from some levels.

use crate::{Level, Owner, Ownership, PartnerId, TenantId};

/// Whose applications to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's, of one ownership or of any.
    All(Option<Ownership>),
    /// Those of some owners, and of the tenants of some partners.
    Of {
        owners: Vec<Owner>,
        tenants_of: Vec<PartnerId>,
        /// Of these tenants the one.
        only: Option<TenantId>,
    },
}

/// Which owners are wanted; all that is named holds together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnerFilter {
    pub ownership: Option<Ownership>,
    pub tenant: Option<TenantId>,
    /// What the partner has, and what its tenants have.
    pub partner: Option<PartnerId>,
}

impl Whose {
    /// What is wanted of what is seen from these levels. What is not seen is
    /// not told from what is not there: there is nothing of it.
    pub fn seen_from(levels: &[Level], wanted: &OwnerFilter) -> Self {
        let Self::Of { mut owners, mut tenants_of, only } = (if levels.contains(&Level::Platform) {
            of_everybody(wanted)
        } else {
            of_levels(levels, wanted)
        }) else {
            return Self::All(wanted.ownership);
        };
        owners.retain(|owner| wanted.ownership.is_none_or(|ownership| owner.ownership() == ownership));
        if wanted.ownership.is_some_and(|ownership| ownership != Ownership::Tenant) {
            tenants_of.clear();
        }
        Self::Of { owners, tenants_of, only }
    }

    /// Whether what this owner has is among it, a tenant of this partner.
    pub fn includes(&self, owner: Owner, partner: Option<PartnerId>) -> bool {
        match self {
            Self::All(ownership) => ownership.is_none_or(|ownership| owner.ownership() == ownership),
            Self::Of { owners, tenants_of, only } => {
                let of_partner = partner.is_some_and(|partner| tenants_of.contains(&partner));
                let is_wanted = |id| only.is_none_or(|only| only == id);
                owners.contains(&owner) || matches!(owner, Owner::Tenant(id) if of_partner && is_wanted(id))
            }
        }
    }
}

impl From<Owner> for Whose {
    fn from(owner: Owner) -> Self {
        Self::Of { owners: vec![owner], tenants_of: Vec::new(), only: None }
    }
}

fn of_everybody(wanted: &OwnerFilter) -> Whose {
    let (owners, tenants_of) = match (wanted.partner, wanted.tenant) {
        (None, None) if wanted.ownership == Some(Ownership::Global) => (vec![Owner::Global], Vec::new()),
        (None, None) => return Whose::All(wanted.ownership),
        (None, Some(tenant)) => (vec![Owner::Tenant(tenant)], Vec::new()),
        (Some(partner), None) => (vec![Owner::Partner(partner)], vec![partner]),
        (Some(partner), Some(_)) => (Vec::new(), vec![partner]),
    };
    Whose::Of { owners, tenants_of, only: wanted.tenant }
}

fn of_levels(levels: &[Level], wanted: &OwnerFilter) -> Whose {
    let mut seen = Vec::new();
    let mut tenants_of = Vec::new();
    for level in levels {
        seen.push((Owner::Global, None));
        match *level {
            Level::Platform => {}
            Level::Partner(id) => {
                seen.push((Owner::Partner(id), Some(id)));
                tenants_of.push(id);
            }
            Level::Tenant { id, partner } => {
                seen.push((Owner::Tenant(id), partner));
                seen.extend(partner.map(|partner| (Owner::Partner(partner), Some(partner))));
            }
        }
    }
    let is_wanted = |(owner, partner): &(Owner, Option<PartnerId>)| {
        wanted.tenant.is_none_or(|tenant| *owner == Owner::Tenant(tenant))
            && wanted.partner.is_none_or(|wanted| *partner == Some(wanted))
    };
    seen.retain(is_wanted);
    tenants_of.retain(|partner| wanted.partner.is_none_or(|wanted| *partner == wanted));
    let mut owners: Vec<Owner> = Vec::with_capacity(seen.len());
    for (owner, _) in seen {
        if !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    tenants_of.sort_unstable();
    tenants_of.dedup();
    Whose::Of { owners, tenants_of, only: wanted.tenant }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resource;
    use crate::authorize::sees;

    const PARTNERS: [PartnerId; 2] = [PartnerId::from_bytes([1; 16]), PartnerId::from_bytes([2; 16])];

    /// Two tenants of the first partner, one of the second, one of none.
    const TENANTS: [(TenantId, Option<PartnerId>); 4] = [
        (TenantId::from_bytes([11; 16]), Some(PARTNERS[0])),
        (TenantId::from_bytes([12; 16]), Some(PARTNERS[0])),
        (TenantId::from_bytes([21; 16]), Some(PARTNERS[1])),
        (TenantId::from_bytes([31; 16]), None),
    ];
    const NOBODY: TenantId = TenantId::from_bytes([99; 16]);

    fn owners() -> Vec<(Owner, Option<PartnerId>)> {
        let partners = PARTNERS.map(|id| (Owner::Partner(id), None));
        let tenants = TENANTS.map(|(id, partner)| (Owner::Tenant(id), partner));
        [vec![(Owner::Global, None)], partners.to_vec(), tenants.to_vec()].concat()
    }

    fn levels() -> Vec<Level> {
        let tenants = TENANTS.map(|(id, partner)| Level::Tenant { id, partner });
        [vec![Level::Platform], PARTNERS.map(Level::Partner).to_vec(), tenants.to_vec()].concat()
    }

    fn filters() -> Vec<OwnerFilter> {
        let ownerships = [None].into_iter().chain(Ownership::ALL.map(Some));
        let tenants = [None, Some(NOBODY)].into_iter().chain(TENANTS.map(|(id, _)| Some(id)));
        let partners = [None].into_iter().chain(PARTNERS.map(Some));
        let each = |ownership| {
            let partners = partners.clone();
            tenants.clone().flat_map(move |tenant| {
                partners.clone().map(move |partner| OwnerFilter { ownership, tenant, partner })
            })
        };
        ownerships.flat_map(each).collect()
    }

    fn passes(wanted: &OwnerFilter, owner: Owner, partner: Option<PartnerId>) -> bool {
        let is_of = |id| owner == Owner::Partner(id) || partner == Some(id);
        wanted.ownership.is_none_or(|ownership| owner.ownership() == ownership)
            && wanted.tenant.is_none_or(|tenant| owner == Owner::Tenant(tenant))
            && wanted.partner.is_none_or(is_of)
    }

    #[test]
    fn a_list_has_what_is_seen_and_wanted_and_nothing_else() {
        let levels = levels();
        let pairs = levels.iter().flat_map(|one| levels.iter().map(|other| vec![*one, *other]));
        let each = levels.iter().map(|one| vec![*one]).chain(pairs).chain([Vec::new()]);
        for from in each {
            for wanted in filters() {
                let whose = Whose::seen_from(&from, &wanted);
                for (owner, partner) in owners() {
                    let resource = Resource::of_owner(owner, partner);
                    let seen = from.iter().any(|level| sees(*level, &resource));
                    let expected = seen && passes(&wanted, owner, partner);
                    assert_eq!(whose.includes(owner, partner), expected, "{from:?} {wanted:?} {owner:?}");
                }
            }
        }
    }

    #[test]
    fn no_owner_is_named_twice() {
        let levels = levels().split_off(1);
        let levels = [levels.clone(), levels].concat();
        let Whose::Of { owners, tenants_of, .. } = Whose::seen_from(&levels, &OwnerFilter::default()) else {
            panic!("nobody is of the platform");
        };
        assert_eq!((owners.len(), tenants_of), (7, PARTNERS.to_vec()));
    }
}
