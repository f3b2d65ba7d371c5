//! Tenants: written whole, found by id or slug.

use appkeep_domain::access::{Deduplication, VaultSettings};
use appkeep_domain::registration::{RegistrationMode, RegistrationSettings};
use appkeep_domain::{
    Colour, Email, Issuer, Name, PartnerId, SigningAlgorithm, Slug, Standing, Tenant, TenantId, Within,
};

use crate::changes::{Change, Topic};
use crate::error::{Result, StorageError, one_row};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// What `read_tenant` reads, of `tenants t`.
macro_rules! tenant_columns {
    () => {
        "t.id, t.partner_id, t.slug, t.name, t.contact_email, t.status, t.archived_at,
        t.secret_rotation_overlap_s, t.access_token_signing_alg, t.logo_url, t.colour,
        t.fingerprint_tokens, t.deduplicate_tokens, t.deduplication, t.client_registration,
        t.unused_registration_ttl_s, t.created_at, t.updated_at, t.version"
    };
}
pub(crate) use tenant_columns;

pub(crate) const TENANT: Sql = sql!(concat!(
    "SELECT ",
    tenant_columns!(),
    " FROM tenants t WHERE t.id = $1 AND (t.id = $2 OR $2 IS NULL) AND (t.partner_id = $3 OR $3 IS NULL)"
));

const TENANT_BY_SLUG: Sql = sql!(concat!(
    "SELECT ",
    tenant_columns!(),
    " FROM tenants t WHERE t.slug = $1 AND (t.id = $2 OR $2 IS NULL) AND (t.partner_id = $3 OR $3 IS NULL)"
));

const THOSE: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        tenant_columns!(),
        " FROM tenants t WHERE t.id = ANY($1) AND (t.id = $2 OR $2 IS NULL)
            AND (t.partner_id = $3 OR $3 IS NULL)"
    ),
    sqlite: concat!(
        "SELECT ",
        tenant_columns!(),
        " FROM tenants t WHERE t.id IN (SELECT unhex(value) FROM json_each($1))
            AND (t.id = $2 OR $2 IS NULL) AND (t.partner_id = $3 OR $3 IS NULL)"
    ),
);

impl ReadTx {
    /// The tenant, if it is within the boundary; an archived one too.
    pub async fn tenant(&mut self, within: Within, id: TenantId) -> Result<Option<Tenant>> {
        let (only, partner) = bounds(within);
        self.fetch_optional(TENANT, &[id.into(), only.into(), partner.into()], read_tenant).await
    }

    /// Those of the ids that are within the boundary, in no order.
    pub async fn those_tenants(&mut self, within: Within, ids: &[TenantId]) -> Result<Vec<Tenant>> {
        let (only, partner) = bounds(within);
        let ids: Vec<[u8; 16]> = ids.iter().map(TenantId::as_bytes).collect();
        self.fetch_all(THOSE, &[ids.as_slice().into(), only.into(), partner.into()], read_tenant).await
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
    /// A partner makes tenants of its own only, and a tenant none; otherwise
    /// this is [`StorageError::Stale`]. A slug in use is `Taken("tenants.slug")`.
    pub async fn insert_tenant(&mut self, within: Within, tenant: &Tenant) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO tenants (id, slug, name, secret_rotation_overlap_s, access_token_signing_alg, logo_url,
                colour, contact_email, status, archived, archived_at, partner_id, updated_at,
                fingerprint_tokens, deduplicate_tokens, deduplication, client_registration,
                unused_registration_ttl_s, created_at, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
        );
        let allowed = match within {
            Within::Platform => true,
            Within::Partner(partner) => tenant.partner == Some(partner),
            Within::Tenant(_) => false,
        };
        one_row(u64::from(allowed))?;
        let mut values = changeable(tenant);
        values.extend([tenant.created_at.into(), tenant.version.into()]);
        self.execute(INSERT, &values).await?;
        self.announce(tenant_changed(tenant.id));
        Ok(())
    }

