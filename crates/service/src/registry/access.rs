//! What the holders of an application's API keys may do.

mod draft;
mod explain;
mod holders;
mod keys;
mod session_draft;
mod sessions;

use std::sync::Arc;

use appkeep_domain::access::{
    AccessFacet, AccessKind, AccessRule, AccessTemplate, Condition, Permission, RuleScope,
};
use appkeep_domain::{Action, Application, PartnerId, Resource, may_grant};
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::{Value, json};

pub use self::draft::{AccessFields, AccessRuleFields};
pub use self::explain::{AccessQuestion, Explained};
pub use self::holders::{CreatedHolder, HolderQuery, HolderView, NewHolder, NewKeyIn};
pub(super) use self::keys::check_live_keys;
pub use self::keys::{AddedKey, NewKeyFields};
pub use self::session_draft::{ConditionFields, SessionFields, SessionRuleFields};
pub use self::sessions::StartedSession;
use super::Registry;
use super::credentials::check_overseen;
use super::faults::Faults;
use super::find::{find, parse_id};
use super::record::{Told, record_of};
use super::update::{Expected, Step};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};

/// What was said of an application's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessView {
    pub facet: AccessFacet,
    /// In the order in which they were given.
    pub rules: Vec<AccessRule>,
}

impl AccessView {
    /// Refuses to have keys of the application do with tokens what the caller
    /// may not.
    fn must_be_within_reach(
        &self,
        by: &By,
        (application, partner): (&Application, Option<PartnerId>),
    ) -> Result<(), Error> {
        let resource = Resource::of_owner(application.owner, partner);
        by.must_reach_tokens((&self.facet.permissions, &self.rules), &resource)
    }
}

/// Those that keys of this kind may hold; all where none is named. They are the
/// same for everybody.
pub fn permissions(kind: Option<&str>) -> Result<Vec<Permission>, Error> {
    let kind = kind.map(AccessKind::parse).transpose().map_err(|reason| {
        let message = format!("is {reason}");
        Error::invalid(Fault::new("application_type", ErrorCode::InvalidRequest, message))
    })?;
    let may_hold = |permission: &Permission| kind.is_none_or(|kind| permission.may_be_held_by(kind));
    Ok(Permission::ALL.into_iter().filter(may_hold).collect())
}

/// One of those that there are to begin with, which are the same for everybody.
pub fn template(id: &str) -> Result<AccessTemplate, Error> {
    let found = AccessTemplate::all().into_iter().find(|template| template.id.eq_ignore_ascii_case(id));
    found.ok_or_else(|| Error::new(ErrorCode::NotFound, "there is no such template"))
}

impl Registry {
    /// None where nothing was said: the application then has no keys.
    pub async fn access(&self, by: &By, id: &str) -> Result<Option<AccessView>, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        check_overseen(by, &found)?;
        Ok(view(&mut tx, &found.application).await?)
    }

    /// Puts permissions and rules in the place of all that there were. Which
    /// kind of keys they are for is fixed by the first time.
    pub async fn set_access(
        &self,
        by: &By,
        id: &str,
        (expected, fields): (Expected, AccessFields),
    ) -> Result<AccessView, Error> {
        let (step, wanted) = (self.step(by, id)?, Arc::new((expected, fields)));
        self.store.write(async move |tx: &mut WriteTx| set(tx, &step, &wanted).await).await
    }

    /// Takes everything back that was said, and ends every key.
    pub async fn clear_access(&self, by: &By, id: &str, expected: Expected) -> Result<(), Error> {
        let step = self.step(by, id)?;
        self.store.write(async move |tx: &mut WriteTx| clear(tx, &step, &expected).await).await
    }
}

async fn view(tx: &mut ReadTx, application: &Application) -> Result<Option<AccessView>, StorageError> {
    let Some(facet) = application.access.clone() else { return Ok(None) };
    let rules = tx.access_rules(application.owner.within(), application).await?;
    Ok(Some(AccessView { facet, rules }))
}

async fn set(
    tx: &mut WriteTx,
    step: &Step,
    (expected, fields): &(Expected, AccessFields),
) -> Result<AccessView, Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let found = find(tx, by, Action::UpdateApplication, (step.id, now)).await?;
    let application = &found.application;
    expected.check(application.version)?;
    let mut faults = Faults::default();
    let wanted = draft::parse(fields, application, &mut faults)?;
    let changed = Application { access: Some(wanted.facet.clone()), ..application.clone() };
    check_access(by, (Some(application), &changed, found.partner), &mut faults);
    faults.check()?;
    let before = view(tx, application).await?;
    if before.as_ref() == Some(&wanted) {
        return Ok(wanted);
    }
    wanted.must_be_within_reach(by, (&changed, found.partner))?;
    let changed = touch(tx, step, changed).await?;
    tx.replace_access_rules(changed.owner.within(), &changed, &wanted.rules).await?;
    tell(tx, step, (application, before.as_ref(), Some(&wanted))).await?;
    Ok(wanted)
}

