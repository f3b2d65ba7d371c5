//! Which integrations applications reach.

use appkeep_domain::integration::Integration;
use appkeep_domain::{Application, ApplicationId, IntegrationId, Owner, TenantId, Timestamp, Within};

use super::{integration_columns, read};
use crate::changes::{Change, Topic};
use crate::error::{Result, StorageError, one_row};
use crate::owners::{owner_key, reaches};
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// An integration that an application reaches, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub integration: Integration,
    pub attached_at: Timestamp,
}

const OF_APPLICATION: Sql = sql!(concat!(
    "SELECT ",
    integration_columns!(),
    ", a.attached_at FROM attachments a
    JOIN integrations i ON i.tenant_id = a.tenant_id AND i.id = a.integration_id
    WHERE a.application_id = $1 AND i.archived_at IS NULL ORDER BY a.integration_id"
));
/// `$2` is the platform, whose APIs are nobody's to reach in this way, as its
/// partner's are not for a tenant.
const ADDRESSES: Sql = sql!(
    "SELECT a.integration_id, CASE WHEN i.archived_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM audiences x
            WHERE x.head = substr(i.url, 1, 255) AND x.audience = i.url AND (x.owner = $2 OR x.owner = t.partner_id)
        ) THEN i.url END AS url
    FROM attachments a
    JOIN integrations i ON i.tenant_id = a.tenant_id AND i.id = a.integration_id
    JOIN tenants t ON t.id = a.tenant_id
    WHERE a.application_id = $1 AND a.tenant_id = $3 ORDER BY a.integration_id"
);
const ONE: Sql = sql!(
    "SELECT 1 AS one FROM attachments WHERE application_id = $1 AND integration_id = $2 AND tenant_id = $3"
);
const EVERY: Sql = sql!(
    "SELECT integration_id FROM attachments WHERE application_id = $1 AND tenant_id = $2
    ORDER BY integration_id"
);
const OF_INTEGRATION: Sql = sql!(
    "SELECT application_id FROM attachments
    WHERE tenant_id = $1 AND integration_id = $2 AND application_id < $3
    ORDER BY application_id DESC LIMIT $4"
);

/// An integration that an application reaches, archived or not, and where it is
/// as far as tokens may be for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedAddress {
    pub integration: IntegrationId,
    /// Nothing of one that is archived, or whose URL is what the platform or the
    /// tenant's partner calls an API of its own.
    pub url: Option<String>,
}

/// Greater than every id that is made.
const LAST: ApplicationId = ApplicationId::from_bytes([0xff; 16]);

impl ReadTx {
    /// Those that are not archived, by their ids; none of an application that is
    /// not within the boundary.
    pub async fn attached_integrations(
        &mut self,
        within: Within,
        application: &Application,
    ) -> Result<Vec<Attached>> {
        if tenant_of(within, application).is_none() {
            return Ok(Vec::new());
        }
        let attached =
            |row: &Row<'_>| Ok(Attached { integration: read(row)?, attached_at: row.get("attached_at")? });
        self.fetch_all(OF_APPLICATION, &[application.id.into()], attached).await
    }

    /// Those that are archived too, by their ids; none of an application that
    /// is not within the boundary.
    pub async fn attachments(
        &mut self,
        within: Within,
        application: &Application,
    ) -> Result<Vec<IntegrationId>> {
        let Some(tenant) = tenant_of(within, application) else { return Ok(Vec::new()) };
        let id = |row: &Row<'_>| row.get("integration_id");
        self.fetch_all(EVERY, &[application.id.into(), tenant.into()], id).await
    }

