//! To whom an application belongs: said when it is made, and fixed from then on.

use appkeep_domain::{
    Action, Decision, Id, IdKind, Owner, Ownership, PartnerId, Resource, TenantId, Within, may,
};
use appkeep_storage::{KnownOwner, ReadTx};

use super::faults::Faults;
use super::fields::Edit;
use crate::by::{By, forbidden};
use crate::error::{Error, ErrorCode};

/// What a caller says of whose something is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnershipFields {
    /// `global`, `partner` or `tenant`.
    pub ownership: Option<String>,
    pub partner_id: Edit<String>,
    pub tenant_id: Edit<String>,
}

/// Whose it is to be, which may not be there, or not for this caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WantedOwner {
    pub(super) owner: Owner,
    /// Where it was named, if it was.
    field: Option<&'static str>,
}

impl WantedOwner {
    /// Whether it is another than the tenant that is spoken to.
    pub(super) const fn is_named(&self) -> bool {
        self.field.is_some() || !matches!(self.owner, Owner::Tenant(_))
    }
}

const PARTNER_ID: &str = "partner_id";
const TENANT_ID: &str = "tenant_id";

/// Reads what was said; where nothing was, it is the tenant's that is spoken to,
/// or its partner's.
pub(super) fn parse(by: &By, fields: &OwnershipFields, faults: &mut Faults) -> WantedOwner {
    let spoken_to = WantedOwner { owner: by.owner(), field: None };
    let named = fields.ownership.as_deref().map(Ownership::parse).transpose();
    let named = named.map_err(|reason| format!("is {reason}"));
    let Some(ownership) = faults.take("ownership", named) else { return spoken_to };
    let ownership = ownership.unwrap_or(Ownership::Tenant);
    refuse_others(ownership, fields, faults);
    match ownership {
        Ownership::Global => WantedOwner { owner: Owner::Global, field: None },
        Ownership::Tenant => match named_id(TENANT_ID, &fields.tenant_id, faults) {
            Some(id) => WantedOwner { owner: Owner::Tenant(id), field: Some(TENANT_ID) },
            None => spoken_to,
        },
        Ownership::Partner => {
            let id = named_id(PARTNER_ID, &fields.partner_id, faults);
            if id.is_none() && by.partner.is_none() && !matches!(fields.partner_id, Edit::Set(_)) {
                let message = "is required: the tenant that is spoken to is of no partner";
                faults.add(PARTNER_ID, ErrorCode::InvalidRequest, message);
            }
            let owner = id.or(by.partner).map_or(spoken_to.owner, Owner::Partner);
            WantedOwner { owner, field: id.map(|_| PARTNER_ID) }
        }
    }
}

/// An id of one kind of owner is no word about another.
fn refuse_others(ownership: Ownership, fields: &OwnershipFields, faults: &mut Faults) {
    for (field, named, of) in [
        (PARTNER_ID, &fields.partner_id, Ownership::Partner),
        (TENANT_ID, &fields.tenant_id, Ownership::Tenant),
    ] {
        if matches!(named, Edit::Set(_)) && ownership != of {
            let message = format!("is for `ownership` `{}`", of.as_str());
            faults.add(field, ErrorCode::InvalidField, message);
        }
    }
}

/// A text that is no id is one that never existed.
fn named_id<K: IdKind>(field: &'static str, named: &Edit<String>, faults: &mut Faults) -> Option<Id<K>> {
    let Edit::Set(raw) = named else { return None };
    faults.take(field, Id::parse(raw).map_err(|_| no_such(field)))
}

/// The owner, if the caller may make an application of its. One that the caller
/// may not see is at fault like one that is not there, before anything of it is
/// looked at.
pub(super) async fn settle(
    tx: &mut ReadTx,
    by: &By,
    wanted: WantedOwner,
    faults: &mut Faults,
) -> Result<KnownOwner, Error> {
    let action = Action::CreateApplication;
    let known = tx.known_owner(Within::Platform, wanted.owner).await?;
    let decided = known.map(|known| (known, decide(by, action, known)));
    match (decided, wanted.field) {
        (Some((known, Decision::Allowed)), _) => Ok(known),
        (Some((_, Decision::Forbidden)), _) => Err(forbidden(&by.caller, action)),
        (_, Some(field)) => Err(at_fault(faults, field, (ErrorCode::InvalidField, no_such(field)))),
        (_, None) => {
            let field = if matches!(wanted.owner, Owner::Partner(_)) { PARTNER_ID } else { TENANT_ID };
            let message = "is required: the tenant that is spoken to is none of the caller's";
            Err(at_fault(faults, field, (ErrorCode::InvalidRequest, message)))
        }
    }
}

/// One more fault, after which there is no use in looking for others.
fn at_fault(faults: &mut Faults, field: &'static str, (code, message): (ErrorCode, &'static str)) -> Error {
    faults.add(field, code, message);
    let unless_told = Error::new(code, message);
    faults.clone().check().err().unwrap_or(unless_told)
}

/// Whether there is such an owner for the caller, who may do this to what it has.
pub(super) async fn is_seen(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    wanted: WantedOwner,
) -> Result<bool, Error> {
    let known = tx.known_owner(Within::Platform, wanted.owner).await?;
    match known.map(|known| decide(by, action, known)) {
        Some(Decision::Allowed) => Ok(true),
        Some(Decision::Forbidden) => Err(forbidden(&by.caller, action)),
        Some(Decision::Hidden) | None => Ok(false),
    }
}

fn decide(by: &By, action: Action, known: KnownOwner) -> Decision {
    may(&by.caller, action, &Resource::of_owner(known.owner, known.partner))
}

