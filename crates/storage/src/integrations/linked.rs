//! What people have with integrations: sealed, and none of an earlier
//! generation.

use appkeep_domain::integration::Integration;
use appkeep_domain::{
    ApplicationId, DirectoryId, IntegrationId, Owner, SecretHash, TenantId, Timestamp, UserId, Within,
};

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
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

macro_rules! linked_where {
    ($condition:literal) => {
        concat!(
            "SELECT tenant_id, integration_id, generation, user_id, directory_id, data_key_version, sealed,
                refreshable, expires_at, refused_at, refreshing_until, version, connected_at, updated_at
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
const ERRAND: Sql = sql!(
    "SELECT hash, tenant_id, integration_id, generation, directory_id, user_id, application_id, return_to,
        created_at, expires_at
    FROM integration_errands WHERE hash = $1"
);
const SWEEP: Sql = sql!(
    postgres: "DELETE FROM integration_errands WHERE hash = ANY(ARRAY(
                   SELECT hash FROM integration_errands WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2))",
    sqlite: "DELETE FROM integration_errands WHERE hash IN (
                   SELECT hash FROM integration_errands WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
);

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

    /// Who was sent with this state, expired or not; nobody within anything but
    /// the platform, since a state does not say where to look.
    pub async fn errand(&mut self, within: Within, state: SecretHash) -> Result<Option<Errand>> {
        if within != Within::Platform {
            return Ok(None);
        }
        self.fetch_optional(ERRAND, &[state.into()], read_errand).await
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
                directory_id, connected_at)
            SELECT i.id, u.id, $3, $4, $5, $6, $7, $8, $9, $10, i.tenant_id, i.generation, u.directory_id, $14
            FROM integrations i JOIN users u ON u.directory_id = $13 AND u.id = $2
            WHERE i.tenant_id = $11 AND i.id = $1 AND i.generation = $12 AND i.archived_at IS NULL
            ON CONFLICT (integration_id, user_id) DO UPDATE SET
                version = linked_accounts.version + 1, data_key_version = excluded.data_key_version,
                sealed = excluded.sealed, refreshable = excluded.refreshable,
                expires_at = excluded.expires_at, refused_at = excluded.refused_at,
                refreshing_until = excluded.refreshing_until, updated_at = excluded.updated_at,
                generation = excluded.generation, connected_at = excluded.connected_at"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(account.tenant))))?;
        let mut values = changeable(account, link);
        values.extend([
            account.tenant.into(),
            account.generation.into(),
            account.directory.into(),
            account.connected_at.into(),
        ]);
        one_row(self.execute(PUT, &values).await?)
    }

    /// Writes it over the version before its own; `Stale` when somebody else was
    /// quicker, it is not there, or not within the boundary.
    pub async fn update_linked_account(
        &mut self,
        within: Within,
        account: &LinkedAccount,
        link: &SealedLink,
    ) -> Result<()> {
        const UPDATE: Sql = sql!(
            "UPDATE linked_accounts SET version = $3, data_key_version = $4, sealed = $5, refreshable = $6,
                expires_at = $7, refused_at = $8, refreshing_until = $9, updated_at = $10
            WHERE integration_id = $1 AND user_id = $2 AND version = $3 - 1"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(account.tenant))))?;
        one_row(self.execute(UPDATE, &changeable(account, link)).await?)
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
                AND (refreshing_until IS NULL OR refreshing_until <= $4)"
        );
        one_row(u64::from(reaches(within, Owner::Tenant(account.tenant))))?;
        let values = [
            account.integration.into(),
            account.user.into(),
            account.version.into(),
            now.into(),
            until.into(),
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

    /// `Stale` when the integration is not there, or not within the boundary.
    pub async fn insert_errand(&mut self, within: Within, errand: &Errand) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO integration_errands (hash, tenant_id, integration_id, generation, directory_id,
                user_id, application_id, return_to, created_at, expires_at)
            SELECT $1, i.tenant_id, i.id, $4, $5, $6, $7, $8, $9, $10
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
            errand.created_at.into(),
            errand.expires_at.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)
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
        connected_at: row.get("connected_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn read_sealed(row: &Row<'_>) -> Result<SealedLink> {
    Ok(SealedLink { data_key_version: row.get("data_key_version")?, sealed: row.get("sealed")? })
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
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn what_people_have_is_sought() {
        for sql in [ONE, LIST, ERRAND, SWEEP] {
            assert_seeks(sql).await;
        }
    }
}