    /// Writes what may change of a tenant whose version is the one that was
    /// read, and counts it up. [`StorageError::Stale`] when it has changed
    /// since, or is not within reach.
    pub async fn update_tenant(&mut self, within: Within, tenant: &Tenant) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE tenants
            SET slug = $2, name = $3, secret_rotation_overlap_s = $4, access_token_signing_alg = $5,
                logo_url = $6, colour = $7, contact_email = $8, status = $9, archived = $10,
                archived_at = $11, partner_id = $12, updated_at = $13, fingerprint_tokens = $14,
                deduplicate_tokens = $15, deduplication = $16, client_registration = $17,
                unused_registration_ttl_s = $18, version = version + 1
            WHERE id = $1 AND version = $19 AND (id = $20 OR $20 IS NULL)
                AND (partner_id = $21 OR $21 IS NULL)"
        );
        let (only, partner) = bounds(within);
        let mut values = changeable(tenant);
        values.extend([tenant.version.into(), only.into(), partner.into()]);
        one_row(self.execute(UPDATE, &values).await?)?;
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

/// The key, and the columns that an update may change.
fn changeable(tenant: &Tenant) -> Vec<Value<'_>> {
    vec![
        tenant.id.into(),
        tenant.slug.as_str().into(),
        tenant.name.as_str().into(),
        tenant.secret_rotation_overlap.into(),
        tenant.access_token_signing_alg.as_str().into(),
        tenant.logo_url.as_deref().into(),
        tenant.colour.map(|colour| colour.to_string()).into(),
        tenant.contact_email.as_ref().map(Email::as_str).into(),
        tenant.status.as_str().into(),
        tenant.archived_at.is_some().into(),
        tenant.archived_at.into(),
        tenant.partner.into(),
        tenant.updated_at.into(),
        tenant.vault.fingerprint_tokens.into(),
        tenant.vault.deduplicate_tokens.into(),
        tenant.vault.deduplication.as_str().into(),
        tenant.registration.mode.as_str().into(),
        tenant.registration.unused_ttl.into(),
    ]
}

pub(crate) fn read_tenant(row: &Row<'_>) -> Result<Tenant> {
    const OVERLAP: &str = "secret_rotation_overlap_s";
    const UNUSED: &str = "unused_registration_ttl_s";
    let unused = RegistrationSettings::parse_unused_ttl(row.get(UNUSED)?);
    let overlap = Tenant::parse_secret_rotation_overlap(row.get(OVERLAP)?);
    Ok(Tenant {
        id: row.get("id")?,
        partner: row.get("partner_id")?,
        slug: row.parse("slug", Slug::parse)?,
        name: row.parse("name", Name::parse)?,
        contact_email: row.parse_optional("contact_email", Email::parse)?,
        status: row.parse("status", Standing::parse)?,
        archived_at: row.get("archived_at")?,
        secret_rotation_overlap: overlap.map_err(|error| StorageError::corrupt(OVERLAP, error))?,
        access_token_signing_alg: row.parse("access_token_signing_alg", SigningAlgorithm::parse)?,
        logo_url: row.get("logo_url")?,
        colour: row.parse_optional("colour", Colour::parse)?,
        vault: VaultSettings {
            fingerprint_tokens: row.get("fingerprint_tokens")?,
            deduplicate_tokens: row.get("deduplicate_tokens")?,
            deduplication: row.parse("deduplication", Deduplication::parse)?,
        },
        registration: RegistrationSettings {
            mode: row.parse("client_registration", RegistrationMode::parse)?,
            unused_ttl: unused.map_err(|error| StorageError::corrupt(UNUSED, error))?,
        },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        version: row.get("version")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_no_scan_of;

    #[tokio::test]
    async fn those_that_are_named_are_sought() {
        assert_no_scan_of(THOSE, &["t", "tenants"]).await;
    }
}
