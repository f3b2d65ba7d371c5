//! A tenant changes hands.

use appkeep_domain::{Action, PartnerId, Tenant, TenantId};
use appkeep_storage::WriteTx;

use super::find::{find_tenant, parse_tenant_id};
use super::tenants::{find_new_partner, name_partner};
use super::turn::{default_stays, keep_tenant};
use super::{Step, caps};
use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::faults::Faults;

impl Registry {
    /// The tenant is this partner's from now on, or the platform's own. Who sees
    /// it follows within a second, on every node. A tenant that has more than
    /// its new partner's caps allow keeps it, and cannot grow.
    pub async fn transfer_tenant(&self, by: &By, id: &str, partner: Option<String>) -> Result<Tenant, Error> {
        let step = self.tenancy_step(by, parse_tenant_id(id)?);
        let partner = partner.as_deref().map(name_partner);
        self.store().write(async move |tx: &mut WriteTx| transfer(tx, &step, partner).await).await
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
    keep_tenant(tx, step, "tenant.transferred", (&current, changed)).await
}
