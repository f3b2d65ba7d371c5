//! Suspending and archiving, and taking that back.

use appkeep_domain::{Action, Owner, Partner, PartnerId, Standing, Tenant, TenantId, Timestamp, Within};
use appkeep_storage::WriteTx;

use super::find::{find_partner, find_tenant, parse_partner_id, parse_tenant_id};
use super::partners::PartnerView;
use super::record::record;
use super::{Step, caps, describe};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;

/// What is to become of a partner or a tenant. Doing it again changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing new is issued to what belongs to it, nobody signs in there, and
    /// those who run it look on.
    Suspend,
    Resume,
    /// It is there for the platform alone.
    Archive,
    /// As it was.
    Restore,
}

impl Turn {
    const fn of_partner(self) -> &'static str {
        match self {
            Self::Suspend => "partner.suspended",
            Self::Resume => "partner.resumed",
            Self::Archive => "partner.archived",
            Self::Restore => "partner.restored",
        }
    }

    const fn of_tenant(self) -> &'static str {
        match self {
            Self::Suspend => "tenant.suspended",
            Self::Resume => "tenant.resumed",
            Self::Archive => "tenant.archived",
            Self::Restore => "tenant.restored",
        }
    }

    fn status(self, before: Standing) -> Standing {
        match self {
            Self::Suspend => Standing::Suspended,
            Self::Resume => Standing::Active,
            Self::Archive | Self::Restore => before,
        }
    }

    fn archived_at(self, before: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Suspend | Self::Resume => before,
            Self::Archive => before.or(Some(now)),
            Self::Restore => None,
        }
    }
}

impl Registry {
    /// Its tenants stand no firmer than it does, from the next second on, on
    /// every node.
    pub async fn turn_partner(&self, by: &By, id: &str, turn: Turn) -> Result<PartnerView, Error> {
        let step = self.tenancy_step(by, parse_partner_id(id)?);
        let partner = self.store().write(async move |tx: &mut WriteTx| turn_partner(tx, &step, turn).await);
        Ok(PartnerView::of(&by.caller, partner.await?))
    }

    /// The same for a tenant; `not_applicable` for the default one, where
    /// operators sign in.
    pub async fn turn_tenant(&self, by: &By, id: &str, turn: Turn) -> Result<Tenant, Error> {
        let step = self.tenancy_step(by, parse_tenant_id(id)?);
        self.store().write(async move |tx: &mut WriteTx| turn_tenant(tx, &step, turn).await).await
    }
}

pub(super) async fn turn_partner(
    tx: &mut WriteTx,
    step: &Step<PartnerId>,
    turn: Turn,
) -> Result<Partner, Error> {
    let current = find_partner(tx, &step.by, Action::ManagePartners, step.id).await?;
    let changed = Partner {
        status: turn.status(current.status),
        archived_at: turn.archived_at(current.archived_at, step.stamp.now),
        ..current.clone()
    };
    if changed == current {
        return Ok(current);
    }
    let changed = Partner { version: current.version + 1, updated_at: step.stamp.now, ..changed };
    tx.update_partner(Within::Platform, &changed).await?;
    let told = (turn.of_partner(), Some(describe::partner(&current)), Some(describe::partner(&changed)));
    record(tx, &step.by, (Owner::Partner(step.id), step.stamp), told).await?;
    Ok(changed)
}

pub(super) async fn turn_tenant(
    tx: &mut WriteTx,
    step: &Step<TenantId>,
    turn: Turn,
) -> Result<Tenant, Error> {
    let current = find_tenant(tx, &step.by, Action::ManageTenants, step.id).await?;
    let changed = Tenant {
        status: turn.status(current.status),
        archived_at: turn.archived_at(current.archived_at, step.stamp.now),
        ..current.clone()
    };
    if changed == current {
        return Ok(current);
    }
    if current.is_default() {
        return Err(default_stays());
    }
    if let (Turn::Restore, Some(partner)) = (turn, current.partner) {
        // Whatever became of the partner, its cap holds.
        let partner = tx.partner(Within::Platform, partner).await?;
        if let Some(partner) = partner {
            caps::check_tenants(tx, &partner).await?;
        }
    }
    keep_tenant(tx, step, turn.of_tenant(), (&current, changed)).await
}

/// Writes what became of a tenant, and tells of it.
pub(super) async fn keep_tenant(
    tx: &mut WriteTx,
    step: &Step<TenantId>,
    action: &str,
    (current, changed): (&Tenant, Tenant),
) -> Result<Tenant, Error> {
    let mut changed = Tenant { updated_at: step.stamp.now, ..changed };
    // Storage counts the version up itself.
    tx.update_tenant(Within::Platform, &changed).await?;
    changed.version += 1;
    let told = (action, Some(describe::tenant(current)), Some(describe::tenant(&changed)));
    record(tx, &step.by, (Owner::Tenant(step.id), step.stamp), told).await?;
    Ok(changed)
}

/// What would shut everybody out who could take it back.
pub(super) fn default_stays() -> Error {
    Error::new(ErrorCode::NotApplicable, "operators sign in at the default tenant, so it stays as it is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_taken_back_and_done_again_without_effect() {
        let now = Timestamp::from_seconds(2);
        let earlier = Some(Timestamp::from_seconds(1));
        for (turn, status, archived_at) in [
            (Turn::Suspend, Standing::Suspended, None),
            (Turn::Resume, Standing::Active, None),
            (Turn::Archive, Standing::Active, Some(now)),
            (Turn::Restore, Standing::Active, None),
        ] {
            assert_eq!((turn.status(Standing::Active), turn.archived_at(None, now)), (status, archived_at));
        }
        assert_eq!(Turn::Archive.archived_at(earlier, now), earlier);
        assert_eq!(Turn::Restore.status(Standing::Suspended), Standing::Suspended);
        assert_eq!(Turn::Suspend.archived_at(earlier, now), earlier);
    }
}