fn no_such(field: &'static str) -> &'static str {
    if field == PARTNER_ID { "there is no such partner" } else { "there is no such tenant" }
}

/// Sending what stands is fine.
pub(super) fn check_unchanged(owner: Owner, fields: &OwnershipFields, faults: &mut Faults) {
    let (partner, tenant) = match owner {
        Owner::Global => (None, None),
        Owner::Partner(id) => (Some(id), None),
        Owner::Tenant(id) => (None, Some(id)),
    };
    let stands =
        |named: &Edit<String>, standing: Option<[u8; 16]>, parse: fn(&str) -> Option<[u8; 16]>| match named {
            Edit::Keep => true,
            Edit::Clear => standing.is_none(),
            Edit::Set(raw) => standing.is_some() && parse(raw) == standing,
        };
    let partner_id = |raw: &str| PartnerId::parse(raw).ok().map(|id| id.as_bytes());
    let tenant_id = |raw: &str| TenantId::parse(raw).ok().map(|id| id.as_bytes());
    let named = fields.ownership.as_deref();
    for (field, is_unchanged) in [
        ("ownership", named.is_none_or(|named| named == owner.ownership().as_str())),
        (PARTNER_ID, stands(&fields.partner_id, partner.map(|id| id.as_bytes()), partner_id)),
        (TENANT_ID, stands(&fields.tenant_id, tenant.map(|id| id.as_bytes()), tenant_id)),
    ] {
        if !is_unchanged {
            let message = "cannot be changed; make another application";
            faults.add(field, ErrorCode::ImmutableField, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{Caller, RequestId};

    use super::*;
    use crate::by::Mount;
    use crate::surface::Surface;

    const PARTNER: PartnerId = PartnerId::from_bytes([3; 16]);
    const OTHER: PartnerId = PartnerId::from_bytes([4; 16]);
    const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    const SISTER: TenantId = TenantId::from_bytes([2; 16]);

    fn by(partner: Option<PartnerId>) -> By {
        By {
            caller: Caller::System,
            tenant: TENANT,
            partner,
            mount: Mount::Root,
            request_id: RequestId::from_bytes([7; 16]),
            address: None,
            surface: Surface::Native,
            attempt: None,
            key: None,
        }
    }

    fn said(ownership: &str, partner: &str, tenant: &str) -> OwnershipFields {
        let edit = |raw: &str| match raw {
            "" => Edit::Keep,
            "null" => Edit::Clear,
            raw => Edit::Set(raw.to_owned()),
        };
        OwnershipFields {
            ownership: (!ownership.is_empty()).then(|| ownership.to_owned()),
            partner_id: edit(partner),
            tenant_id: edit(tenant),
        }
    }

    fn at_fault(faults: Faults) -> Vec<String> {
        let faults = faults.check().err().map(|error| error.faults().to_vec()).unwrap_or_default();
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn what_is_not_said_is_the_tenants_that_is_spoken_to() {
        let (other, sister) = (OTHER.to_string(), SISTER.to_string());
        for (fields, owner) in [
            (said("", "", ""), Owner::Tenant(TENANT)),
            (said("tenant", "null", "null"), Owner::Tenant(TENANT)),
            (said("", "", &sister), Owner::Tenant(SISTER)),
            (said("tenant", "", &sister), Owner::Tenant(SISTER)),
            (said("partner", "", ""), Owner::Partner(PARTNER)),
            (said("partner", &other, ""), Owner::Partner(OTHER)),
            (said("global", "", ""), Owner::Global),
        ] {
            let mut faults = Faults::default();
            assert_eq!(parse(&by(Some(PARTNER)), &fields, &mut faults).owner, owner, "{fields:?}");
            assert_eq!(at_fault(faults), [] as [&str; 0], "{fields:?}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let (other, sister) = (OTHER.to_string(), SISTER.to_string());
        for (partner, fields, expected) in [
            (None, said("GLOBAL", "", ""), vec!["ownership"]),
            (None, said("partner", "", ""), vec!["partner_id"]),
            (Some(PARTNER), said("partner", "garbage", ""), vec!["partner_id"]),
            (Some(PARTNER), said("", "", "garbage"), vec!["tenant_id"]),
            (Some(PARTNER), said("", &other, ""), vec!["partner_id"]),
            (Some(PARTNER), said("global", &other, &sister), vec!["partner_id", "tenant_id"]),
            (Some(PARTNER), said("partner", "", &sister), vec!["tenant_id"]),
        ] {
            let mut faults = Faults::default();
            parse(&by(partner), &fields, &mut faults);
            assert_eq!(at_fault(faults), expected, "{fields:?}");
        }
    }

    #[test]
    fn an_owner_stays() {
        let (partner, tenant) = (PARTNER.to_string(), TENANT.to_string());
        let (of_partner, of_tenant) = (Owner::Partner(PARTNER), Owner::Tenant(TENANT));
        for (owner, fields, expected) in [
            (of_tenant, said("tenant", "null", &tenant), vec![]),
            (of_partner, said("partner", &partner, "null"), vec![]),
            (Owner::Global, said("global", "null", "null"), vec![]),
            (Owner::Global, said("tenant", "", ""), vec!["ownership"]),
            (of_tenant, said("global", "", "null"), vec!["ownership", "tenant_id"]),
            (of_tenant, said("", &partner, &SISTER.to_string()), vec!["partner_id", "tenant_id"]),
            (of_partner, said("", &OTHER.to_string(), ""), vec!["partner_id"]),
            (of_partner, said("", "garbage", ""), vec!["partner_id"]),
        ] {
            let mut faults = Faults::default();
            check_unchanged(owner, &fields, &mut faults);
            assert_eq!(at_fault(faults), expected, "{owner:?} {fields:?}");
        }
    }
}