async fn clear(tx: &mut WriteTx, step: &Step, expected: &Expected) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let application = find(tx, by, Action::UpdateApplication, (step.id, now)).await?.application;
    expected.check(application.version)?;
    let Some(before) = view(tx, &application).await? else { return Ok(()) };
    let changed = touch(tx, step, Application { access: None, ..application.clone() }).await?;
    let within = changed.owner.within();
    tx.replace_access_rules(within, &changed, &[]).await?;
    tx.revoke_api_keys(within, &changed, now).await?;
    tx.end_access_sessions(within, &application, now).await?;
    tell(tx, step, (&application, Some(&before), None)).await
}

/// Finds fault with permissions that open a part of the management API which
/// the caller would hand out without holding it. What was given before stays.
pub(super) fn check_access(
    by: &By,
    (before, after, partner): (Option<&Application>, &Application, Option<PartnerId>),
    faults: &mut Faults,
) {
    let resource = Resource::of_owner(after.owner, partner);
    let permissions =
        |of: Option<&Application>| of.and_then(|one| one.access.clone()).map(|facet| facet.permissions);
    let kept = permissions(before).unwrap_or_default();
    for (place, permission) in permissions(Some(after)).unwrap_or_default().into_iter().enumerate() {
        let Some(scope) = permission.management_scope() else { continue };
        if kept.contains(&permission) {
            continue;
        }
        if !by.holds(permission) {
            let message = "is none that the key which asks holds itself".to_owned();
            faults.add(format!("permissions[{place}]"), ErrorCode::Forbidden, message);
        } else if !may_grant(&by.caller, scope, &resource) {
            let message = format!("opens what `{scope}` opens, which the caller does not hold itself");
            faults.add(format!("permissions[{place}]"), ErrorCode::Forbidden, message);
        }
    }
}

/// The application's next version.
async fn touch(tx: &mut WriteTx, step: &Step, mut changed: Application) -> Result<Application, Error> {
    changed.version += 1;
    changed.updated_at = step.stamp.now;
    tx.update_application(changed.owner.within(), &changed).await?;
    Ok(changed)
}

async fn tell(
    tx: &mut WriteTx,
    step: &Step,
    (application, before, after): (&Application, Option<&AccessView>, Option<&AccessView>),
) -> Result<(), Error> {
    let told = Told {
        action: "application.access_changed",
        application: Some(step.id),
        before: before.map(|before| describe_access(before, after)),
        after: after.map(|after| describe_access(after, before)),
    };
    Ok(record_of(tx, &step.by, application.owner, (step.stamp, told)).await?)
}

/// Of the rules those that the other side has not: there may be many.
pub(super) fn describe_access(view: &AccessView, other: Option<&AccessView>) -> Value {
    let known = other.map_or(&[][..], |other| &other.rules);
    let permissions = permission_words(&view.facet.permissions);
    let rules: Vec<Value> =
        view.rules.iter().filter(|rule| !known.contains(rule)).map(describe_rule).collect();
    json!({ "kind": view.facet.kind.as_str(), "permissions": permissions, "rules": rules })
}

fn describe_rule(rule: &AccessRule) -> Value {
    let (container, conditions) = match &rule.scope {
        RuleScope::Container(container) => (Some(container.as_str()), None),
        RuleScope::Conditions(all) => (None, Some(all.iter().map(describe_condition).collect::<Vec<_>>())),
    };
    let permissions = permission_words(&rule.permissions);
    let mut told = json!({
        "description": rule.description,
        "priority": rule.priority,
        "container": container,
        "transform": rule.transform.as_str(),
        "permissions": permissions,
    });
    if let Some(conditions) = conditions {
        told["conditions"] = conditions.into();
    }
    told
}

fn permission_words(permissions: &[Permission]) -> Vec<&'static str> {
    permissions.iter().map(|permission| permission.as_str()).collect()
}

fn describe_condition(condition: &Condition) -> Value {
    json!({
        "attribute": condition.attribute.as_str(),
        "operator": condition.operator.as_str(),
        "value": condition.value(),
    })
}
