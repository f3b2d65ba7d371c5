//! Partners and tenants by numbered parts.

use appkeep_domain::{Action, OwnerFilter, Ownership, Partner, Tenant, Whose, Within};
use appkeep_storage::{PartnerFilter, ReadTx, Seek, StorageError};

use super::partners::{self, PartnerQuery, PartnerView};
use super::reach::{merge, reach};
use super::tenants::{self, TenantQuery};
use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::page::{self, Numbered, NumberedQuery, Numbers};

impl Registry {
    /// The tenants that the caller sees, newest first. A search finds and counts
    /// among the newest that one call examines.
    pub async fn numbered_tenants(
        &self,
        by: &By,
        query: TenantQuery,
        page: NumberedQuery,
    ) -> Result<Numbered<Tenant>, Error> {
        reach(by, Action::ReadTenant)?;
        let mut faults = Vec::new();
        let filter = tenants::filter(&query, &mut faults);
        let numbers = page.counted_numbers(&mut faults);
        page::check(faults)?;
        let wanted =
            OwnerFilter { ownership: Some(Ownership::Tenant), tenant: None, partner: filter.partner };
        let whose = Whose::seen_from(&by.levels(), &wanted);
        let mut tx = self.store().read().await?;
        if filter.text.is_some() {
            let found = tx.find_tenants(Within::Platform, &whose, &filter).await?;
            return Ok(numbers.cut_found(found.items, found.is_all));
        }
        let part = tx.tenants_part(Within::Platform, &whose, &filter, numbers.range()).await?;
        Ok(numbers.of(part.items, part.total))
    }

    /// The same for partners. Whoever is not of the platform sees those of their
    /// own levels, which are few.
    pub async fn numbered_partners(
        &self,
        by: &By,
        query: PartnerQuery,
        page: NumberedQuery,
    ) -> Result<Numbered<PartnerView>, Error> {
        let reached = reach(by, Action::ReadPartner)?;
        let mut faults = Vec::new();
        let filter = partners::filter(&query, &mut faults);
        let numbers = page.counted_numbers(&mut faults);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let found = if reached == [Within::Platform] {
            of_all(&mut tx, &filter, numbers).await?
        } else {
            let (most, mut parts) = (reached.len(), Vec::new());
            for within in reached {
                let found = tx.partners(within, &filter, Seek { after: None, limit: most }).await?;
                parts.push((found.partners, found.next));
            }
            numbers.cut(merge(parts, most, |partner: &Partner| partner.id).0)
        };
        let Numbered { items, page, per_page, total, total_is_exact } = found;
        let items = items.into_iter().map(|partner| PartnerView::of(&by.caller, partner)).collect();
        Ok(Numbered { items, page, per_page, total, total_is_exact })
    }
}

async fn of_all(
    tx: &mut ReadTx,
    filter: &PartnerFilter,
    numbers: Numbers,
) -> Result<Numbered<Partner>, StorageError> {
    if filter.text.is_some() {
        let found = tx.find_partners(Within::Platform, filter).await?;
        return Ok(numbers.cut_found(found.items, found.is_all));
    }
    let part = tx.partners_part(Within::Platform, filter, numbers.range()).await?;
    Ok(numbers.of(part.items, part.total))
}
