//! Roles given and taken, one at a time.

use appkeep_domain::{Action, Decision, Ending, Level, OperatorId, Role, RoleGrant, Within, may_give};
use appkeep_storage::{ReadTx, WriteTx};

use super::find::{FoundOperator, find_operator, parse_operator_id, refused};
use super::operators::{OperatorView, view};
use super::place::{self, Place, resource_at};
use super::record::{owner_of, record};
use super::{Step, describe};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;

/// Whoever holds it can take back whatever anybody did.
pub(super) const PLATFORM_OWNER: RoleGrant = RoleGrant { role: Role::Owner, at: Level::Platform };
/// Most roles that one operator holds.
pub(crate) const MOST_ROLES: usize = 100;

/// A role as it was named.
#[derive(Debug, Clone)]
struct Named {
    role: String,
    at: String,
}

impl Registry {
    /// The operator holds the role from now on, on every node within a second.
    /// Doing it again changes nothing.
    pub async fn give_role(
        &self,
        by: &By,
        id: &str,
        (at, role): (String, String),
    ) -> Result<OperatorView, Error> {
        let (step, named) = (self.tenancy_step(by, parse_operator_id(id)?), Named { role, at });
        self.store().write(async move |tx: &mut WriteTx| give(tx, &step, &named).await).await
    }

    /// And no longer. Whoever has lost the last one stays without rights, and
    /// who was only invited to it is not invited any more;
    /// `last_owner` when nobody else owns the platform.
    pub async fn take_role(&self, by: &By, id: &str, (at, role): (String, String)) -> Result<(), Error> {
        let (step, named) = (self.tenancy_step(by, parse_operator_id(id)?), Named { role, at });
        self.store().write(async move |tx: &mut WriteTx| take(tx, &step, &named).await).await
    }
}

async fn give(tx: &mut WriteTx, step: &Step<OperatorId>, named: &Named) -> Result<OperatorView, Error> {
    let by = &step.by;
    let mut found = find_operator(tx, by, Action::ManageOperators, step.id).await?;
    let grant = find_grant(tx, by, named).await?;
    if !found.held.iter().any(|held| held.grant == grant) {
        check_room(&found)?;
        tx.insert_role(Within::Platform, step.id, grant).await?;
        tell(tx, step, "operator.role_given", grant).await?;
        found.held = tx.roles(Within::Platform, step.id).await?;
    }
    view(tx, by, found, step.stamp.now).await
}

async fn take(tx: &mut WriteTx, step: &Step<OperatorId>, named: &Named) -> Result<(), Error> {
    let by = &step.by;
    let found = find_operator(tx, by, Action::ManageOperators, step.id).await?;
    let grant = find_grant(tx, by, named).await?;
    if !found.held.iter().any(|held| held.grant == grant) {
        return Err(no_such_role());
    }
    tx.delete_role(Within::Platform, step.id, grant).await?;
    // They begin again what they still may.
    tx.end_impersonations_by(Within::Platform, step.id, Ending::at(step.stamp.now)).await?;
    if grant == PLATFORM_OWNER {
        check_owner_remains(tx).await?;
    }
    if found.held.len() == 1 && !found.user.has_address(&found.directory) {
        // What there was to be accepted is no more.
        let ending = Ending::at(step.stamp.now);
        tx.delete_user(Within::Platform, &found.directory, found.user.id, ending).await?;
    }
    tell(tx, step, "operator.role_taken", grant).await
}

/// What was named, if the caller may give it and take it there.
async fn find_grant(tx: &mut ReadTx, by: &By, named: &Named) -> Result<RoleGrant, Error> {
    let place = Place::parse(&named.at).ok_or_else(|| Place::Platform.absent())?;
    let role = Role::parse(&named.role).map_err(|_| no_such_role())?;
    let at = place.find(tx).await?.ok_or_else(|| place.absent())?;
    match may_give(&by.caller, role, &resource_at(at)) {
        Decision::Allowed => Ok(RoleGrant { role, at }),
        Decision::Hidden => Err(place.absent()),
        Decision::Forbidden => Err(not_to_give(by, role)),
    }
}

pub(super) fn not_to_give(by: &By, role: Role) -> Error {
    match role {
        Role::Owner => Error::new(ErrorCode::Forbidden, "only an owner makes owners, and unmakes them"),
        _ => refused(&by.caller, Action::ManageOperators),
    }
}

pub(super) fn check_room(found: &FoundOperator) -> Result<(), Error> {
    if found.held.len() < MOST_ROLES {
        return Ok(());
    }
    let message = format!("an operator holds at most {MOST_ROLES} roles");
    Err(Error::new(ErrorCode::TooManyRoles, message))
}

/// After somebody may have gone, or lost what they had.
pub(super) async fn check_owner_remains(tx: &mut ReadTx) -> Result<(), Error> {
    if tx.count_platform_owners(Within::Platform).await? > 0 {
        return Ok(());
    }
    let message = "nobody else who may sign in owns the platform; make another owner first";
    Err(Error::new(ErrorCode::LastOwner, message))
}

async fn tell(
    tx: &mut WriteTx,
    step: &Step<OperatorId>,
    action: &str,
    grant: RoleGrant,
) -> Result<(), Error> {
    let told = Some(describe::role(step.id, grant.role, &place::print(grant.at)));
    let told = if action == "operator.role_taken" { (action, told, None) } else { (action, None, told) };
    record(tx, &step.by, (owner_of(grant.at), step.stamp), told).await?;
    Ok(())
}

fn no_such_role() -> Error {
    Error::new(ErrorCode::RoleNotFound, "there is no such role, or the operator does not hold it there")
}
