//! Tenants, and the partners that bring them.

use appkeep_domain::{
    Colour, Issuer, Name, Partner, PartnerId, SigningAlgorithm, Slug, Tenant, TenantId, Within,
};

use crate::changes::{Change, Topic};
use crate::error::{Result, StorageError, one_row};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

const INSERT_PARTNER: Sql = sql!("INSERT INTO partners (id, slug, name, created_at) VALUES ($1, $2, $3, $4)");

const INSERT_TENANT: Sql = sql!(
    "INSERT INTO tenants (id, partner_id, slug, name, secret_rotation_overlap_s, access_token_signing_alg,
                          logo_url, colour, created_at, updated_at, version)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
);

const TENANT: Sql = sql!(
    "SELECT id, partner_id, slug, name, secret_rotation_overlap_s, access_token_signing_alg, logo_url,
            colour, created_at, updated_at, version
     FROM tenants
     WHERE id = $1 AND (id = $2 OR $2 IS NULL) AND (partner_id = $3 OR $3 IS NULL)"
);

const TENANT_BY_SLUG: Sql = sql!(
    "SELECT id, partner_id, slug, name, secret_rotation_overlap_s, access_token_signing_alg, logo_url,
            colour, created_at, updated_at, version
     FROM tenants
     WHERE slug = $1 AND (id = $2 OR $2 IS NULL) AND (partner_id = $3 OR $3 IS NULL)"
);

const UPDATE_TENANT: Sql = sql!(
    "UPDATE tenants
     SET slug = $3, name = $4, secret_rotation_overlap_s = $5, access_token_signing_alg = $6,
         logo_url = $7, colour = $8, updated_at = $9, version = version + 1
     WHERE id = $1 AND version = $2 AND (id = $10 OR $10 IS NULL) AND (partner_id = $11 OR $11 IS NULL)"
);

impl ReadTx {
    pub async fn tenant(&mut self, within: Within, id: TenantId) -> Result<Option<Tenant>> {
        let (only, partner) = bounds(within);
        self.fetch_optional(TENANT, &[id.into(), only.into(), partner.into()], read_tenant).await
    }

    pub async fn tenant_by_slug(&mut self, within: Within, slug: &Slug) -> Result<Option<Tenant>> {
        let (only, partner) = bounds(within);
        let values = [slug.as_str().into(), only.into(), partner.into()];
        self.fetch_optional(TENANT_BY_SLUG, &values, read_tenant).await
    }

    /// Whether an issuer's keys may be seen: its tenant is there and within
    /// reach. The platform's are the platform's alone.
    pub(crate) async fn reaches(&mut self, within: Within, issuer: Issuer) -> Result<bool> {
        match issuer {
            Issuer::Platform => Ok(within == Within::Platform),
            Issuer::Tenant(id) => Ok(self.tenant(within, id).await?.is_some()),
        }
    }
}

impl WriteTx {
    /// Only the platform has partners; within anything else this is
    /// [`StorageError::Stale`]. A slug in use is `Taken("partners.slug")`.
    pub async fn insert_partner(&mut self, within: Within, partner: &Partner) -> Result<()> {
        if within != Within::Platform {
            return Err(StorageError::Stale);
        }
        let values = [
            partner.id.into(),
            partner.slug.as_str().into(),
            partner.name.as_str().into(),
            partner.created_at.into(),
        ];
        self.execute(INSERT_PARTNER, &values).await.map(drop)
    }

    /// A partner makes tenants of its own only, and a tenant none; otherwise
    /// this is [`StorageError::Stale`]. A slug in use is `Taken("tenants.slug")`.
    pub async fn insert_tenant(&mut self, within: Within, tenant: &Tenant) -> Result<()> {
        let allowed = match within {
            Within::Platform => true,
            Within::Partner(partner) => tenant.partner == Some(partner),
            Within::Tenant(_) => false,
        };
        if !allowed {
            return Err(StorageError::Stale);
        }
        let values = [
            tenant.id.into(),
            tenant.partner.into(),
            tenant.slug.as_str().into(),
            tenant.name.as_str().into(),
            tenant.secret_rotation_overlap.into(),
            tenant.access_token_signing_alg.as_str().into(),
            tenant.logo_url.as_deref().into(),
            tenant.colour.map(|colour| colour.to_string()).into(),
            tenant.created_at.into(),
            tenant.updated_at.into(),
            tenant.version.into(),
        ];
        self.execute(INSERT_TENANT, &values).await?;
        self.announce(tenant_changed(tenant.id));
        Ok(())
    }

    /// Writes what may change of a tenant whose version is the one that was
    /// read, and counts it up. [`StorageError::Stale`] when it has changed
    /// since, or is not within reach.
    pub async fn update_tenant(&mut self, within: Within, tenant: &Tenant) -> Result<()> {
        let (only, partner) = bounds(within);
        let values = [
            tenant.id.into(),
            tenant.version.into(),
            tenant.slug.as_str().into(),
            tenant.name.as_str().into(),
            tenant.secret_rotation_overlap.into(),
            tenant.access_token_signing_alg.as_str().into(),
            tenant.logo_url.as_deref().into(),
            tenant.colour.map(|colour| colour.to_string()).into(),
            tenant.updated_at.into(),
            only.into(),
            partner.into(),
        ];
        one_row(self.execute(UPDATE_TENANT, &values).await?)?;
        self.announce(tenant_changed(tenant.id));
        Ok(())
    }
}

/// The one tenant, or the one partner, that a look is confined to.
fn bounds(within: Within) -> (Option<TenantId>, Option<PartnerId>) {
    match within {
        Within::Platform => (None, None),
        Within::Partner(partner) => (None, Some(partner)),
        Within::Tenant(tenant) => (Some(tenant), None),
    }
}

fn tenant_changed(id: TenantId) -> Change {
    Change { topic: Topic::Tenant, key: id.as_bytes() }
}

fn read_tenant(row: &Row<'_>) -> Result<Tenant> {
    const OVERLAP: &str = "secret_rotation_overlap_s";
    const COLOUR: &str = "colour";
    let colour = row.get::<Option<String>>(COLOUR)?.as_deref().map(Colour::parse);
    let overlap = Tenant::parse_secret_rotation_overlap(row.get(OVERLAP)?);
    Ok(Tenant {
        id: row.get("id")?,
        partner: row.get("partner_id")?,
        slug: row.parse("slug", Slug::parse)?,
        name: row.parse("name", Name::parse)?,
        secret_rotation_overlap: overlap.map_err(|error| StorageError::corrupt(OVERLAP, error))?,
        access_token_signing_alg: row.parse("access_token_signing_alg", SigningAlgorithm::parse)?,
        logo_url: row.get("logo_url")?,
        colour: colour.transpose().map_err(|error| StorageError::corrupt(COLOUR, error))?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        version: row.get("version")?,
    })
}
