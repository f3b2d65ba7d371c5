//! People who were sent to allow us something there, and are awaited back.

use appkeep_domain::{
    ApplicationId, DirectoryId, IntegrationId, Owner, SecretHash, TenantId, Timestamp, UserId, Within,
};

use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// Somebody who was sent to allow us something there, and is awaited back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    pub state: SecretHash,
    pub tenant: TenantId,
    pub integration: IntegrationId,
    pub generation: i64,
    pub directory: DirectoryId,
    pub user: UserId,
    /// For which they asked.
    pub application: ApplicationId,
    /// Where they go from our page.
    pub return_to: Option<String>,
    /// Which browser set out, once one has.
    pub browser: Option<SecretHash>,
    /// What it brought back, once it has.
    pub brought: Option<SecretHash>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

const ERRAND: Sql = sql!(
    "SELECT hash, tenant_id, integration_id, generation, directory_id, user_id, application_id, return_to,
        browser, brought, created_at, expires_at
    FROM integration_errands WHERE hash = $1"
);
const OPEN_OF_USER: Sql = sql!(
    "SELECT count(*) AS many FROM (
        SELECT 1 FROM integration_errands WHERE directory_id = $1 AND user_id = $2 AND expires_at > $3
        LIMIT $4) AS counted"
);
const OPEN_OF_TENANT: Sql = sql!(
    "SELECT count(*) AS many FROM (
        SELECT 1 FROM integration_errands WHERE tenant_id = $1 AND expires_at > $2 LIMIT $3) AS counted"
);
const SWEEP: Sql = sql!(
    postgres: "DELETE FROM integration_errands WHERE hash = ANY(ARRAY(
                   SELECT hash FROM integration_errands WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2))",
    sqlite: "DELETE FROM integration_errands WHERE hash IN (
                   SELECT hash FROM integration_errands WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
);

impl ReadTx {
    /// Who was sent with this state, expired or not; nobody within anything but
    /// the platform, since a state does not say where to look.
    pub async fn errand(&mut self, within: Within, state: SecretHash) -> Result<Option<Errand>> {
        if within != Within::Platform {
            return Ok(None);
        }
        self.fetch_optional(ERRAND, &[state.into()], read_errand).await
    }

    /// On how many errands the user is at `now`, counted up to `most`; none when
    /// the tenant is not within the boundary.
    pub async fn open_errands_of_user(
        &mut self,
        within: Within,
        (tenant, directory, user): (TenantId, DirectoryId, UserId),
        (now, most): (Timestamp, u32),
    ) -> Result<u32> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(0);
        }
        let values = [directory.into(), user.into(), now.into(), most.into()];
        Ok(as_count(self.fetch_optional(OPEN_OF_USER, &values, many).await?))
    }

    /// On how many errands the tenant's people are at `now`, counted up to
    /// `most`; none when it is not within the boundary.
    pub async fn open_errands_of_tenant(
        &mut self,
        within: Within,
        tenant: TenantId,
        (now, most): (Timestamp, u32),
    ) -> Result<u32> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(0);
        }
        let values = [tenant.into(), now.into(), most.into()];
        Ok(as_count(self.fetch_optional(OPEN_OF_TENANT, &values, many).await?))
    }
}

impl WriteTx {
    /// `Stale` when the integration is not there, or not within the boundary.
    pub async fn insert_errand(&mut self, within: Within, errand: &Errand) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO integration_errands (hash, tenant_id, integration_id, generation, directory_id,
                user_id, application_id, return_to, browser, brought, created_at, expires_at)
            SELECT $1, i.tenant_id, i.id, $4, $5, $6, $7, $8, $9, $10, $11, $12
            FROM integrations i WHERE i.tenant_id = $2 AND i.id = $3"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(errand.tenant))))?;
        let values = [
            errand.state.into(),
            errand.tenant.into(),
            errand.integration.into(),
            errand.generation.into(),
            errand.directory.into(),
            errand.user.into(),
            errand.application.into(),
            errand.return_to.as_deref().into(),
            errand.browser.into(),
            errand.brought.into(),
            errand.created_at.into(),
            errand.expires_at.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)
    }

    /// This browser sets out, unless another did, it came back already, or the
    /// time is over at `now`. Whether it does; setting out again is fine. `Stale`
    /// when the tenant is not within the boundary.
    pub async fn set_out(
        &mut self,
        within: Within,
        errand: &Errand,
        (browser, now): (SecretHash, Timestamp),
    ) -> Result<bool> {
        const SET_OUT: Sql = sql!(
            "UPDATE integration_errands SET browser = $3
            WHERE hash = $1 AND tenant_id = $2 AND brought IS NULL AND expires_at > $4
                AND (browser IS NULL OR browser = $3)"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(errand.tenant))))?;
        let values = [errand.state.into(), errand.tenant.into(), browser.into(), now.into()];
        Ok(self.execute(SET_OUT, &values).await? > 0)
    }

    /// The browser that set out came back, with this: once, and before the time
    /// is over at `now`. Whether it did. `Stale` when the tenant is not within
    /// the boundary.
    pub async fn bring_back(
        &mut self,
        within: Within,
        errand: &Errand,
        (brought, now): (SecretHash, Timestamp),
    ) -> Result<bool> {
        const BRING_BACK: Sql = sql!(
            "UPDATE integration_errands SET brought = $3
            WHERE hash = $1 AND tenant_id = $2 AND brought IS NULL AND expires_at > $4 AND browser = $5"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(errand.tenant))))?;
        let values =
            [errand.state.into(), errand.tenant.into(), brought.into(), now.into(), errand.browser.into()];
        Ok(self.execute(BRING_BACK, &values).await? > 0)
    }

    /// Takes it away and says what it was, unless it has expired at `now`; none
    /// within anything but the platform, since a state does not say where to
    /// look.
    pub async fn take_errand(
        &mut self,
        within: Within,
        state: SecretHash,
        now: Timestamp,
    ) -> Result<Option<Errand>> {
        const TAKE: Sql = sql!("DELETE FROM integration_errands WHERE hash = $1 AND expires_at > $2");
        let Some(errand) = self.errand(within, state).await? else { return Ok(None) };
        let taken = self.execute(TAKE, &[state.into(), now.into()]).await?;
        Ok((taken == 1).then_some(errand))
    }

    /// Deletes at most `limit` that have expired at `now`, and says how many.
    /// `Stale` within anything but the platform.
    pub async fn delete_expired_errands(
        &mut self,
        within: Within,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[now.into(), limit.into()]).await
    }
}

fn many(row: &Row<'_>) -> Result<i64> {
    row.get("many")
}

fn as_count(many: Option<i64>) -> u32 {
    many.and_then(|many| u32::try_from(many).ok()).unwrap_or_default()
}

fn read_errand(row: &Row<'_>) -> Result<Errand> {
    Ok(Errand {
        state: row.get("hash")?,
        tenant: row.get("tenant_id")?,
        integration: row.get("integration_id")?,
        generation: row.get("generation")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        application: row.get("application_id")?,
        return_to: row.get("return_to")?,
        browser: row.get("browser")?,
        brought: row.get("brought")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn errands_are_sought() {
        for sql in [ERRAND, SWEEP] {
            assert_seeks(sql).await;
        }
        for sql in [OPEN_OF_USER, OPEN_OF_TENANT] {
            assert_no_scan_of(sql, &["integration_errands"]).await;
        }
    }
}
