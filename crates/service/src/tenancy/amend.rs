//! Several changes to a partner or a tenant at once: all of them are made, or
//! none.

use std::sync::Arc;

use appkeep_domain::{Partner, PartnerId, Slug, Standing, Tenant, TenantId};
use appkeep_storage::WriteTx;

use super::Step;
use super::find::{parse_partner_id, parse_tenant_id};
use super::partners::{self, PartnerUpdate, PartnerView};
use super::tenants::{self, TenantChange, name_partner};
use super::transfer::transfer;
use super::turn::{Turn, turn_partner, turn_tenant};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::{Edit, Registry};

/// What is to become of a tenant; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct TenantAmendment {
    pub change: TenantChange,
    /// Fixed: sending what stands is fine.
    pub slug: Option<String>,
    /// Whose it is to be; nobody's but the platform's own when it is cleared.
    pub partner: Edit<String>,
    /// Suspends or resumes it.
    pub status: Option<String>,
}

/// What is to become of a partner; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct PartnerAmendment {
    pub update: PartnerUpdate,
    /// Fixed: sending what stands is fine.
    pub slug: Option<String>,
    /// Suspends or resumes it.
    pub status: Option<String>,
}

impl Registry {
    /// Each change stands in the history by itself.
    pub async fn amend_tenant(&self, by: &By, id: &str, amendment: TenantAmendment) -> Result<Tenant, Error> {
        let (id, turn) = (parse_tenant_id(id)?, parse_turn(amendment.status.as_deref())?);
        let steps: [Step<TenantId>; 3] = std::array::from_fn(|_| self.tenancy_step(by, id));
        let (steps, amendment) = (Arc::new(steps), Arc::new(amendment));
        let amend = async move |tx: &mut WriteTx| amend_tenant(tx, &steps, (&amendment, turn)).await;
        self.store().write(amend).await
    }

    /// The same for a partner.
    pub async fn amend_partner(
        &self,
        by: &By,
        id: &str,
        amendment: PartnerAmendment,
    ) -> Result<PartnerView, Error> {
        let (id, turn) = (parse_partner_id(id)?, parse_turn(amendment.status.as_deref())?);
        let steps: [Step<PartnerId>; 2] = std::array::from_fn(|_| self.tenancy_step(by, id));
        let (steps, amendment) = (Arc::new(steps), Arc::new(amendment));
        let amend = async move |tx: &mut WriteTx| amend_partner(tx, &steps, (&amendment, turn)).await;
        Ok(PartnerView::of(&by.caller, self.store().write(amend).await?))
    }
}

fn parse_turn(status: Option<&str>) -> Result<Option<Turn>, Error> {
    let Some(raw) = status else { return Ok(None) };
    match Standing::parse(raw) {
        Ok(Standing::Active) => Ok(Some(Turn::Resume)),
        Ok(Standing::Suspended) => Ok(Some(Turn::Suspend)),
        Err(reason) => {
            Err(Error::invalid(Fault::new("status", ErrorCode::InvalidField, format!("is {reason}"))))
        }
    }
}

async fn amend_tenant(
    tx: &mut WriteTx,
    [change, move_it, turn_it]: &[Step<TenantId>; 3],
    (amendment, turn): (&TenantAmendment, Option<Turn>),
) -> Result<Tenant, Error> {
    let mut tenant = tenants::apply(tx, change, &amendment.change).await?;
    check_slug(&tenant.slug, amendment.slug.as_deref())?;
    match &amendment.partner {
        Edit::Keep => {}
        Edit::Clear => tenant = transfer(tx, move_it, None).await?,
        Edit::Set(raw) => tenant = transfer(tx, move_it, Some(name_partner(raw))).await?,
    }
    match turn {
        Some(turn) => turn_tenant(tx, turn_it, turn).await,
        None => Ok(tenant),
    }
}

async fn amend_partner(
    tx: &mut WriteTx,
    [change, turn_it]: &[Step<PartnerId>; 2],
    (amendment, turn): (&PartnerAmendment, Option<Turn>),
) -> Result<Partner, Error> {
    let partner = partners::apply(tx, change, &amendment.update).await?;
    check_slug(&partner.slug, amendment.slug.as_deref())?;
    match turn {
        Some(turn) => turn_partner(tx, turn_it, turn).await,
        None => Ok(partner),
    }
}

fn check_slug(standing: &Slug, named: Option<&str>) -> Result<(), Error> {
    if named.is_none_or(|named| named == standing.as_str()) {
        return Ok(());
    }
    Err(Error::invalid(Fault::new("slug", ErrorCode::ImmutableField, "cannot be changed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_turn() {
        for (status, turn) in
            [(None, None), (Some("active"), Some(Turn::Resume)), (Some("suspended"), Some(Turn::Suspend))]
        {
            assert_eq!(parse_turn(status).expect("is known"), turn);
        }
        assert!(parse_turn(Some("archived")).is_err());
    }
}
