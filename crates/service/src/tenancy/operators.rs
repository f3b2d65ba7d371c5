//! Operators: invited, read, changed, taken away.

use std::sync::Arc;

use appkeep_domain::{
    Action, Decision, Directory, Email, Ending, Failing, LinkPurpose, OperatorId, Owner, Role, RoleGrant,
    Timestamp, User, UserId, UserStatus, Within, may_give,
};
use appkeep_storage::{HeldRole, HeldRoles, ReadTx, Seek, WriteTx};

use super::find::{
    FoundOperator, find_operator, find_operator_to_change, gives_all, parse_operator_id, seen_roles,
};
use super::operator_draft::{self, NewOperator, OperatorUpdate};
use super::place::{self, Place, resource_at};
use super::reach::{merge, reach};
use super::record::{owner_of, record};
use super::roles::{check_owner_remains, check_room, not_to_give};
use super::{Step, describe};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::people::{blank_user, changed_user_fields, user_taken};
use crate::registry::faults::Faults;
use crate::registry::page::{self, List, Page, PageQuery, id_key};
use crate::registry::record::Stamp;
use crate::registry::{Expected, Registry};

/// Somebody who runs something, as far as the caller sees them.
#[derive(Debug, Clone)]
pub struct OperatorView {
    pub id: OperatorId,
    pub user: User,
    /// Those that the caller governs, with the place of each as it is named.
    pub roles: Vec<(Role, String)>,
    /// When their password was set, if they have one.
    pub password_changed_at: Option<Timestamp>,
    /// How often in a row nobody could sign in as them, of late.
    pub failed_sign_ins: u32,
    /// Until then no password is looked at.
    pub locked_until: Option<Timestamp>,
    /// Whether the caller may change them altogether: it could give every role
    /// that they hold.
    pub can_change: bool,
}

/// Which operators are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorQuery {
    pub page: PageQuery,
}

/// Most who are looked at of those who were invited by one address: more than
/// anybody means to invite.
pub(crate) const MOST_INVITED: u32 = 200;

/// Made before the transaction, which may run more than once.
struct Plan {
    by: By,
    stamp: Stamp,
    /// The platform's directory, if there is none yet.
    directory: Directory,
    user: User,
    role: Option<Role>,
    place: Option<Place>,
    faults: Faults,
}

impl Registry {
    /// Those who hold a role in a place that the caller governs, newest first.
    pub async fn operators(&self, by: &By, query: OperatorQuery) -> Result<Page<OperatorView>, Error> {
        let reached = reach(by, Action::ReadOperators)?;
        let mut faults = Vec::new();
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::Operators, id_key, &mut faults).map(OperatorId::from_bytes);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let mut parts = Vec::with_capacity(reached.len());
        for within in reached {
            let found = tx.operators(within, Seek { after, limit: limit as usize }).await?;
            parts.push((found.operators, found.next));
        }
        let key = |one: &HeldRoles| OperatorId::from_bytes(one.user.id.as_bytes());
        let (items, next) = merge(parts, limit as usize, key);
        let next_cursor = next.map(|id| List::Operators.cursor(&id.as_bytes()));
        let shown = |one: HeldRoles| {
            let whole = gives_all(&by.caller, &one.roles);
            OperatorView {
                id: key(&one),
                roles: named(&seen_roles(&by.caller, &one.roles)),
                user: shown_user(one.user, whole),
                password_changed_at: None,
                failed_sign_ins: 0,
                locked_until: None,
                can_change: whole,
            }
        };
        Ok(Page { items: items.into_iter().map(shown).collect(), next_cursor, limit })
    }

    /// Somebody with a role. An operator whom the caller sees is given it.
    /// Everybody else is invited, operators of elsewhere too, of whom nothing is
    /// told or changed: who reads mail at the address accepts by the link that is
    /// mailed there, and has one account with whatever they accept.
    pub async fn create_operator(&self, by: &By, new: NewOperator) -> Result<OperatorView, Error> {
        let plan = self.plan_operator(by, &new);
        let view = self.store().write(async move |tx: &mut WriteTx| create(tx, &plan).await).await?;
        tracing::info!(operator.id = %view.id, "an operator was given a role");
        Ok(view)
    }

    pub async fn operator(&self, by: &By, id: &str) -> Result<OperatorView, Error> {
        let id = parse_operator_id(id)?;
        let mut tx = self.store().read().await?;
        let found = find_operator(&mut tx, by, Action::ReadOperators, id).await?;
        view(&mut tx, by, found, self.now()).await
    }

    /// What is not named stays. A change that changes nothing leaves no trace.
    pub async fn update_operator(
        &self,
        by: &By,
        id: &str,
        update: OperatorUpdate,
    ) -> Result<OperatorView, Error> {
        let (step, update) = (self.tenancy_step(by, id.to_owned()), Arc::new(update));
        self.store().write(async move |tx: &mut WriteTx| apply(tx, &step, &update).await).await
    }

    /// Leaves nothing of the operator, in no place, but what the history says.
    pub async fn delete_operator(&self, by: &By, id: &str, expected: Expected) -> Result<(), Error> {
        let step = self.tenancy_step(by, id.to_owned());
        self.store().write(async move |tx: &mut WriteTx| delete(tx, &step, &expected).await).await
    }

    /// Their next password is looked at, and their failures are forgotten.
    pub async fn unlock_operator(&self, by: &By, id: &str) -> Result<OperatorView, Error> {
        let step = self.tenancy_step(by, id.to_owned());
        self.store().write(async move |tx: &mut WriteTx| unlock(tx, &step).await).await
    }

    fn plan_operator(&self, by: &By, new: &NewOperator) -> Arc<Plan> {
        let (stamp, directory) = (self.stamp(), self.fresh_directory_of(Owner::Global));
        let mut faults = Faults::default();
        let blank = blank_user(self.make_id(), directory.id, stamp.now);
        let invited = User { status: UserStatus::Pending, ..blank };
        let user = operator_draft::apply_new(invited, new, stamp.now, &mut faults);
        let role = Role::parse(&new.role).map_err(|reason| format!("is {reason}"));
        let role = faults.take("role", role);
        let place = Place::parse(&new.at);
        Arc::new(Plan { by: by.clone(), stamp, directory, user, role, place, faults })
    }
}