    /// Where all of them are, by their ids; none of an application that is not
    /// within the boundary.
    pub async fn attached_addresses(
        &mut self,
        within: Within,
        application: &Application,
    ) -> Result<Vec<AttachedAddress>> {
        let Some(tenant) = tenant_of(within, application) else { return Ok(Vec::new()) };
        let address = |row: &Row<'_>| {
            Ok(AttachedAddress { integration: row.get("integration_id")?, url: row.get("url")? })
        };
        let values = [application.id.into(), owner_key(Owner::Global).into(), tenant.into()];
        self.fetch_all(ADDRESSES, &values, address).await
    }

    /// Whether the application reaches the integration; not when it is not
    /// within the boundary.
    pub async fn is_attached(
        &mut self,
        within: Within,
        application: &Application,
        integration: IntegrationId,
    ) -> Result<bool> {
        let Some(tenant) = tenant_of(within, application) else { return Ok(false) };
        let values = [application.id.into(), integration.into(), tenant.into()];
        Ok(self.fetch_optional(ONE, &values, |row| row.get::<i64>("one")).await?.is_some())
    }

    /// The applications that reach the integration, the newest first, and where
    /// the next page begins; none when the tenant is not within the boundary.
    pub async fn applications_attached(
        &mut self,
        within: Within,
        (tenant, integration): (TenantId, IntegrationId),
        seek: Seek,
    ) -> Result<(Vec<ApplicationId>, Option<ApplicationId>)> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok((Vec::new(), None));
        }
        let after = seek.after.unwrap_or(LAST);
        let values = [tenant.into(), integration.into(), after.into(), one_more(seek.limit).into()];
        let found = self.fetch_all(OF_INTEGRATION, &values, |row| row.get("application_id")).await?;
        Ok(page_of(found, seek.limit, |id| *id))
    }
}

impl WriteTx {
    /// Whether the application did not reach it before. `Stale` when the
    /// integration is not there, archived or another tenant's, or the
    /// application is not within the boundary.
    pub async fn attach_integration(
        &mut self,
        within: Within,
        application: &Application,
        (integration, now): (IntegrationId, Timestamp),
    ) -> Result<bool> {
        const ATTACH: Sql = sql!(
            "INSERT INTO attachments (application_id, integration_id, tenant_id, attached_at)
            SELECT $1, i.id, i.tenant_id, $4 FROM integrations i
            WHERE i.tenant_id = $3 AND i.id = $2 AND i.archived_at IS NULL
            ON CONFLICT (application_id, integration_id) DO NOTHING"
        );
        let tenant = tenant_of(within, application).ok_or(StorageError::Stale)?;
        if self.is_attached(within, application, integration).await? {
            return Ok(false);
        }
        let values = [application.id.into(), integration.into(), tenant.into(), now.into()];
        one_row(self.execute(ATTACH, &values).await?)?;
        self.announce(change_of(application.id));
        Ok(true)
    }

    /// Whether the application reached it before. `Stale` when it is not within
    /// the boundary.
    pub async fn detach_integration(
        &mut self,
        within: Within,
        application: &Application,
        integration: IntegrationId,
    ) -> Result<bool> {
        const DETACH: Sql = sql!(
            "DELETE FROM attachments WHERE application_id = $1 AND integration_id = $2 AND tenant_id = $3"
        );
        let tenant = tenant_of(within, application).ok_or(StorageError::Stale)?;
        let values = [application.id.into(), integration.into(), tenant.into()];
        let detached = self.execute(DETACH, &values).await? > 0;
        if detached {
            self.announce(change_of(application.id));
        }
        Ok(detached)
    }
}

/// Only what a tenant owns reaches what that tenant has.
fn tenant_of(within: Within, application: &Application) -> Option<TenantId> {
    match application.owner {
        Owner::Tenant(tenant) if reaches(within, application.owner) => Some(tenant),
        _ => None,
    }
}

const fn change_of(application: ApplicationId) -> Change {
    Change { topic: Topic::Attachments, key: application.as_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn attachments_are_sought() {
        for sql in [ONE, EVERY, OF_INTEGRATION] {
            assert_seeks(sql).await;
        }
        assert_no_scan_of(OF_APPLICATION, &["a", "i", "attachments", "integrations"]).await;
        assert_no_scan_of(ADDRESSES, &["a", "i", "t", "x", "attachments", "integrations", "audiences"]).await;
    }
}
