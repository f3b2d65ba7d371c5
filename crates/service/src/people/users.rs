//! People who sign in: made, read, changed, taken away.

use std::sync::Arc;

use appkeep_domain::{Action, Directory, Ending, Failing, Timestamp, User, UserStatus, Within};
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::json;

use super::pool::{Place, Pool};
use super::user_draft::{self, UserFields};
use super::{Step, describe};
use crate::by::By;
use crate::endings::finish_endings;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::faults::Faults;
use crate::registry::record::Stamp;
use crate::registry::{Expected, Registry};
use crate::tenancy::caps::check_users;

/// How many sessions of a user who is deleted one transaction ends.
const SESSIONS_AT_ONCE: u32 = 1_000;

/// A user, and what is told of them besides.
#[derive(Debug, Clone)]
pub struct UserView {
    pub user: User,
    /// When their password was set, if they have one.
    pub password_changed_at: Option<Timestamp>,
    /// Whether they are asked for a code after their password.
    pub mfa_enabled: bool,
    /// How often in a row nobody could sign in as them, of late.
    pub failed_sign_ins: u32,
    /// Until then no password is looked at.
    pub locked_until: Option<Timestamp>,
}

/// What is to become of a user.
#[derive(Debug, Clone, Default)]
pub struct UserUpdate {
    pub expected: Expected,
    pub fields: UserFields,
}

/// Made before the transaction, which may run more than once.
struct Plan {
    by: By,
    of: Pool,
    stamp: Stamp,
    /// The tenant's directory, if there is none yet.
    directory: Directory,
    blank: User,
    user: User,
    faults: Faults,
}

impl Registry {
    /// Somebody new, without a password.
    pub async fn create_user(&self, by: &By, of: Pool, fields: UserFields) -> Result<UserView, Error> {
        of.decide(by, Action::ManageUsers)?;
        let plan = self.plan(by, of, &fields);
        let view = self.store().write(async move |tx: &mut WriteTx| create(tx, &plan).await).await?;
        tracing::info!(user.id = %view.user.id, "registered a user");
        Ok(view)
    }

    pub async fn user(&self, by: &By, of: Pool, id: &str) -> Result<UserView, Error> {
        of.decide(by, Action::ReadUsers)?;
        let now = self.now();
        let mut tx = self.store().read().await?;
        let place = of.find(&mut tx, by, (Action::ReadUsers, now)).await?;
        let (directory, user) = place.user(&mut tx, id).await?;
        view(&mut tx, place.within(), (&directory, user), now).await
    }

    /// What is not named stays. A change that changes nothing leaves no trace.
    pub async fn update_user(
        &self,
        by: &By,
        of: Pool,
        id: &str,
        update: UserUpdate,
    ) -> Result<UserView, Error> {
        of.decide(by, Action::ManageUsers)?;
        let (step, update) = (self.step_of(by, (of, id.to_owned())), Arc::new(update));
        let view = self.store().write(async move |tx: &mut WriteTx| apply(tx, &step, &update).await).await?;
        finish_endings(self.store()).await?;
        Ok(view)
    }

    /// Leaves nothing of the user but what the history says, which names nobody.
    pub async fn delete_user(&self, by: &By, of: Pool, id: &str, expected: Expected) -> Result<(), Error> {
        of.decide(by, Action::ManageUsers)?;
        loop {
            let (step, expected) = (self.step_of(by, (of, id.to_owned())), expected.clone());
            let delete = async move |tx: &mut WriteTx| delete(tx, &step, &expected).await;
            if self.store().write(delete).await? == Deleted::Whole {
                return Ok(());
            }
        }
    }

    fn plan(&self, by: &By, of: Pool, fields: &UserFields) -> Arc<Plan> {
        let (stamp, directory) = (self.stamp(), self.fresh_directory(by));
        let mut faults = Faults::default();
        if fields.email.is_none() {
            faults.add("email", ErrorCode::InvalidRequest, "is required");
        }
        let blank = user_draft::blank(self.make_id(), directory.id, stamp.now);
        let user = user_draft::apply(blank.clone(), fields, stamp.now, &mut faults);
        Arc::new(Plan { by: by.clone(), of, stamp, directory, blank, user, faults })
    }
}

async fn create(tx: &mut WriteTx, plan: &Plan) -> Result<UserView, Error> {
    let by = &plan.by;
    let place = plan.of.find(tx, by, (Action::ManageUsers, plan.stamp.now)).await?;
    let (within, directory) = (place.within(), place.directory_or(tx, &plan.directory).await?);
    let user = User { directory: directory.id, ..plan.user.clone() };
    let mut faults = plan.faults.clone();
    check_free(tx, within, (&directory, &user), &mut faults).await?;
    faults.check()?;
    check_users(tx, &directory).await?;
    tx.insert_user(within, &directory, &user).await.map_err(taken)?;
    let after = describe::user_with(&user, &describe::changed_fields(&plan.blank, &user));
    place.record(tx, (by, plan.stamp), "user.created", (None, Some(after))).await?;
    Ok(UserView {
        user,
        password_changed_at: None,
        mfa_enabled: false,
        failed_sign_ins: 0,
        locked_until: None,
    })
}

