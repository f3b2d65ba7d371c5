//! Partners: written whole, found by id, and what they cap.

use appkeep_domain::{Caps, Email, Name, Partner, PartnerId, Slug, Standing, TenantId, Within};

use crate::changes::{Change, Topic};
use crate::error::{Result, one_row};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// What `read_partner` reads, of `partners p`.
macro_rules! partner_columns {
    () => {
        "p.id, p.slug, p.name, p.contact_email, p.status, p.max_tenants, p.max_users_per_tenant,
        p.max_applications_per_tenant, p.archived_at, p.created_at, p.updated_at, p.version"
    };
}
pub(crate) use partner_columns;

const PARTNER: Sql = sql!(concat!("SELECT ", partner_columns!(), " FROM partners p WHERE p.id = $1"));

/// A tenant sees whose tenant it is.
pub(crate) const OF_TENANT: Sql = sql!(concat!(
    "SELECT ",
    partner_columns!(),
    " FROM tenants t JOIN partners p ON p.id = t.partner_id WHERE t.id = $1"
));

const CAPS: Sql = sql!(
    "SELECT p.max_tenants, p.max_users_per_tenant, p.max_applications_per_tenant
     FROM tenants t JOIN partners p ON p.id = t.partner_id WHERE t.id = $1 AND (p.id = $2 OR $2 IS NULL)"
);

const COUNT_TENANTS: Sql =
    sql!("SELECT count(*) AS tenants FROM tenants t WHERE t.partner_id = $1 AND t.archived = $2");

impl ReadTx {
    /// The partner, if it is within the boundary; a tenant sees its own.
    pub async fn partner(&mut self, within: Within, id: PartnerId) -> Result<Option<Partner>> {
        let found = match within {
            Within::Platform => self.fetch_optional(PARTNER, &[id.into()], read_partner).await?,
            Within::Partner(own) => self.fetch_optional(PARTNER, &[own.into()], read_partner).await?,
            Within::Tenant(tenant) => self.fetch_optional(OF_TENANT, &[tenant.into()], read_partner).await?,
        };
        Ok(found.filter(|partner| partner.id == id))
    }

    /// What the tenant's partner caps it at; nothing when it has no partner, or
    /// is not within the boundary.
    pub async fn caps_of_tenant(&mut self, within: Within, tenant: TenantId) -> Result<Caps> {
        let partner = match within {
            Within::Platform => None,
            Within::Partner(partner) => Some(partner),
            Within::Tenant(own) if own == tenant => None,
            Within::Tenant(_) => return Ok(Caps::default()),
        };
        let found = self.fetch_optional(CAPS, &[tenant.into(), partner.into()], read_caps).await?;
        Ok(found.unwrap_or_default())
    }

    /// How many tenants the partner has that are not archived; none when it is
    /// not within the boundary.
    pub async fn count_tenants(&mut self, within: Within, partner: PartnerId) -> Result<i64> {
        if !matches!(within, Within::Platform) && within != Within::Partner(partner) {
            return Ok(0);
        }
        let values = [partner.into(), false.into()];
        Ok(self.fetch_optional(COUNT_TENANTS, &values, |row| row.get("tenants")).await?.unwrap_or_default())
    }
}

impl WriteTx {
    /// Only the platform has partners; within anything else this is `Stale`. A
    /// slug in use is `Taken("partners.slug")`.
    pub async fn insert_partner(&mut self, within: Within, partner: &Partner) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO partners (id, version, updated_at, name, contact_email, status, max_tenants,
                max_users_per_tenant, max_applications_per_tenant, archived, archived_at, slug, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        );
        one_row(u64::from(within == Within::Platform))?;
        let mut values = changeable(partner);
        values.extend([partner.slug.as_str().into(), partner.created_at.into()]);
        self.execute(INSERT, &values).await.map(drop)
    }

    /// Writes the partner over the version before its own; `Stale` when somebody
    /// else was quicker, or within anything but the platform. What is remembered
    /// of its tenants is read again.
    pub async fn update_partner(&mut self, within: Within, partner: &Partner) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE partners SET version = $2, updated_at = $3, name = $4, contact_email = $5, status = $6,
                max_tenants = $7, max_users_per_tenant = $8, max_applications_per_tenant = $9,
                archived = $10, archived_at = $11
            WHERE id = $1 AND version = $2 - 1"
        );
        one_row(u64::from(within == Within::Platform))?;
        one_row(self.execute(UPDATE, &changeable(partner)).await?)?;
        self.announce(Change { topic: Topic::Tenant, key: Change::ALL });
        Ok(())
    }
}

/// The key, and the columns that an update may change.
fn changeable(partner: &Partner) -> Vec<Value<'_>> {
    vec![
        partner.id.into(),
        partner.version.into(),
        partner.updated_at.into(),
        partner.name.as_str().into(),
        partner.contact_email.as_ref().map(Email::as_str).into(),
        partner.status.as_str().into(),
        partner.caps.max_tenants.into(),
        partner.caps.max_users_per_tenant.into(),
        partner.caps.max_applications_per_tenant.into(),
        partner.archived_at.is_some().into(),
        partner.archived_at.into(),
    ]
}

pub(crate) fn read_partner(row: &Row<'_>) -> Result<Partner> {
    Ok(Partner {
        id: row.get("id")?,
        slug: row.parse("slug", Slug::parse)?,
        name: row.parse("name", Name::parse)?,
        contact_email: row.parse_optional("contact_email", Email::parse)?,
        status: row.parse("status", Standing::parse)?,
        caps: read_caps(row)?,
        archived_at: row.get("archived_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        version: row.get("version")?,
    })
}

fn read_caps(row: &Row<'_>) -> Result<Caps> {
    Ok(Caps {
        max_tenants: row.get("max_tenants")?,
        max_users_per_tenant: row.get("max_users_per_tenant")?,
        max_applications_per_tenant: row.get("max_applications_per_tenant")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn tenants_are_counted_by_partner() {
        for sql in [CAPS, COUNT_TENANTS, OF_TENANT] {
            assert_seeks(sql).await;
        }
    }
}
