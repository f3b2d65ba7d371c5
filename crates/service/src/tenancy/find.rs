//! The one way to a partner, a tenant and an operator.

use appkeep_domain::{
    Action, Caller, Decision, Directory, Footing, OperatorId, Owner, Partner, PartnerId, Resource, Tenant,
    TenantId, User, UserId, Within, may, may_give,
};
use appkeep_storage::{HeldRole, ReadTx};

use super::place::resource_at;
use super::reach::is_of_the_platform;
use crate::by::{By, forbidden};
use crate::error::{Error, ErrorCode};

/// Reads any spelling; a text that is no id is one that never existed.
pub(super) fn parse_partner_id(raw: &str) -> Result<PartnerId, Error> {
    PartnerId::parse(raw).map_err(|_| no_such_partner())
}

/// The same for a tenant.
pub(super) fn parse_tenant_id(raw: &str) -> Result<TenantId, Error> {
    TenantId::parse(raw).map_err(|_| no_such_tenant())
}

/// The same for an operator.
pub(super) fn parse_operator_id(raw: &str) -> Result<OperatorId, Error> {
    OperatorId::parse(raw).map_err(|_| no_such_operator())
}

/// The partner, if the caller may do this to it.
pub(super) async fn find_partner(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    id: PartnerId,
) -> Result<Partner, Error> {
    let found = tx.partner(Within::Platform, id).await?;
    let found = found.filter(|found| found.archived_at.is_none() || sees_archived(by));
    let partner = found.ok_or_else(no_such_partner)?;
    decide(by, action, &Resource::of_owner(Owner::Partner(id), None), no_such_partner)?;
    Ok(partner)
}

/// The tenant, if the caller may do this to it.
pub(super) async fn find_tenant(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    id: TenantId,
) -> Result<Tenant, Error> {
    let found = tx.tenant(Within::Platform, id).await?;
    let found = found.filter(|found| found.archived_at.is_none() || sees_archived(by));
    let tenant = found.ok_or_else(no_such_tenant)?;
    decide(by, action, &Resource::of_owner(Owner::Tenant(id), tenant.partner), no_such_tenant)?;
    Ok(tenant)
}

fn sees_archived(by: &By) -> bool {
    by.surface.shows_archived() && is_of_the_platform(&by.caller)
}

/// Somebody who runs something, and all that they do.
pub(crate) struct FoundOperator {
    pub(crate) id: OperatorId,
    pub(crate) directory: Directory,
    pub(crate) user: User,
    pub(crate) held: Vec<HeldRole>,
}

impl FoundOperator {
    /// Those of their roles that the caller governs.
    pub(super) fn seen_by(&self, caller: &Caller) -> Vec<HeldRole> {
        seen_roles(caller, &self.held)
    }

    /// Whether the caller could give every role that they hold.
    pub(super) fn is_governed_by(&self, caller: &Caller) -> bool {
        gives_all(caller, &self.held)
    }

    /// Whether they own the platform, and could say so.
    pub(super) fn owns_the_platform(&self) -> bool {
        let owns = |held: &HeldRole| held.grant == super::roles::PLATFORM_OWNER;
        self.user.may_sign_in() && self.held.iter().any(owns)
    }
}

/// An operator seen by way of a role that the caller may do this about.
pub(super) async fn find_operator(
    tx: &mut ReadTx,
    by: &By,
    action: Action,
    id: OperatorId,
) -> Result<FoundOperator, Error> {
    // All of it is read before anything is told, so that somebody whom the
    // caller does not see costs what nobody costs.
    let held = tx.roles(Within::Platform, id).await?;
    let directory =
        tx.tenant_directory(Within::Platform, Owner::Global).await?.ok_or_else(no_such_operator)?;
    let user = tx.user(Within::Platform, &directory, UserId::from_bytes(id.as_bytes())).await?;
    let user = user.ok_or_else(no_such_operator)?;
    let shown = held.iter().filter(|held| is_shown(&by.caller, held));
    let decided = shown.map(|held| may(&by.caller, action, &resource_at(held.grant.at)));
    match decided.min_by_key(|decision| *decision as u8).unwrap_or(Decision::Hidden) {
        Decision::Allowed => Ok(FoundOperator { id, directory, user, held }),
        Decision::Forbidden => Err(refused(&by.caller, action)),
        Decision::Hidden => Err(no_such_operator()),
    }
}

/// An operator whom the caller may change altogether: who could change a
/// person's address can speak in their name, and so has to be able to give every
/// role that they hold.
pub(crate) async fn find_operator_to_change(
    tx: &mut ReadTx,
    by: &By,
    raw: &str,
) -> Result<FoundOperator, Error> {
    let id = parse_operator_id(raw)?;
    let found = find_operator(tx, by, Action::ManageOperators, id).await?;
    if found.is_governed_by(&by.caller) {
        return Ok(found);
    }
    let message = "this operator holds a role that you could not give; take the roles that you can";
    Err(Error::new(ErrorCode::Forbidden, message))
}

pub(super) fn seen_roles(caller: &Caller, held: &[HeldRole]) -> Vec<HeldRole> {
    let is_seen = |held: &&HeldRole| {
        is_shown(caller, held)
            && may(caller, Action::ReadOperators, &resource_at(held.grant.at)) != Decision::Hidden
    };
    held.iter().filter(is_seen).copied().collect()
}

pub(super) fn gives_all(caller: &Caller, held: &[HeldRole]) -> bool {
    let gives =
        |held: &HeldRole| may_give(caller, held.grant.role, &resource_at(held.grant.at)) == Decision::Allowed;
    held.iter().all(gives)
}

/// What is archived is the platform's to see.
fn is_shown(caller: &Caller, held: &HeldRole) -> bool {
    held.footing != Footing::Archived || is_of_the_platform(caller)
}

pub(super) fn decide(by: &By, action: Action, place: &Resource, absent: fn() -> Error) -> Result<(), Error> {
    match may(&by.caller, action, place) {
        Decision::Allowed => Ok(()),
        Decision::Hidden => Err(absent()),
        Decision::Forbidden => Err(refused(&by.caller, action)),
    }
}

/// What a caller is told who sees a thing and may not do this to it.
pub(super) fn refused(caller: &Caller, action: Action) -> Error {
    let has_scope = match caller {
        Caller::Application { scopes, .. }
        | Caller::Operator { scopes, .. }
        | Caller::ServiceAccount { scopes, .. } => action.is_opened_by(scopes),
        Caller::System => true,
    };
    match action {
        Action::ManageTenants | Action::ManagePartners if has_scope => {
            Error::new(ErrorCode::Forbidden, "only those who run the platform do this")
        }
        _ if has_scope => Error::new(ErrorCode::Forbidden, "your role does not allow this"),
        _ => forbidden(caller, action),
    }
}

pub(super) fn no_such_partner() -> Error {
    Error::new(ErrorCode::PartnerNotFound, "there is no such partner")
}

pub(super) fn no_such_tenant() -> Error {
    Error::new(ErrorCode::TenantNotFound, "there is no such tenant")
}

pub(super) fn no_such_operator() -> Error {
    Error::new(ErrorCode::OperatorNotFound, "there is no such operator")
}
