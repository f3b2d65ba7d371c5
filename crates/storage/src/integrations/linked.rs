//! What people have with integrations: sealed, and none of an earlier
//! generation.

use appkeep_domain::integration::Integration;
use appkeep_domain::{ApplicationId, DirectoryId, IntegrationId, Owner, TenantId, Timestamp, UserId, Within};

use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// That somebody has something with an integration. What it is, is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    pub integration: IntegrationId,
    pub tenant: TenantId,
    /// Of the integration, when it was connected.
    pub generation: i64,
    pub directory: DirectoryId,
    pub user: UserId,
    /// Whether others can be had when these are no longer taken.
    pub is_refreshable: bool,
    pub expires_at: Option<Timestamp>,
    /// When the tokens turned out to be worth nothing.
    pub refused_at: Option<Timestamp>,
    /// Until when somebody may be getting others.
    pub refreshing_until: Option<Timestamp>,
    /// Counts its changes, from 1.
    pub version: i64,
    /// By which application; nothing where that was not kept.
    pub connected_by: Option<ApplicationId>,
    pub connected_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedLink {
    /// Which of the tenant's data keys seals them.
    pub data_key_version: u32,
    pub sealed: Vec<u8>,
}

/// Part of a list, by the users' ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkedPage {
    pub accounts: Vec<LinkedAccount>,
    /// Where the next page begins: after this one. `None` at the end.
    pub next: Option<UserId>,
}

macro_rules! linked_where {
    ($condition:literal) => {
        concat!(
            "SELECT tenant_id, integration_id, generation, user_id, directory_id, data_key_version, sealed,
                refreshable, expires_at, refused_at, refreshing_until, version, connected_by, connected_at,
                updated_at
            FROM linked_accounts WHERE ",
            $condition
        )
    };
}

const ONE: Sql =
    sql!(linked_where!("integration_id = $1 AND user_id = $2 AND generation = $3 AND tenant_id = $4"));
const LIST: Sql = sql!(linked_where!(
    "tenant_id = $1 AND integration_id = $2 AND generation = $3 AND user_id > $4 ORDER BY user_id LIMIT $5"
));

/// Less than every id that is made.
const FIRST: UserId = UserId::from_bytes([0; 16]);

impl ReadTx {
    /// What the user has with the integration; nothing when that is not within
    /// the boundary.
    pub async fn linked_account(
        &mut self,
        within: Within,
        integration: &Integration,
        user: UserId,
    ) -> Result<Option<(LinkedAccount, SealedLink)>> {
        if !reaches(within, Owner::Tenant(integration.tenant)) {
            return Ok(None);
        }
        let values =
            [integration.id.into(), user.into(), integration.generation.into(), integration.tenant.into()];
        self.fetch_optional(ONE, &values, |row| Ok((read(row)?, read_sealed(row)?))).await
    }

    /// Who has something with the integration; nobody when that is not within
    /// the boundary.
    pub async fn linked_accounts(
        &mut self,
        within: Within,
        integration: &Integration,
        seek: Seek<UserId>,
    ) -> Result<LinkedPage> {
        if !reaches(within, Owner::Tenant(integration.tenant)) {
            return Ok(LinkedPage::default());
        }
        let values = [
            integration.tenant.into(),
            integration.id.into(),
            integration.generation.into(),
            seek.after.unwrap_or(FIRST).into(),
            one_more(seek.limit).into(),
        ];
        let found = self.fetch_all(LIST, &values, read).await?;
        let (accounts, next) = page_of(found, seek.limit, |account| account.user);
        Ok(LinkedPage { accounts, next })
    }
}

impl WriteTx {
    /// Puts it in the place of what the user had with the integration before.
    /// `Stale` when the integration is archived or of another generation by
    /// now, the user is not there, or it is not within the boundary.
    pub async fn put_linked_account(
        &mut self,
        within: Within,
        account: &LinkedAccount,
        link: &SealedLink,
    ) -> Result<()> {
        const PUT: Sql = sql!(
            "INSERT INTO linked_accounts (integration_id, user_id, version, data_key_version, sealed,
                refreshable, expires_at, refused_at, refreshing_until, updated_at, tenant_id, generation,
                directory_id, connected_at, connected_by)
            SELECT i.id, u.id, $3, $4, $5, $6, $7, $8, $9, $10, i.tenant_id, i.generation, u.directory_id,
                $14, $15
            FROM integrations i JOIN users u ON u.directory_id = $13 AND u.id = $2
            WHERE i.tenant_id = $11 AND i.id = $1 AND i.generation = $12 AND i.archived_at IS NULL
            ON CONFLICT (integration_id, user_id) DO UPDATE SET
                version = linked_accounts.version + 1, data_key_version = excluded.data_key_version,
                sealed = excluded.sealed, refreshable = excluded.refreshable,
                expires_at = excluded.expires_at, refused_at = excluded.refused_at,
                refreshing_until = excluded.refreshing_until, updated_at = excluded.updated_at,
                generation = excluded.generation, connected_at = excluded.connected_at,
                connected_by = excluded.connected_by"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(account.tenant))))?;
        let mut values = changeable(account, link);
        values.extend([
            account.tenant.into(),
            account.generation.into(),
            account.directory.into(),
            account.connected_at.into(),
            account.connected_by.into(),
        ]);
        one_row(self.execute(PUT, &values).await?)
    }