async fn apply(
    tx: &mut WriteTx,
    step: &Step<(Pool, String)>,
    update: &UserUpdate,
) -> Result<UserView, Error> {
    let ((of, id), now) = (&step.id, step.stamp.now);
    let place = of.find(tx, &step.by, (Action::ManageUsers, now)).await?;
    let (directory, current) = place.user(tx, id).await?;
    update.expected.check(current.version)?;
    let mut faults = Faults::default();
    let changed = user_draft::apply(current.clone(), &update.fields, now, &mut faults);
    check_free(tx, place.within(), (&directory, &changed), &mut faults).await?;
    faults.check()?;
    let kept = keep(tx, step, (&place, &directory), (&current, changed)).await?;
    view(tx, place.within(), (&directory, kept), now).await
}

/// Writes what became of a user, and tells of it; nothing when nothing did.
async fn keep(
    tx: &mut WriteTx,
    step: &Step<(Pool, String)>,
    (place, directory): (&Place, &Directory),
    (current, mut changed): (&User, User),
) -> Result<User, Error> {
    if *current == changed {
        return Ok(changed);
    }
    changed.version += 1;
    changed.updated_at = step.stamp.now;
    tx.update_user(place.within(), directory, &changed).await.map_err(taken)?;
    if current.may_sign_in() && !changed.may_sign_in() {
        // What was issued to them is refused from now on.
        let ending = Ending::at(step.stamp.now);
        tx.end_sessions_of_user(place.within(), directory, changed.id, ending).await?;
    }
    let fields = describe::changed_fields(current, &changed);
    let action = action_of(current.status, changed.status);
    let before = Some(describe::user_with(current, &fields));
    let after = Some(describe::user_with(&changed, &fields));
    place.record(tx, (&step.by, step.stamp), action, (before, after)).await?;
    Ok(changed)
}

/// Who may sign in is looked for in the history more than anything else.
fn action_of(before: UserStatus, after: UserStatus) -> &'static str {
    match after {
        _ if before == after => "user.updated",
        UserStatus::Suspended => "user.suspended",
        UserStatus::Active => "user.activated",
        UserStatus::Pending => "user.updated",
    }
}

/// How far one transaction came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deleted {
    /// As many sessions ended as it may end.
    InPart,
    Whole,
}

async fn delete(
    tx: &mut WriteTx,
    step: &Step<(Pool, String)>,
    expected: &Expected,
) -> Result<Deleted, Error> {
    let ((of, id), by, now) = (&step.id, &step.by, step.stamp.now);
    let (place, ending) = (of.find(tx, by, (Action::ManageUsers, now)).await?, Ending::at(now));
    let (directory, user) = place.user(tx, id).await?;
    expected.check(user.version)?;
    let whose = (&directory, user.id);
    let ended = tx.end_some_sessions_of_user(place.within(), whose, SESSIONS_AT_ONCE, ending).await?;
    if ended == u64::from(SESSIONS_AT_ONCE) {
        let after = Some(json!({ "user_id": user.id.to_string(), "sessions": ended }));
        place.record(tx, (by, step.stamp), "user.sessions_ended", (None, after)).await?;
        return Ok(Deleted::InPart);
    }
    tx.delete_user(place.within(), &directory, user.id, ending).await?;
    let before = Some(describe::user(user.id));
    place.record(tx, (by, step.stamp), "user.deleted", (before, None)).await?;
    Ok(Deleted::Whole)
}

pub(super) async fn view(
    tx: &mut ReadTx,
    within: Within,
    (directory, user): (&Directory, User),
    now: Timestamp,
) -> Result<UserView, Error> {
    let password = tx.password(within, directory, user.id).await?;
    let totp = tx.totp(within, directory, user.id).await?;
    let lockout = tx.lockout(within, directory, Failing::Account(user.id)).await?;
    Ok(UserView {
        user,
        password_changed_at: password.map(|password| password.changed_at),
        mfa_enabled: totp.is_some_and(|totp| totp.confirmed_at.is_some()),
        failed_sign_ins: lockout.as_ref().map_or(0, |lockout| lockout.failures_at(now)),
        locked_until: lockout.and_then(|lockout| lockout.locked_at(now)),
    })
}

/// Finds fault with an address and a user name that somebody else has.
async fn check_free(
    tx: &mut ReadTx,
    within: Within,
    (directory, user): (&Directory, &User),
    faults: &mut Faults,
) -> Result<(), Error> {
    let is_other = |found: Option<User>| found.is_some_and(|found| found.id != user.id);
    if is_other(tx.user_by_email(within, directory, &user.email).await?) {
        faults.add("email", ErrorCode::EmailTaken, TAKEN);
    }
    if let Some(username) = &user.username
        && is_other(tx.user_by_username(within, directory, username).await?)
    {
        faults.add("username", ErrorCode::UsernameTaken, TAKEN);
    }
    Ok(())
}

const TAKEN: &str = "another user has it";

/// The clashes that a caller can do something about, if somebody was quicker
/// than `check_free`.
pub(crate) fn taken(error: StorageError) -> Error {
    let (field, code) = match &error {
        StorageError::Taken(name) if name == "users.directory_id, users.email_key" => {
            ("email", ErrorCode::EmailTaken)
        }
        StorageError::Taken(name) if name == "users.directory_id, users.username_key" => {
            ("username", ErrorCode::UsernameTaken)
        }
        _ => return error.into(),
    };
    Error::invalid(Fault::new(field, code, TAKEN)).because(error)
}
