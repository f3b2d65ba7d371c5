//! The scopes that tenants register.

use appkeep_domain::{Owner, RegisteredScope, TenantId, Within};
use appkeep_oauth::Scope;

use crate::changes::{Change, Topic};
use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

impl ReadTx {
    /// The tenant's scopes in the order of their bytes, after `after`, at most
    /// `limit`; none when the tenant is not within the boundary.
    pub async fn scopes(
        &mut self,
        within: Within,
        tenant: TenantId,
        after: Option<&Scope>,
        limit: u32,
    ) -> Result<Vec<RegisteredScope>> {
        const LIST: Sql = sql!(
            "SELECT tenant_id, scope, id, description, created_at FROM scopes
            WHERE tenant_id = $1 AND scope > $2 ORDER BY scope LIMIT $3"
        );
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(Vec::new());
        }
        // Every scope is greater than the empty text.
        let after = after.map_or("", Scope::as_str);
        self.fetch_all(LIST, &[tenant.into(), after.into(), limit.into()], read).await
    }

    pub async fn scope(
        &mut self,
        within: Within,
        tenant: TenantId,
        scope: &Scope,
    ) -> Result<Option<RegisteredScope>> {
        const ONE: Sql = sql!(
            "SELECT tenant_id, scope, id, description, created_at FROM scopes
            WHERE tenant_id = $1 AND scope = $2"
        );
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[tenant.into(), scope.as_str().into()], read).await
    }
}

impl WriteTx {
    /// One that the tenant has already is `Taken("scopes.tenant_id, scopes.scope")`;
    /// `Stale` when the tenant is not within the boundary.
    pub async fn insert_scope(&mut self, within: Within, scope: &RegisteredScope) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO scopes (tenant_id, scope, id, description, created_at) VALUES ($1, $2, $3, $4, $5)"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(scope.tenant))))?;
        let values = [
            scope.tenant.into(),
            scope.scope.as_str().into(),
            scope.id.into(),
            scope.description.as_deref().into(),
            scope.created_at.into(),
        ];
        self.execute(INSERT, &values).await?;
        self.announce(change_of(scope.tenant));
        Ok(())
    }

    /// `Stale` when it is not there, or the tenant is not within the boundary.
    pub async fn delete_scope(&mut self, within: Within, tenant: TenantId, scope: &Scope) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM scopes WHERE tenant_id = $1 AND scope = $2");
        one_row(u64::from(reaches(within, Owner::Tenant(tenant))))?;
        one_row(self.execute(DELETE, &[tenant.into(), scope.as_str().into()]).await?)?;
        self.announce(change_of(tenant));
        Ok(())
    }
}

const fn change_of(tenant: TenantId) -> Change {
    Change { topic: Topic::Scopes, key: tenant.as_bytes() }
}

fn read(row: &Row<'_>) -> Result<RegisteredScope> {
    Ok(RegisteredScope {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        scope: row.parse("scope", Scope::parse)?,
        description: row.get("description")?,
        created_at: row.get("created_at")?,
    })
}
