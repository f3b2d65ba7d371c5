//! Changing an application's configuration.

use std::sync::Arc;

use appkeep_domain::{Action, Application, ApplicationId};
use appkeep_storage::WriteTx;

use super::create::{check_scopes, slug_taken};
use super::environments::{check_assignment, check_pool_unchanged};
use super::faults::Faults;
use super::fields::ApplicationFields;
use super::find::{find, kept, parse_id};
use super::record::{Stamp, Told, record_of};
use super::trust::check_trust;
use super::view::{ApplicationView, Seen, see};
use super::{Registry, audience, draft, ownership};
use crate::by::By;
use crate::error::{Error, ErrorCode};

/// What is to become of an application.
#[derive(Debug, Clone, Default)]
pub struct ApplicationUpdate {
    /// `type` and `client_id` are fixed; naming what stands is fine.
    pub kind: Option<String>,
    pub client_id: Option<String>,
    pub expected: Expected,
    pub fields: ApplicationFields,
}

/// Which version a change was based on (RFC 9110 §13.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Expected {
    #[default]
    Any,
    OneOf(Vec<i64>),
}

impl Expected {
    pub(crate) fn check(&self, version: i64) -> Result<(), Error> {
        match self {
            Self::OneOf(versions) if !versions.contains(&version) => {
                let message = "it has changed since that version; read it again and repeat the change";
                Err(Error::new(ErrorCode::PreconditionFailed, message))
            }
            Self::Any | Self::OneOf(_) => Ok(()),
        }
    }
}

/// One step of the life of an application, tried in a transaction.
pub(super) struct Step {
    pub(super) by: By,
    pub(super) id: ApplicationId,
    pub(super) stamp: Stamp,
}

impl Registry {
    pub(super) fn step(&self, by: &By, id: &str) -> Result<Step, Error> {
        Ok(Step { by: by.clone(), id: parse_id(id)?, stamp: self.stamp() })
    }

    /// What is not named stays. A change that changes nothing leaves no trace.
    pub async fn update_application(
        &self,
        by: &By,
        id: &str,
        update: ApplicationUpdate,
    ) -> Result<ApplicationView, Error> {
        let (step, mut faults) = (self.step(by, id)?, Faults::default());
        self.check_not_ours(&update.fields, &mut faults);
        let wanted = Arc::new((update, faults));
        let seen = self.store.write(async move |tx: &mut WriteTx| apply(tx, &step, &wanted).await).await?;
        self.view_of(by, seen).await
    }
}

/// The faults are those that show before anything is looked at.
async fn apply(
    tx: &mut WriteTx,
    step: &Step,
    (update, faults): &(ApplicationUpdate, Faults),
) -> Result<Seen, Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let found = find(tx, by, Action::UpdateApplication, (step.id, now)).await?;
    let current = &found.application;
    update.expected.check(current.version)?;
    let mut faults = faults.clone();
    draft::check_immutable(current, update.kind.as_deref(), update.client_id.as_deref(), &mut faults);
    check_pool_unchanged(current, update.fields.user_pool.as_deref(), &mut faults);
    ownership::check_unchanged(current.owner, &update.fields.ownership, &mut faults);
    let changed = draft::apply(current.clone(), &update.fields, now, &mut faults);
    check_assignment(&changed, &mut faults);
    let named = update.fields.allowed_scopes.as_deref();
    check_scopes(tx, by, (Some(current), &changed, found.partner), named, &mut faults).await?;
    check_trust(by, (Some(current), &changed, found.partner), &mut faults);
    audience::check_free(tx, (Some(current), &changed, found.partner), now, &mut faults).await?;
    faults.check()?;
    if current.has_client_secret() && !changed.has_client_secret() {
        // A secret that cannot be used now must not come back some day.
        tx.revoke_client_secrets(current.owner.within(), step.id, now).await?;
    }
    let changed = keep(tx, step, "application.updated", (current, changed)).await?;
    see(tx, by, kept(found, changed)).await
}

/// Writes what became of an application, and tells of it; nothing when nothing did.
pub(super) async fn keep(
    tx: &mut WriteTx,
    step: &Step,
    action: &str,
    (current, mut changed): (&Application, Application),
) -> Result<Application, Error> {
    if *current == changed {
        return Ok(changed);
    }
    changed.version += 1;
    changed.updated_at = step.stamp.now;
    tx.update_application(changed.owner.within(), &changed).await.map_err(slug_taken)?;
    let told = Told::change(action, current, &changed);
    record_of(tx, &step.by, changed.owner, (step.stamp, told)).await?;
    Ok(changed)
}