/// When somebody signs in who runs something elsewhere too is not told: it may
/// have been there.
fn shown_user(user: User, whole: bool) -> User {
    User { last_sign_in_at: user.last_sign_in_at.filter(|_| whole), ..user }
}

fn named(held: &[HeldRole]) -> Vec<(Role, String)> {
    held.iter().map(|held| (held.grant.role, place::print(held.grant.at))).collect()
}

async fn create(tx: &mut WriteTx, plan: &Plan) -> Result<OperatorView, Error> {
    let (by, within) = (&plan.by, Within::Platform);
    let grant = find_grant(tx, plan).await?;
    let directory = tx.tenant_directory_or_insert(within, &plan.directory).await?;
    let known = find_known(tx, by, &directory, &plan.user.email).await?;
    let is_new = known.is_none();
    let mut found = if let Some(found) = known {
        found
    } else {
        let user = User { directory: directory.id, ..plan.user.clone() };
        tx.insert_user(within, &directory, &user).await.map_err(user_taken)?;
        let id = OperatorId::from_bytes(user.id.as_bytes());
        FoundOperator { id, directory, user, held: Vec::new() }
    };
    if !found.held.iter().any(|held| held.grant == grant) {
        check_room(&found)?;
        tx.insert_role(within, found.id, grant).await?;
        let action = if is_new { "operator.created" } else { "operator.role_given" };
        let after = describe::role(found.id, grant.role, &place::print(grant.at));
        record(tx, by, (owner_of(grant.at), plan.stamp), (action, None, Some(after))).await?;
        found.held = tx.roles(within, found.id).await?;
    }
    view(tx, by, found, plan.stamp.now).await
}

/// Whoever is an operator by this address already, or is invited, as far as the
/// caller sees them. Whom it does not see costs what nobody costs.
async fn find_known(
    tx: &mut ReadTx,
    by: &By,
    directory: &Directory,
    email: &Email,
) -> Result<Option<FoundOperator>, Error> {
    let named = tx.operators_named(Within::Platform, directory, email, MOST_INVITED).await?;
    let seen = named.into_iter().find(|one| !seen_roles(&by.caller, &one.roles).is_empty());
    Ok(seen.map(|HeldRoles { user, roles }| FoundOperator {
        id: OperatorId::from_bytes(user.id.as_bytes()),
        directory: directory.clone(),
        user,
        held: roles,
    }))
}

/// Nothing that was known to the account's holder lets anybody in any more.
async fn forget_proofs(
    tx: &mut WriteTx,
    directory: &Directory,
    id: UserId,
    stamp: Stamp,
) -> Result<(), Error> {
    let within = Within::Platform;
    if tx.password(within, directory, id).await?.is_some() {
        tx.delete_password(within, directory, id).await?;
    }
    tx.delete_links_of(within, directory, id, LinkPurpose::ResetPassword).await?;
    tx.end_sessions_of_user(within, directory, id, Ending::at(stamp.now)).await?;
    Ok(())
}

/// The role and the place that were named, if the caller may give the one in
/// the other. A place that the caller does not see is at fault as one that
/// never existed.
async fn find_grant(tx: &mut ReadTx, plan: &Plan) -> Result<RoleGrant, Error> {
    let mut faults = plan.faults.clone();
    let at = match plan.place {
        Some(place) => place.find(tx).await?,
        None => None,
    };
    let role = plan.role.unwrap_or(Role::Viewer);
    let decided = at.map(|at| (at, may_give(&plan.by.caller, role, &resource_at(at))));
    let at = match decided {
        Some((at, Decision::Allowed)) => Some(at),
        Some((_, Decision::Forbidden)) => return Err(not_to_give(&plan.by, role)),
        Some((_, Decision::Hidden)) | None => {
            faults.add("at", ErrorCode::InvalidField, "there is no such partner or tenant");
            None
        }
    };
    faults.check()?;
    let at = at.ok_or_else(|| Error::new(ErrorCode::InvalidField, "there is no such place"))?;
    Ok(RoleGrant { role, at })
}

