//! The keys under which the history says what concerns a person, each wrapped
//! under a data key of an issuer.

use appkeep_domain::{Directory, DirectoryId, Issuer, Timestamp, UserId, Within};

use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// A person's key as it is kept. Who deletes it has erased what it seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedUserKey {
    pub directory: DirectoryId,
    pub user: UserId,
    /// Whose data key wraps it, and which of those.
    pub issuer: Issuer,
    pub data_key_version: u32,
    pub wrapped: Vec<u8>,
    pub created_at: Timestamp,
}

const OF_USERS: Sql = sql!(
    postgres: "SELECT k.directory_id, k.user_id, k.issuer, k.data_key_version, k.wrapped, k.created_at
        FROM user_keys k JOIN directories d ON d.id = k.directory_id
        WHERE k.user_id = ANY($1) AND (d.owner = $2 OR $2 IS NULL) ORDER BY k.user_id",
    sqlite: "SELECT k.directory_id, k.user_id, k.issuer, k.data_key_version, k.wrapped, k.created_at
        FROM user_keys k JOIN directories d ON d.id = k.directory_id
        WHERE k.user_id IN (SELECT unhex(value) FROM json_each($1))
            AND (d.owner = $2 OR $2 IS NULL) ORDER BY k.user_id",
);

impl ReadTx {
    /// Those of these users who have one, within the boundary.
    pub async fn user_keys(&mut self, within: Within, users: &[UserId]) -> Result<Vec<WrappedUserKey>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<[u8; 16]> = users.iter().map(UserId::as_bytes).collect();
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_all(OF_USERS, &[ids.as_slice().into(), owner.into()], read).await
    }
}

impl WriteTx {
    /// Keeps it, unless the user has one. `Stale` when the user is not there,
    /// so that none outlives them, or the directory is not within the boundary.
    pub async fn insert_user_key(
        &mut self,
        within: Within,
        directory: &Directory,
        key: &WrappedUserKey,
    ) -> Result<()> {
        const IS_THERE: Sql = sql!("SELECT id FROM users WHERE directory_id = $1 AND id = $2");
        const INSERT: Sql = sql!(
            "INSERT INTO user_keys (directory_id, user_id, issuer, data_key_version, wrapped, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (directory_id, user_id) DO NOTHING"
        );
        one_row(u64::from(reaches(within, directory.owner) && key.directory == directory.id))?;
        let values = [key.directory.into(), key.user.into()];
        let found = self.fetch_optional(IS_THERE, &values, |row| row.get::<UserId>("id")).await?;
        one_row(u64::from(found.is_some()))?;
        let values = [
            key.directory.into(),
            key.user.into(),
            key.issuer.as_bytes().into(),
            key.data_key_version.into(),
            key.wrapped.as_slice().into(),
            key.created_at.into(),
        ];
        self.execute(INSERT, &values).await.map(drop)
    }
}

fn read(row: &Row<'_>) -> Result<WrappedUserKey> {
    Ok(WrappedUserKey {
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        issuer: Issuer::from_bytes(row.get("issuer")?),
        data_key_version: row.get("data_key_version")?,
        wrapped: row.get("wrapped")?,
        created_at: row.get("created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_no_scan_of;

    #[tokio::test]
    async fn keys_are_sought() {
        assert_no_scan_of(OF_USERS, &["k", "d"]).await;
    }
}
