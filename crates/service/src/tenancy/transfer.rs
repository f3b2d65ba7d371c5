//! A tenant changes hands.

use appkeep_domain::{Action, Ending, Owner, PartnerId, Tenant, TenantId, Within};
use appkeep_storage::{ReadTx, StorageError, WriteTx};

use super::find::{find_tenant, parse_tenant_id};
use super::tenants::{find_new_partner, name_partner};
use super::turn::{default_stays, keep_tenant};
use super::{Step, caps};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::faults::Faults;

impl Registry {
    /// The tenant is this partner's from now on, or the platform's own. Who sees
    /// it follows within a second, on every node. A tenant that has more than
    /// its new partner's caps allow keeps it, and cannot grow.
    pub async fn transfer_tenant(&self, by: &By, id: &str, partner: Option<String>) -> Result<Tenant, Error> {
        let step = self.tenancy_step(by, parse_tenant_id(id)?);
        let partner = partner.as_deref().map(name_partner);
        let transfer = async move |tx: &mut WriteTx| transfer(tx, &step, partner).await;
        let tenant = self.store().write(transfer).await?;
        self.end_partings().await?;
        Ok(tenant)
    }

    /// Ends what people of tenants that went over have with applications of the
    /// partner before, some at a time; says how many sessions that were.
    pub(crate) async fn end_partings(&self) -> Result<u64, Error> {
        let mut ended = 0;
        loop {
            let ending = Ending::at(self.now());
            let batch = async move |tx: &mut WriteTx| -> Result<_, StorageError> {
                tx.end_parting(Within::Platform, BATCH, ending).await
            };
            let Some(count) = self.store().write(batch).await? else { return Ok(ended) };
            ended += u64::from(count);
        }
    }
}

pub(super) async fn transfer(
    tx: &mut WriteTx,
    step: &Step<TenantId>,
    partner: Option<PartnerId>,
) -> Result<Tenant, Error> {
    let current = find_tenant(tx, &step.by, Action::ManageTenants, step.id).await?;
    let mut faults = Faults::default();
    let target = find_new_partner(tx, partner, &mut faults).await?;
    faults.check()?;
    let changed = Tenant { partner: target.as_ref().map(|target| target.id), ..current.clone() };
    if changed == current {
        return Ok(current);
    }
    if current.is_default() {
        return Err(default_stays());
    }
    if let (Some(target), None) = (&target, current.archived_at) {
        caps::check_tenants(tx, target).await?;
    }
    if let Some(target) = &target {
        check_audiences(tx, step, target.id).await?;
    }
    if let Some(directory) = tx.tenant_directory(Within::Platform, Owner::Tenant(step.id)).await? {
        tx.part(Within::Platform, &directory).await?;
    }
    keep_tenant(tx, step, "tenant.transferred", (&current, changed)).await
}

/// At the tenant's address, each API is one owner's, before and after.
async fn check_audiences(tx: &mut ReadTx, step: &Step<TenantId>, partner: PartnerId) -> Result<(), Error> {
    let clash = tx.audience_clash(Within::Platform, (step.id, partner), step.stamp.now).await?;
    let Some(clash) = clash else { return Ok(()) };
    let message = format!(
        "the tenant's application {} and the partner's {} are registered for the same API; change the `audience` \
         of one",
        clash.of_tenant, clash.of_partner
    );
    Err(Error::new(ErrorCode::AudienceTaken, message))
}

/// How many sessions one transaction ends, so that it is in nobody's way for long.
const BATCH: u32 = 500;
