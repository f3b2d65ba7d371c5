//! The applications that a tenant's registry is managed with: by a program, and
//! by operators who sign in to one.

use appkeep_domain::{ApplicationId, Owner, TenantId, Within};

use crate::changes::{Change, Topic};
use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

impl ReadTx {
    /// The one that was made last, there or not; none when the tenant is not
    /// within the boundary.
    pub async fn management_application(
        &mut self,
        within: Within,
        tenant: TenantId,
    ) -> Result<Option<ApplicationId>> {
        const ONE: Sql = sql!("SELECT application_id FROM management_applications WHERE tenant_id = $1");
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[tenant.into()], |row| row.get("application_id")).await
    }

    /// The one that operators sign in to, whose people are the platform's; none
    /// when the tenant is not within the boundary.
    pub async fn console_application(
        &mut self,
        within: Within,
        tenant: TenantId,
    ) -> Result<Option<ApplicationId>> {
        const ONE: Sql = sql!("SELECT application_id FROM console_applications WHERE tenant_id = $1");
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[tenant.into()], |row| row.get("application_id")).await
    }
}

impl WriteTx {
    /// Takes the place of the one before. `Stale` when the tenant is not within
    /// the boundary.
    pub async fn set_management_application(
        &mut self,
        within: Within,
        tenant: TenantId,
        application: ApplicationId,
    ) -> Result<()> {
        const SET: Sql = sql!(
            "INSERT INTO management_applications (tenant_id, application_id) VALUES ($1, $2)
            ON CONFLICT (tenant_id) DO UPDATE SET application_id = excluded.application_id"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(tenant))))?;
        one_row(self.execute(SET, &[tenant.into(), application.into()]).await?)
    }

    /// The same for the one that operators sign in to.
    pub async fn set_console_application(
        &mut self,
        within: Within,
        tenant: TenantId,
        application: ApplicationId,
    ) -> Result<()> {
        const SET: Sql = sql!(
            "INSERT INTO console_applications (tenant_id, application_id) VALUES ($1, $2)
            ON CONFLICT (tenant_id) DO UPDATE SET application_id = excluded.application_id"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(tenant))))?;
        one_row(self.execute(SET, &[tenant.into(), application.into()]).await?)?;
        self.announce(Change { topic: Topic::Application, key: application.as_bytes() });
        Ok(())
    }
}
