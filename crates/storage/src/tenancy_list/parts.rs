//! Numbered parts of lists of partners and of tenants, newest first, and how
//! many there are.

use appkeep_domain::{Partner, Standing, Tenant, Whose, Within, fold};

use crate::application_list::seek::{OwnerValues, owners_in_postgres, owners_in_sqlite};
use crate::error::Result;
use crate::partners::{partner_columns, read_partner};
use crate::sql::{Sql, sql};
use crate::tenancy_list::{PartnerFilter, TenantFilter, partner_has_text, tenant_has_text};
use crate::tenants::{read_tenant, tenant_columns};
use crate::tx::ReadTx;
use crate::value::Value;

/// Some of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedPart<T> {
    pub items: Vec<T>,
    /// Of the whole list.
    pub total: u64,
}

/// What a search found among the newest that one call examines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundNewest<T> {
    pub items: Vec<T>,
    /// Whether that is all that there is.
    pub is_all: bool,
}

impl ReadTx {
    /// Of these tenants those that pass the filter but for its text, so many
    /// after the first `skipped`; none within anything but the platform.
    pub async fn tenants_part(
        &mut self,
        within: Within,
        whose: &Whose,
        filter: &TenantFilter,
        range: (u64, u64),
    ) -> Result<CountedPart<Tenant>> {
        if within != Within::Platform {
            return Ok(CountedPart { items: Vec::new(), total: 0 });
        }
        let owners = OwnerValues::of(whose);
        let (some, count) = if owners.is_some() { (AMONG, COUNT_AMONG) } else { (ALL, COUNT_ALL) };
        let asked = asked(filter.archived, filter.status, owners.as_ref());
        let total = self.count_rows(count, &asked).await?;
        let items = self.fetch_all(some, &within_range(asked, range), read_tenant).await?;
        Ok(CountedPart { items, total })
    }

    /// Of these tenants those that pass the filter, its text too; none within
    /// anything but the platform.
    pub async fn find_tenants(
        &mut self,
        within: Within,
        whose: &Whose,
        filter: &TenantFilter,
    ) -> Result<FoundNewest<Tenant>> {
        if within != Within::Platform {
            return Ok(FoundNewest { items: Vec::new(), is_all: true });
        }
        let owners = OwnerValues::of(whose);
        let some = if owners.is_some() { AMONG } else { ALL };
        let asked = asked(filter.archived, filter.status, owners.as_ref());
        let newest = self.fetch_all(some, &within_range(asked, NEWEST), read_tenant).await?;
        let text = filter.text.as_deref().map(fold).unwrap_or_default();
        Ok(found(newest, |tenant| tenant_has_text(tenant, &text)))
    }

    /// The same as of tenants, of all partners that there are.
    pub async fn partners_part(
        &mut self,
        within: Within,
        filter: &PartnerFilter,
        range: (u64, u64),
    ) -> Result<CountedPart<Partner>> {
        if within != Within::Platform {
            return Ok(CountedPart { items: Vec::new(), total: 0 });
        }
        let asked = asked(filter.archived, filter.status, None);
        let total = self.count_rows(COUNT_PARTNERS, &asked).await?;
        let items = self.fetch_all(PARTNERS, &within_range(asked, range), read_partner).await?;
        Ok(CountedPart { items, total })
    }

    pub async fn find_partners(
        &mut self,
        within: Within,
        filter: &PartnerFilter,
    ) -> Result<FoundNewest<Partner>> {
        if within != Within::Platform {
            return Ok(FoundNewest { items: Vec::new(), is_all: true });
        }
        let asked = asked(filter.archived, filter.status, None);
        let newest = self.fetch_all(PARTNERS, &within_range(asked, NEWEST), read_partner).await?;
        let text = filter.text.as_deref().map(fold).unwrap_or_default();
        Ok(found(newest, |partner| partner_has_text(partner, &text)))
    }

    async fn count_rows(&mut self, sql: Sql, asked: &[Value<'_>]) -> Result<u64> {
        let counted = self.fetch_optional(sql, asked, |row| row.get::<i64>("counted")).await?;
        Ok(counted.unwrap_or_default().unsigned_abs())
    }
}

/// What a search looks at.
const NEWEST: (u64, u64) = (0, ReadTx::MAX_EXAMINED as u64);

/// What every statement here asks for; `$3` counts whatever there is.
fn asked(archived: bool, status: Option<Standing>, owners: Option<&OwnerValues>) -> Vec<Value<'_>> {
    let mut asked = vec![archived.into(), status.map(Standing::as_str).into(), Value::Null];
    asked.extend(owners.into_iter().flat_map(OwnerValues::values));
    asked
}

