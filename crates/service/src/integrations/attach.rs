//! Which integrations an application reaches, written by whoever writes the
//! application.

use std::collections::BTreeSet;
use std::sync::Arc;

use appkeep_domain::integration::Integration;
use appkeep_domain::{Action, Application, ApplicationId, IntegrationId, Owner};
use appkeep_storage::{Attached, ReadTx, WriteTx};
use serde_json::json;

use super::{Integrations, Step, no_such_integration, parse_id};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::faults::{Faults, invalid_field};
use crate::registry::find;
use crate::registry::record::{Told, record_of};

/// An integration that an application reaches.
pub type AttachedIntegration = Attached;

impl Integrations {
    /// Those that are not archived, by their ids.
    pub async fn attached(&self, by: &By, application: &str) -> Result<Vec<AttachedIntegration>, Error> {
        let id = find::parse_id(application)?;
        let mut tx = self.store().read().await?;
        let application = self.application(&mut tx, by, (Action::ReadApplication, id)).await?;
        Ok(tx.attached_integrations(application.owner.within(), &application).await?)
    }

    /// Attaching what is attached is fine. Whether it was not.
    pub async fn attach(&self, by: &By, application: &str, integration: &str) -> Result<bool, Error> {
        self.change(by, application, Wanted::One(integration.to_owned())).await
    }

    /// What people have with the integration stays, and is of no use to the
    /// application. Detaching what is not attached is fine.
    pub async fn detach(&self, by: &By, application: &str, integration: &str) -> Result<bool, Error> {
        self.change(by, application, Wanted::Not(integration.to_owned())).await
    }

    /// These and no others from now on; when one of them cannot be, it stays as
    /// it was.
    pub async fn replace_attached(
        &self,
        by: &By,
        application: &str,
        integrations: &[String],
    ) -> Result<Vec<AttachedIntegration>, Error> {
        let mut faults = Faults::default();
        let parse = |raw: &str| IntegrationId::parse(raw).map_err(|_| NO_SUCH);
        let of = ("integration_ids", Integration::MOST_ATTACHED);
        let ids = faults.each(of, integrations, parse, invalid_field);
        let index = |id: &IntegrationId| {
            integrations.iter().position(|raw| IntegrationId::parse(raw).as_ref() == Ok(id))
        };
        let named = ids.iter().map(|id| (*id, index(id).unwrap_or_default())).collect();
        self.change(by, application, Wanted::These(named, faults)).await?;
        self.attached(by, application).await
    }

    async fn change(&self, by: &By, application: &str, wanted: Wanted) -> Result<bool, Error> {
        let id = find::parse_id(application)?;
        let (step, this) = (Arc::new(self.step(by, (id, wanted))), self.clone());
        let write = async move |tx: &mut WriteTx| -> Result<bool, Error> { this.try_change(tx, &step).await };
        self.store().write(write).await
    }

    async fn try_change(
        &self,
        tx: &mut WriteTx,
        step: &Step<(ApplicationId, Wanted)>,
    ) -> Result<bool, Error> {
        let ((id, wanted), by, now) = (&step.what, &step.by, step.stamp.now);
        let application = self.application(tx, by, (Action::UpdateApplication, *id)).await?;
        let within = application.owner.within();
        let before: BTreeSet<IntegrationId> =
            tx.attachments(within, &application).await?.into_iter().collect();
        let after = wanted.after(tx, &application, &before).await?;
        if !after.is_subset(&before) {
            // Whoever writes the application may be anybody who made it.
            self.application(tx, by, (Action::ManageIntegrations, *id)).await?;
        }
        for gone in before.difference(&after) {
            tx.detach_integration(within, &application, *gone).await?;
        }
        for new in after.difference(&before) {
            tx.attach_integration(within, &application, (*new, now)).await?;
        }
        if before == after {
            return Ok(false);
        }
        let ids = |set: &BTreeSet<IntegrationId>| json!({ "integration_ids": set.iter().map(ToString::to_string).collect::<Vec<_>>() });
        let told = Told {
            action: "application.integrations_changed",
            application: Some(application.id),
            before: Some(ids(&before)),
            after: Some(ids(&after)),
        };
        record_of(tx, by, application.owner, (step.stamp, told)).await?;
        Ok(true)
    }

    /// Only a tenant has integrations, and so only what it owns reaches any.
    async fn application(
        &self,
        tx: &mut ReadTx,
        by: &By,
        (action, id): (Action, ApplicationId),
    ) -> Result<Application, Error> {
        let found = find::find(tx, by, action, (id, self.now())).await?;
        if matches!(found.application.owner, Owner::Tenant(_)) {
            return Ok(found.application);
        }
        let message = "the application belongs to no tenant, and integrations do";
        Err(Error::new(ErrorCode::NotApplicable, message))
    }
}

const NO_SUCH: &str = "there is no such integration, or it is archived";

/// What is to become of those that an application reaches.
enum Wanted {
    One(String),
    Not(String),
    /// Each with where it stood in the list, and what is wrong with others.
    These(Vec<(IntegrationId, usize)>, Faults),
}

impl Wanted {
    async fn after(
        &self,
        tx: &mut ReadTx,
        application: &Application,
        before: &BTreeSet<IntegrationId>,
    ) -> Result<BTreeSet<IntegrationId>, Error> {
        match self {
            Self::One(raw) => {
                let id = parse_id(raw)?;
                let mut after = before.clone();
                if !is_there(tx, application, id).await? {
                    return Err(no_such_integration());
                }
                after.insert(id);
                check_room(&after)?;
                Ok(after)
            }
            Self::Not(raw) => {
                let id = parse_id(raw)?;
                Ok(before.iter().copied().filter(|one| *one != id).collect())
            }
            Self::These(named, faults) => {
                let mut faults = faults.clone();
                for (id, index) in named {
                    if !is_there(tx, application, *id).await? {
                        let field = format!("integration_ids[{index}]");
                        faults.add(field, ErrorCode::InvalidField, NO_SUCH);
                    }
                }
                faults.check()?;
                Ok(named.iter().map(|(id, _)| *id).collect())
            }
        }
    }
}

/// One that is archived is not to be reached.
async fn is_there(tx: &mut ReadTx, application: &Application, id: IntegrationId) -> Result<bool, Error> {
    let Owner::Tenant(tenant) = application.owner else { return Ok(false) };
    let found = tx.integration(application.owner.within(), tenant, id).await?;
    Ok(found.is_some_and(|integration| !integration.is_archived()))
}

fn check_room(after: &BTreeSet<IntegrationId>) -> Result<(), Error> {
    if after.len() <= Integration::MOST_ATTACHED {
        return Ok(());
    }
    let most = Integration::MOST_ATTACHED;
    let message = format!("the application reaches {most} integrations, which is as many as it may");
    Err(Error::new(ErrorCode::TooManyIntegrations, message))
}