async fn apply(
    tx: &mut WriteTx,
    step: &Step<String>,
    update: &OperatorUpdate,
) -> Result<OperatorView, Error> {
    let now = step.stamp.now;
    let mut found = find_operator_to_change(tx, &step.by, &step.id).await?;
    update.expected.check(found.user.version)?;
    let mut faults = Faults::default();
    let changed = operator_draft::apply(found.user.clone(), update, now, &mut faults);
    faults.check()?;
    if changed.may_sign_in() && !found.user.may_sign_in() && found.user.email_verified_at.is_none() {
        let message = "somebody who was invited is active once they choose a password by the mailed link";
        return Err(Error::new(ErrorCode::NotApplicable, message));
    }
    if changed != found.user {
        found.user = keep(tx, step, &found, changed).await?;
    }
    view(tx, &step.by, found, now).await
}

/// Writes what became of an operator, and tells of it.
async fn keep(
    tx: &mut WriteTx,
    step: &Step<String>,
    found: &FoundOperator,
    changed: User,
) -> Result<User, Error> {
    let within = Within::Platform;
    let (owned, current) = (found.owns_the_platform(), &found.user);
    let fields = changed_user_fields(current, &changed);
    let is_moved = current.email.folded() != changed.email.folded();
    let status = match changed.status {
        // Whoever reads mail at the new address has yet to show it.
        UserStatus::Active if is_moved => UserStatus::Pending,
        status => status,
    };
    let changed = User { status, version: current.version + 1, updated_at: step.stamp.now, ..changed };
    tx.update_user(within, &found.directory, &changed).await.map_err(user_taken)?;
    if is_moved {
        forget_proofs(tx, &found.directory, changed.id, step.stamp).await?;
    } else if current.may_sign_in() && !changed.may_sign_in() {
        // What was issued to them is refused from now on.
        let ending = Ending::at(step.stamp.now);
        tx.end_sessions_of_user(within, &found.directory, changed.id, ending).await?;
        tx.end_impersonations_by(within, found.id, ending).await?;
    }
    if owned && !changed.may_sign_in() {
        check_owner_remains(tx).await?;
    }
    let told = |user: &User| Some(describe::operator_with(found.id, user.status.as_str(), &fields));
    let told = ("operator.updated", told(current), told(&changed));
    record(tx, &step.by, (home(found), step.stamp), told).await?;
    Ok(changed)
}

async fn delete(tx: &mut WriteTx, step: &Step<String>, expected: &Expected) -> Result<(), Error> {
    let found = find_operator_to_change(tx, &step.by, &step.id).await?;
    expected.check(found.user.version)?;
    let ending = Ending::at(step.stamp.now);
    tx.end_impersonations_by(Within::Platform, found.id, ending).await?;
    tx.delete_user(Within::Platform, &found.directory, found.user.id, ending).await?;
    if found.owns_the_platform() {
        check_owner_remains(tx).await?;
    }
    let told = ("operator.deleted", Some(describe::operator(found.id)), None);
    record(tx, &step.by, (home(&found), step.stamp), told).await?;
    Ok(())
}

async fn unlock(tx: &mut WriteTx, step: &Step<String>) -> Result<OperatorView, Error> {
    let within = Within::Platform;
    let found = find_operator_to_change(tx, &step.by, &step.id).await?;
    if tx.delete_lockout(within, &found.directory, Failing::Account(found.user.id)).await? {
        let told = ("operator.unlocked", None, Some(describe::operator(found.id)));
        record(tx, &step.by, (home(&found), step.stamp), told).await?;
    }
    view(tx, &step.by, found, step.stamp.now).await
}

/// Whose history tells of what becomes of the person: of the highest place that
/// they run.
fn home(found: &FoundOperator) -> Owner {
    found.held.first().map_or(Owner::Global, |held| owner_of(held.grant.at))
}

pub(super) async fn view(
    tx: &mut ReadTx,
    by: &By,
    found: FoundOperator,
    now: Timestamp,
) -> Result<OperatorView, Error> {
    let within = Within::Platform;
    let password = tx.password(within, &found.directory, found.user.id).await?;
    let lockout = tx.lockout(within, &found.directory, Failing::Account(found.user.id)).await?;
    let whole = found.is_governed_by(&by.caller);
    let (password, lockout) = if whole { (password, lockout) } else { (None, None) };
    Ok(OperatorView {
        id: found.id,
        roles: named(&found.seen_by(&by.caller)),
        user: shown_user(found.user, whole),
        password_changed_at: password.map(|password| password.changed_at),
        failed_sign_ins: lockout.as_ref().map_or(0, |lockout| lockout.failures_at(now)),
        locked_until: lockout.and_then(|lockout| lockout.locked_at(now)),
        can_change: whole,
    })
}
