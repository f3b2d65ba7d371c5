//! Lists of partners and of tenants: newest first, by seeking, with a bound on
//! the work.

mod parts;

use std::ops::ControlFlow;

use appkeep_domain::{Partner, PartnerId, Standing, Tenant, TenantId, Within, fold};

pub use self::parts::{CountedPart, FoundNewest};
use crate::error::Result;
use crate::pages::{Gathering, Seek};
use crate::partners::{OF_TENANT, partner_columns, read_partner};
use crate::sql::{Sql, sql};
use crate::tenants::{TENANT, read_tenant, tenant_columns};
use crate::tx::ReadTx;
use crate::value::Value;

/// Which partners to list; all that hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerFilter {
    pub status: Option<Standing>,
    /// Whether the archived ones are wanted instead of the others.
    pub archived: bool,
    /// Part of the name or the slug, taken literally, case aside.
    pub text: Option<String>,
}

/// Which tenants to list; all that hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantFilter {
    pub partner: Option<PartnerId>,
    pub status: Option<Standing>,
    /// Whether the archived ones are wanted instead of the others.
    pub archived: bool,
    /// Part of the name or the slug, taken literally, case aside.
    pub text: Option<String>,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerPage {
    pub partners: Vec<Partner>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when a search examined enough.
    pub next: Option<PartnerId>,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantPage {
    pub tenants: Vec<Tenant>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when a search examined enough.
    pub next: Option<TenantId>,
}

impl ReadTx {
    /// The partners within the boundary that pass the filter, from where is
    /// sought on: of a partner itself, of a tenant whose it is.
    pub async fn partners(
        &mut self,
        within: Within,
        filter: &PartnerFilter,
        seek: Seek<PartnerId>,
    ) -> Result<PartnerPage> {
        let text = filter.text.as_deref().map(fold);
        let passes = |partner: &Partner| {
            partner.archived_at.is_some() == filter.archived
                && filter.status.is_none_or(|status| partner.status == status)
                && text.as_deref().is_none_or(|text| partner_has_text(partner, text))
        };
        let only = match within {
            Within::Platform => None,
            Within::Partner(id) => Some(self.partner(within, id).await?),
            Within::Tenant(id) => Some(self.fetch_optional(OF_TENANT, &[id.into()], read_partner).await?),
        };
        if let Some(only) = only {
            let is_after = |partner: &Partner| seek.after.is_none_or(|after| partner.id < after);
            let found = only.filter(|partner| is_after(partner) && passes(partner));
            return Ok(PartnerPage { partners: found.into_iter().collect(), next: None });
        }
        let mut gathering = Gathering::new(seek.after, seek.limit);
        loop {
            let batch = gathering.batch();
            let after = gathering.after().unwrap_or(PartnerId::from_bytes(LAST));
            let values = [filter.archived.into(), after.into(), most(batch)];
            let candidates = self.fetch_all(PARTNERS, &values, read_partner).await?;
            let exhausted = candidates.len() < batch;
            if let ControlFlow::Break(next) = gathering.take(candidates, exhausted, |one| one.id, passes) {
                return Ok(PartnerPage { partners: gathering.into_found(), next });
            }
        }
    }

    /// The tenants within the boundary that pass the filter, from where is
    /// sought on: of a partner its own, of a tenant itself.
    pub async fn tenants(
        &mut self,
        within: Within,
        filter: &TenantFilter,
        seek: Seek<TenantId>,
    ) -> Result<TenantPage> {
        let text = filter.text.as_deref().map(fold);
        let passes = |tenant: &Tenant| tenant_passes(tenant, filter, text.as_deref());
        if let Within::Tenant(id) = within {
            let values = [id.into(), Value::Null, Value::Null];
            let only = self.fetch_optional(TENANT, &values, read_tenant).await?;
            let is_after = |tenant: &Tenant| seek.after.is_none_or(|after| tenant.id < after);
            let found = only.filter(|tenant| is_after(tenant) && passes(tenant));
            return Ok(TenantPage { tenants: found.into_iter().collect(), next: None });
        }
        let partner = match within {
            Within::Partner(own) => Some(own),
            _ => filter.partner,
        };
        let mut gathering = Gathering::new(seek.after, seek.limit);
        loop {
            let batch = gathering.batch();
            let after = gathering.after().unwrap_or(TenantId::from_bytes(LAST));
            let mut values = vec![filter.archived.into(), after.into(), most(batch)];
            values.extend(partner.map(Value::from));
            let sql = if partner.is_some() { TENANTS_OF_PARTNER } else { TENANTS };
            let candidates = self.fetch_all(sql, &values, read_tenant).await?;
            let exhausted = candidates.len() < batch;
            if let ControlFlow::Break(next) = gathering.take(candidates, exhausted, |one| one.id, passes) {
                return Ok(TenantPage { tenants: gathering.into_found(), next });
            }
        }
    }
}

fn tenant_passes(tenant: &Tenant, filter: &TenantFilter, text: Option<&str>) -> bool {
    tenant.archived_at.is_some() == filter.archived
        && filter.partner.is_none_or(|partner| tenant.partner == Some(partner))
        && filter.status.is_none_or(|status| tenant.status == status)
        && text.is_none_or(|text| tenant_has_text(tenant, text))
}

/// Whether a folded text is in the name or the slug.
fn tenant_has_text(tenant: &Tenant, text: &str) -> bool {
    fold(tenant.name.as_str()).contains(text) || tenant.slug.as_str().contains(text)
}

fn partner_has_text(partner: &Partner, text: &str) -> bool {
    fold(partner.name.as_str()).contains(text) || partner.slug.as_str().contains(text)
}

fn most(batch: usize) -> Value<'static> {
    i64::try_from(batch).unwrap_or(i64::MAX).into()
}

/// Greater than every id that is made.
const LAST: [u8; 16] = [0xff; 16];

const PARTNERS: Sql = sql!(concat!(
    "SELECT ",
    partner_columns!(),
    " FROM partners p WHERE p.archived = $1 AND p.id < $2 ORDER BY p.id DESC LIMIT $3"
));

const TENANTS: Sql = sql!(concat!(
    "SELECT ",
    tenant_columns!(),
    " FROM tenants t WHERE t.archived = $1 AND t.id < $2 ORDER BY t.id DESC LIMIT $3"
));

const TENANTS_OF_PARTNER: Sql = sql!(concat!(
    "SELECT ",
    tenant_columns!(),
    " FROM tenants t WHERE t.partner_id = $4 AND t.archived = $1 AND t.id < $2 ORDER BY t.id DESC LIMIT $3"
));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn every_list_seeks() {
        for list in [PARTNERS, TENANTS, TENANTS_OF_PARTNER] {
            assert_seeks(list).await;
        }
    }
}