    /// Writes it over the version before its own; `Stale` when somebody else was
    /// quicker, it is not there, was connected anew, or not within the boundary.
    pub async fn update_linked_account(
        &mut self,
        within: Within,
        account: &LinkedAccount,
        link: &SealedLink,
    ) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE linked_accounts SET version = $3, data_key_version = $4, sealed = $5, refreshable = $6,
                expires_at = $7, refused_at = $8, refreshing_until = $9, updated_at = $10
            WHERE integration_id = $1 AND user_id = $2 AND version = $3 - 1 AND tenant_id = $11
                AND generation = $12 AND connected_at = $13"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(account.tenant))))?;
        let mut values = changeable(account, link);
        // What was dropped and connected again begins with the same version.
        values.extend([account.tenant.into(), account.generation.into(), account.connected_at.into()]);
        one_row(self.execute(UPDATE, &values).await?)
    }

    /// Whether it is for the caller to get other tokens until `until`, rather
    /// than for somebody who began before.
    pub async fn begin_refresh(
        &mut self,
        within: Within,
        account: &LinkedAccount,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<bool> {
        const BEGIN: Sql = sql!(
            "UPDATE linked_accounts SET refreshing_until = $5
            WHERE integration_id = $1 AND user_id = $2 AND version = $3
                AND (refreshing_until IS NULL OR refreshing_until <= $4) AND tenant_id = $6
                AND generation = $7 AND connected_at = $8"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(account.tenant))))?;
        let values = [
            account.integration.into(),
            account.user.into(),
            account.version.into(),
            now.into(),
            until.into(),
            account.tenant.into(),
            account.generation.into(),
            account.connected_at.into(),
        ];
        Ok(self.execute(BEGIN, &values).await? > 0)
    }

    /// Whether the user had anything with the integration. `Stale` when that is
    /// not within the boundary.
    pub async fn delete_linked_account(
        &mut self,
        within: Within,
        integration: &Integration,
        user: UserId,
    ) -> Result<bool> {
        const DELETE: Sql = sql!(
            "DELETE FROM linked_accounts WHERE integration_id = $1 AND user_id = $2 AND generation = $3
                AND tenant_id = $4"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(integration.tenant))))?;
        let values =
            [integration.id.into(), user.into(), integration.generation.into(), integration.tenant.into()];
        Ok(self.execute(DELETE, &values).await? > 0)
    }
}

/// The key, the version, and the columns that an update may change.
fn changeable<'a>(account: &LinkedAccount, link: &'a SealedLink) -> Vec<Value<'a>> {
    vec![
        account.integration.into(),
        account.user.into(),
        account.version.into(),
        link.data_key_version.into(),
        link.sealed.as_slice().into(),
        account.is_refreshable.into(),
        account.expires_at.into(),
        account.refused_at.into(),
        account.refreshing_until.into(),
        account.updated_at.into(),
    ]
}

pub(super) fn read(row: &Row<'_>) -> Result<LinkedAccount> {
    Ok(LinkedAccount {
        integration: row.get("integration_id")?,
        tenant: row.get("tenant_id")?,
        generation: row.get("generation")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        is_refreshable: row.get("refreshable")?,
        expires_at: row.get("expires_at")?,
        refused_at: row.get("refused_at")?,
        refreshing_until: row.get("refreshing_until")?,
        version: row.get("version")?,
        connected_by: row.get("connected_by")?,
        connected_at: row.get("connected_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn read_sealed(row: &Row<'_>) -> Result<SealedLink> {
    Ok(SealedLink { data_key_version: row.get("data_key_version")?, sealed: row.get("sealed")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn what_people_have_is_sought() {
        for sql in [ONE, LIST] {
            assert_seeks(sql).await;
        }
    }
}