/// The values with how many are wanted, `$3`, and where they begin, the last.
fn within_range(mut asked: Vec<Value<'_>>, (skipped, limit): (u64, u64)) -> Vec<Value<'_>> {
    let bigint = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
    asked[2] = bigint(limit);
    asked.push(bigint(skipped));
    asked
}

fn found<T>(mut newest: Vec<T>, passes: impl Fn(&T) -> bool) -> FoundNewest<T> {
    let is_all = newest.len() < ReadTx::MAX_EXAMINED;
    newest.retain(passes);
    FoundNewest { items: newest, is_all }
}

macro_rules! tenants {
    ($what:expr, $among:expr, $status:literal, $rest:literal) => {
        concat!("SELECT ", $what, " FROM ", $among, " WHERE t.archived = $1 AND ", $status, $rest)
    };
}

const ALL: Sql = sql!(
    postgres: tenants!(
        tenant_columns!(),
        "tenants t",
        "($2::text IS NULL OR t.status = $2)",
        " ORDER BY t.id DESC LIMIT $3 OFFSET $4"
    ),
    sqlite: tenants!(
        tenant_columns!(),
        "tenants t",
        "($2 IS NULL OR t.status = $2)",
        " ORDER BY t.id DESC LIMIT $3 OFFSET $4"
    ),
);

const COUNT_ALL: Sql = sql!(
    postgres: tenants!(
        "count(*) AS counted",
        "tenants t",
        "($2::text IS NULL OR t.status = $2)",
        " AND $3::bigint IS NULL"
    ),
    sqlite: tenants!(
        "count(*) AS counted",
        "tenants t",
        "($2 IS NULL OR t.status = $2)",
        " AND $3 IS NULL"
    ),
);

const AMONG: Sql = sql!(
    postgres: tenants!(
        tenant_columns!(),
        concat!("(", owners_in_postgres!(), ") AS o JOIN tenants t ON t.id = o.owner"),
        "($2::text IS NULL OR t.status = $2)",
        " ORDER BY t.id DESC LIMIT $3 OFFSET $7"
    ),
    sqlite: tenants!(
        tenant_columns!(),
        concat!("(", owners_in_sqlite!(), ") AS o CROSS JOIN tenants t ON t.id = o.owner"),
        "($2 IS NULL OR t.status = $2)",
        " ORDER BY t.id DESC LIMIT $3 OFFSET $7"
    ),
);

const COUNT_AMONG: Sql = sql!(
    postgres: tenants!(
        "count(*) AS counted",
        concat!("(", owners_in_postgres!(), ") AS o JOIN tenants t ON t.id = o.owner"),
        "($2::text IS NULL OR t.status = $2)",
        " AND $3::bigint IS NULL"
    ),
    sqlite: tenants!(
        "count(*) AS counted",
        concat!("(", owners_in_sqlite!(), ") AS o CROSS JOIN tenants t ON t.id = o.owner"),
        "($2 IS NULL OR t.status = $2)",
        " AND $3 IS NULL"
    ),
);

const PARTNERS: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        partner_columns!(),
        " FROM partners p WHERE p.archived = $1 AND ($2::text IS NULL OR p.status = $2)
        ORDER BY p.id DESC LIMIT $3 OFFSET $4"
    ),
    sqlite: concat!(
        "SELECT ",
        partner_columns!(),
        " FROM partners p WHERE p.archived = $1 AND ($2 IS NULL OR p.status = $2)
        ORDER BY p.id DESC LIMIT $3 OFFSET $4"
    ),
);

const COUNT_PARTNERS: Sql = sql!(
    postgres: "SELECT count(*) AS counted FROM partners p
        WHERE p.archived = $1 AND ($2::text IS NULL OR p.status = $2) AND $3::bigint IS NULL",
    sqlite: "SELECT count(*) AS counted FROM partners p
        WHERE p.archived = $1 AND ($2 IS NULL OR p.status = $2) AND $3 IS NULL",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn parts_are_sought() {
        for sql in [ALL, COUNT_ALL, PARTNERS, COUNT_PARTNERS] {
            assert_seeks(sql).await;
        }
        for sql in [AMONG, COUNT_AMONG] {
            assert_no_scan_of(sql, &["t", "tenants"]).await;
        }
    }
}
