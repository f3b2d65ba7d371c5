//! Service accounts of tenants.

use appkeep_domain::{
    Actor, ActorKind, Name, Owner, Role, ServiceAccount, ServiceAccountId, ServiceSecret, TenantId, Within,
};

use crate::changes::{Change, Topic};
use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceAccountPage {
    pub accounts: Vec<ServiceAccount>,
    /// Where the next page begins: after this one. `None` at the end.
    pub next: Option<ServiceAccountId>,
}

macro_rules! accounts_where {
    ($condition:literal) => {
        concat!(
            "SELECT tenant_id, id, name, description, role, secret_hash, secret_last_four, secret_created_at,
                created_by_kind, created_by, created_at, updated_at, archived_at
            FROM service_accounts WHERE ",
            $condition
        )
    };
}

const ONE: Sql = sql!(accounts_where!("id = $1"));
const IN_USE: Sql =
    sql!(accounts_where!("tenant_id = $1 AND id < $2 AND archived_at IS NULL ORDER BY id DESC LIMIT $3"));
const ALL: Sql = sql!(accounts_where!("tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"));
const COUNT: Sql = sql!(
    "SELECT count(*) AS many FROM (
        SELECT 1 FROM service_accounts WHERE tenant_id = $1 AND archived_at IS NULL LIMIT $2) AS counted"
);

impl ReadTx {
    /// The account, if its tenant is within the boundary; archived ones too.
    pub async fn service_account(
        &mut self,
        within: Within,
        id: ServiceAccountId,
    ) -> Result<Option<ServiceAccount>> {
        let found = self.fetch_optional(ONE, &[id.into()], read).await?;
        Ok(found.filter(|account| reaches(within, Owner::Tenant(account.tenant))))
    }

    /// The tenant's, newest first, with or without those that are archived; none
    /// when the tenant is not within the boundary.
    pub async fn service_accounts(
        &mut self,
        within: Within,
        (tenant, archived): (TenantId, bool),
        seek: Seek<ServiceAccountId>,
    ) -> Result<ServiceAccountPage> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(ServiceAccountPage::default());
        }
        // Greater than every id that is made.
        let after = seek.after.unwrap_or(ServiceAccountId::from_bytes([0xff; 16]));
        let values = [tenant.into(), after.into(), one_more(seek.limit).into()];
        let found = self.fetch_all(if archived { ALL } else { IN_USE }, &values, read).await?;
        let (accounts, next) = page_of(found, seek.limit, |account| account.id);
        Ok(ServiceAccountPage { accounts, next })
    }

    /// How many the tenant has that are not archived, counted up to `most`.
    pub async fn service_account_count(
        &mut self,
        within: Within,
        tenant: TenantId,
        most: u32,
    ) -> Result<u32> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(0);
        }
        let many =
            self.fetch_optional(COUNT, &[tenant.into(), most.into()], |row| row.get::<i64>("many")).await?;
        Ok(many.and_then(|many| u32::try_from(many).ok()).unwrap_or_default())
    }
}

impl WriteTx {
    /// `Stale` when its tenant is not within the boundary.
    pub async fn insert_service_account(&mut self, within: Within, account: &ServiceAccount) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO service_accounts (tenant_id, id, name, description, role, secret_hash,
                secret_last_four, secret_created_at, created_by_kind, created_by, created_at, updated_at,
                archived_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(account.tenant))))?;
        let values = [
            account.tenant.into(),
            account.id.into(),
            account.name.as_str().into(),
            account.description.as_deref().into(),
            account.role.as_str().into(),
            account.secret.hash.into(),
            account.secret.last_four.as_str().into(),
            account.secret.created_at.into(),
            account.created_by.kind.as_str().into(),
            account.created_by.id.as_str().into(),
            account.created_at.into(),
            account.updated_at.into(),
            account.archived_at.into(),
        ];
        self.execute(INSERT, &values).await?;
        self.announce(change_of(account.id));
        Ok(())
    }

    /// Writes what can change of it. `Stale` when it is archived, not there, or
    /// its tenant is not within the boundary.
    pub async fn update_service_account(&mut self, within: Within, account: &ServiceAccount) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE service_accounts SET name = $3, description = $4, role = $5, secret_hash = $6,
                secret_last_four = $7, secret_created_at = $8, updated_at = $9, archived_at = $10
            WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(account.tenant))))?;
        let values = [
            account.tenant.into(),
            account.id.into(),
            account.name.as_str().into(),
            account.description.as_deref().into(),
            account.role.as_str().into(),
            account.secret.hash.into(),
            account.secret.last_four.as_str().into(),
            account.secret.created_at.into(),
            account.updated_at.into(),
            account.archived_at.into(),
        ];
        one_row(self.execute(UPDATE, &values).await?)?;
        self.announce(change_of(account.id));
        Ok(())
    }
}

const fn change_of(id: ServiceAccountId) -> Change {
    Change { topic: Topic::ServiceAccount, key: id.as_bytes() }
}

fn read(row: &Row<'_>) -> Result<ServiceAccount> {
    Ok(ServiceAccount {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        name: row.parse("name", Name::parse)?,
        description: row.get("description")?,
        role: row.parse("role", Role::parse)?,
        secret: ServiceSecret {
            hash: row.get("secret_hash")?,
            last_four: row.get("secret_last_four")?,
            created_at: row.get("secret_created_at")?,
        },
        created_by: Actor {
            kind: row.parse("created_by_kind", ActorKind::parse)?,
            id: row.get("created_by")?,
        },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        archived_at: row.get("archived_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn service_accounts_are_sought() {
        for sql in [ONE, IN_USE, ALL] {
            assert_seeks(sql).await;
        }
    }
}
