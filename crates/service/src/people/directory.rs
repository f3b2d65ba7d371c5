//! The tenant's directory, and what it asks of passwords.

use std::sync::Arc;

use appkeep_domain::{Action, Directory, DirectoryOf, Lifetime, Owner, PasswordPolicy};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::{Value, json};

use super::Step;
use super::pool::Pool;
use crate::by::By;
use crate::error::Error;
use crate::registry::faults::Faults;
use crate::registry::{Expected, Registry};

/// What is to become of the directory's policy; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct DirectoryUpdate {
    pub min_password_length: Option<i64>,
    pub free_failures: Option<i64>,
    pub longest_delay_s: Option<i64>,
    pub expected: Expected,
}

impl Registry {
    /// Where these users are. The one that the tenant's applications share is
    /// made when it is first asked for.
    pub async fn directory(&self, by: &By, of: Pool) -> Result<Directory, Error> {
        let (action, now) = (to_read(of), self.now());
        of.decide(by, action)?;
        let place = of.find(&mut self.store().read().await?, by, (action, now)).await?;
        if let Some(found) = place.directory {
            return Ok(found);
        }
        let (within, fresh) = (by.within(), self.fresh_directory(by));
        let make = async move |tx: &mut WriteTx| -> Result<Directory, StorageError> {
            tx.tenant_directory_or_insert(within, &fresh).await
        };
        Ok(self.store().write(make).await?)
    }

    pub async fn update_directory(
        &self,
        by: &By,
        of: Pool,
        update: DirectoryUpdate,
    ) -> Result<Directory, Error> {
        of.decide(by, to_update(of))?;
        let (step, update) = (self.step_of(by, (of, self.fresh_directory(by))), Arc::new(update));
        self.store().write(async move |tx: &mut WriteTx| apply(tx, &step, &update).await).await
    }

    /// What the tenant's directory is if there is none yet.
    pub(super) fn fresh_directory(&self, by: &By) -> Directory {
        self.fresh_directory_of(by.owner())
    }

    /// The same for any owner.
    pub(crate) fn fresh_directory_of(&self, owner: Owner) -> Directory {
        let now = self.now();
        Directory {
            id: self.make_id(),
            owner,
            of: DirectoryOf::Tenant,
            policy: PasswordPolicy::DEFAULT,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

/// A directory is among the settings of whom it serves.
const fn to_read(of: Pool) -> Action {
    match of {
        Pool::Tenant => Action::ReadTenant,
        Pool::Application(..) => Action::ReadApplication,
    }
}

const fn to_update(of: Pool) -> Action {
    match of {
        Pool::Tenant => Action::UpdateTenant,
        Pool::Application(..) => Action::UpdateApplication,
    }
}

async fn apply(
    tx: &mut WriteTx,
    step: &Step<(Pool, Directory)>,
    update: &DirectoryUpdate,
) -> Result<Directory, Error> {
    let ((of, fresh), by) = (&step.id, &step.by);
    let place = of.find(tx, by, (to_update(*of), step.stamp.now)).await?;
    let current = place.directory_or(tx, fresh).await?;
    update.expected.check(current.version)?;
    let policy = draft(current.policy, update)?;
    if policy == current.policy {
        return Ok(current);
    }
    let version = current.version + 1;
    let changed = Directory { policy, version, updated_at: step.stamp.now, ..current.clone() };
    tx.update_directory(place.within(), &changed).await?;
    let change = (Some(describe(current.policy)), Some(describe(policy)));
    place.record(tx, (by, step.stamp), "directory.updated", change).await?;
    Ok(changed)
}

fn draft(mut policy: PasswordPolicy, update: &DirectoryUpdate) -> Result<PasswordPolicy, Error> {
    let mut faults = Faults::default();
    if let Some(raw) = update.min_password_length {
        let parsed = PasswordPolicy::parse(bounded(raw), policy.free_failures(), policy.longest_delay());
        policy = faults.take("min_password_length", parsed).unwrap_or(policy);
    }
    if let Some(raw) = update.free_failures {
        let parsed = PasswordPolicy::parse(policy.min_length(), bounded(raw), policy.longest_delay());
        policy = faults.take("free_failures", parsed).unwrap_or(policy);
    }
    if let Some(raw) = update.longest_delay_s {
        let delay = Lifetime::from_seconds(bounded(raw));
        let parsed = PasswordPolicy::parse(policy.min_length(), policy.free_failures(), delay);
        policy = faults.take("longest_delay_s", parsed).unwrap_or(policy);
    }
    faults.check()?;
    Ok(policy)
}

/// What no `u32` holds is beyond every bound of a policy, and so is the greatest.
fn bounded(raw: i64) -> u32 {
    u32::try_from(raw).unwrap_or(u32::MAX)
}

fn describe(policy: PasswordPolicy) -> Value {
    json!({
        "min_password_length": policy.min_length(),
        "free_failures": policy.free_failures(),
        "longest_delay_s": policy.longest_delay().as_seconds(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_out_of_bounds_is_named_at_once() {
        let update = |length, failures, delay| DirectoryUpdate {
            min_password_length: length,
            free_failures: failures,
            longest_delay_s: delay,
            expected: Expected::Any,
        };
        let faults = |update: DirectoryUpdate| {
            let error = draft(PasswordPolicy::DEFAULT, &update).expect_err("is out of bounds");
            error.faults().iter().map(|fault| fault.field.clone()).collect::<Vec<_>>()
        };
        let all = ["min_password_length", "free_failures", "longest_delay_s"];
        for beyond in [-1, 0, i64::MAX, i64::MIN] {
            assert_eq!(faults(update(Some(beyond), Some(beyond), Some(beyond))), all, "{beyond}");
        }
        assert_eq!(faults(update(Some(64), Some(101), Some(30))), ["free_failures"]);
        let least = draft(PasswordPolicy::DEFAULT, &update(Some(8), Some(1), Some(30))).expect("is allowed");
        assert_eq!(describe(least)["min_password_length"], 8);
        let kept = draft(PasswordPolicy::DEFAULT, &update(None, None, None)).expect("nothing changes");
        assert_eq!(kept, PasswordPolicy::DEFAULT);
    }
}
