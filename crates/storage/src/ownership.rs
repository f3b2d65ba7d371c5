//! To whom a thing belongs, found wherever it is.

mod people;

use appkeep_domain::{Application, ApplicationId, Name, Owner, PartnerId, Slug, TenantId, Within};

pub use self::people::{CountedDirectory, Whereabouts};
use crate::applications::{application_columns, read_application};
use crate::error::Result;
use crate::owners::{bounding_owner, owner_key};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// An application, and what decides who may do something to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    pub application: Application,
    /// Whose tenant the owner is, when it is a tenant of a partner; nobody's
    /// while it is archived.
    pub partner: Option<PartnerId>,
    /// Whether operators sign in to it.
    pub for_operators: bool,
}

/// An owner that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownOwner {
    pub owner: Owner,
    /// Whose tenant it is, when it is a tenant of a partner; nobody's while it is
    /// archived.
    pub partner: Option<PartnerId>,
}

/// What a tenant is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantLabel {
    pub id: TenantId,
    pub slug: Slug,
    pub name: Name,
}

/// One statement, so that one that is not to be seen costs as much as one that
/// never was.
const OWNED: Sql = sql!(concat!(
    "SELECT CASE WHEN t.archived = TRUE THEN NULL ELSE t.partner_id END AS partner_id,
        (c.application_id IS NOT NULL) AS for_operators, ",
    application_columns!(),
    " FROM application_ids i JOIN applications a ON a.owner = i.owner AND a.id = i.id
    LEFT JOIN tenants t ON t.id = a.owner
    LEFT JOIN console_applications c ON c.tenant_id = a.owner AND c.application_id = a.id
    WHERE i.id = $1 AND (i.owner = $2 OR $2 IS NULL)"
));

const TENANT: Sql = sql!(
    "SELECT CASE WHEN archived = TRUE THEN NULL ELSE partner_id END AS partner_id FROM tenants WHERE id = $1"
);

const PARTNER: Sql = sql!("SELECT CAST(NULL AS BYTEA) AS partner_id FROM partners WHERE id = $1");

const LABELS: Sql = sql!(
    postgres: "SELECT id, slug, name FROM tenants WHERE id = ANY($1)",
    sqlite: "SELECT id, slug, name FROM tenants WHERE id IN (SELECT unhex(value) FROM json_each($1))",
);

impl ReadTx {
    /// The application, if it is within the boundary, and whose it is; archived
    /// and expired ones too.
    pub async fn owned_application(&mut self, within: Within, id: ApplicationId) -> Result<Option<Owned>> {
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(OWNED, &[id.into(), owner.into()], read_owned).await
    }

    /// Nothing when there is no such owner, or within anything but the platform.
    pub async fn known_owner(&mut self, within: Within, owner: Owner) -> Result<Option<KnownOwner>> {
        if within != Within::Platform {
            return Ok(None);
        }
        let sql = match owner {
            Owner::Global => return Ok(Some(KnownOwner { owner, partner: None })),
            Owner::Partner(_) => PARTNER,
            Owner::Tenant(_) => TENANT,
        };
        let found = self.fetch_optional(sql, &[owner_key(owner).into()], |row| row.get("partner_id")).await?;
        Ok(found.map(|partner| KnownOwner { owner, partner }))
    }

    /// What those of the tenants are called that are there; of none within
    /// anything but the platform.
    pub async fn tenant_labels(&mut self, within: Within, ids: &[TenantId]) -> Result<Vec<TenantLabel>> {
        if within != Within::Platform || ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<[u8; 16]> = ids.iter().map(TenantId::as_bytes).collect();
        self.fetch_all(LABELS, &[ids.as_slice().into()], read_label).await
    }
}

pub(crate) fn read_owned(row: &Row<'_>) -> Result<Owned> {
    Ok(Owned {
        application: read_application(row)?,
        partner: row.get("partner_id")?,
        for_operators: row.get("for_operators")?,
    })
}

fn read_label(row: &Row<'_>) -> Result<TenantLabel> {
    Ok(TenantLabel {
        id: row.get("id")?,
        slug: row.parse("slug", Slug::parse)?,
        name: row.parse("name", Name::parse)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn owners_are_sought() {
        for sql in [OWNED, TENANT, PARTNER] {
            assert_seeks(sql).await;
        }
        assert_no_scan_of(LABELS, &["tenants"]).await;
    }
}
