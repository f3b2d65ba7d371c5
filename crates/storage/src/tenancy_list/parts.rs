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
    /// Whether that is all: a search counts as far as one call examines.
    pub is_exact: bool,
}

impl ReadTx {
    /// Of these tenants those that pass the filter, so many after the first
    /// `skipped`; none within anything but the platform. What is looked for a
    /// text in, and counted, is the newest that one call examines.
    pub async fn tenants_part(
        &mut self,
        within: Within,
        whose: &Whose,
        filter: &TenantFilter,
        range: (u64, u64),
    ) -> Result<CountedPart<Tenant>> {
        if within != Within::Platform {
            return Ok(CountedPart { items: Vec::new(), total: 0, is_exact: true });
        }
        let owners = OwnerValues::of(whose);
        let (some, count) = if owners.is_some() { (AMONG, COUNT_AMONG) } else { (ALL, COUNT_ALL) };
        let mut asked: Vec<Value<'_>> =
            vec![filter.archived.into(), filter.status.map(Standing::as_str).into(), Value::Null];
        if let Some(owners) = &owners {
            asked.extend(owners.values());
        }
        if let Some(text) = filter.text.as_deref().map(fold) {
            let newest = self.fetch_all(some, &within_range(asked, NEWEST), read_tenant).await?;
            return Ok(cut(newest, range, |tenant| tenant_has_text(tenant, &text)));
        }
        let total = self.count_rows(count, &asked).await?;
        let items = self.fetch_all(some, &within_range(asked, range), read_tenant).await?;
        Ok(CountedPart { items, total, is_exact: true })
    }

    /// The same for partners, of all that there are.
    pub async fn partners_part(
        &mut self,
        within: Within,
        filter: &PartnerFilter,
        range: (u64, u64),
    ) -> Result<CountedPart<Partner>> {
        if within != Within::Platform {
            return Ok(CountedPart { items: Vec::new(), total: 0, is_exact: true });
        }
        let asked: Vec<Value<'_>> =
            vec![filter.archived.into(), filter.status.map(Standing::as_str).into(), Value::Null];
        if let Some(text) = filter.text.as_deref().map(fold) {
            let newest = self.fetch_all(PARTNERS, &within_range(asked, NEWEST), read_partner).await?;
            return Ok(cut(newest, range, |partner| partner_has_text(partner, &text)));
        }
        let total = self.count_rows(COUNT_PARTNERS, &asked).await?;
        let items = self.fetch_all(PARTNERS, &within_range(asked, range), read_partner).await?;
        Ok(CountedPart { items, total, is_exact: true })
    }

    async fn count_rows(&mut self, sql: Sql, asked: &[Value<'_>]) -> Result<u64> {
        let counted = self.fetch_optional(sql, asked, |row| row.get::<i64>("counted")).await?;
        Ok(counted.unwrap_or_default().unsigned_abs())
    }
}

/// What a search looks at.
const NEWEST: (u64, u64) = (0, ReadTx::MAX_EXAMINED as u64);

/// The values with how many are wanted, `$3`, and where they begin, the last.
fn within_range(mut asked: Vec<Value<'_>>, (skipped, limit): (u64, u64)) -> Vec<Value<'_>> {
    let bigint = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
    asked[2] = bigint(limit);
    asked.push(bigint(skipped));
    asked
}

fn cut<T>(mut all: Vec<T>, (skipped, limit): (u64, u64), passes: impl Fn(&T) -> bool) -> CountedPart<T> {
    let is_exact = all.len() < ReadTx::MAX_EXAMINED;
    all.retain(passes);
    let total = all.len() as u64;
    let as_size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let items = all.into_iter().skip(as_size(skipped)).take(as_size(limit)).collect();
    CountedPart { items, total, is_exact }
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
