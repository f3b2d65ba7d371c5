//! Lockouts: failures of an account in a row.

use appkeep_domain::{Directory, Lockout, Timestamp, UserId, Within};

use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

impl ReadTx {
    /// None when nothing failed, or the directory is not within the boundary.
    pub async fn lockout(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<Option<Lockout>> {
        const ONE: Sql = sql!(
            "SELECT directory_id, user_id, failures, last_failed_at, locked_until FROM lockouts
            WHERE directory_id = $1 AND user_id = $2"
        );
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[directory.id.into(), user.into()], read).await
    }
}

impl WriteTx {
    /// In place of the one before, if there was one. `Stale` when the user is
    /// not there, or the directory is not within the boundary.
    pub async fn put_lockout(
        &mut self,
        within: Within,
        directory: &Directory,
        lockout: &Lockout,
    ) -> Result<()> {
        const PUT: Sql = sql!(
            "INSERT INTO lockouts (directory_id, user_id, failures, last_failed_at, locked_until)
            SELECT u.directory_id, u.id, $3, $4, $5 FROM users u WHERE u.directory_id = $1 AND u.id = $2
            ON CONFLICT (directory_id, user_id) DO UPDATE SET failures = excluded.failures,
                last_failed_at = excluded.last_failed_at, locked_until = excluded.locked_until"
        );
        one_row(u64::from(reaches(within, directory.owner) && lockout.directory == directory.id))?;
        let values = [
            lockout.directory.into(),
            lockout.user.into(),
            lockout.failures.into(),
            lockout.last_failed_at.into(),
            lockout.locked_until.into(),
        ];
        one_row(self.execute(PUT, &values).await?)
    }

    /// Whether there was one. `Stale` when the directory is not within the
    /// boundary.
    pub async fn delete_lockout(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<bool> {
        const DELETE: Sql = sql!("DELETE FROM lockouts WHERE directory_id = $1 AND user_id = $2");
        one_row(u64::from(reaches(within, directory.owner)))?;
        Ok(self.execute(DELETE, &[directory.id.into(), user.into()]).await? > 0)
    }

    /// Deletes at most `limit` of accounts that nobody failed to sign in to
    /// since `before`, and says how many. `Stale` within anything but the
    /// platform.
    pub async fn delete_forgotten_lockouts(
        &mut self,
        within: Within,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[before.into(), limit.into()]).await
    }
}

const SWEEP: Sql = sql!(
    postgres: "DELETE FROM lockouts WHERE ctid = ANY(ARRAY(
                   SELECT ctid FROM lockouts WHERE last_failed_at <= $1 ORDER BY last_failed_at LIMIT $2))",
    sqlite: "DELETE FROM lockouts WHERE rowid IN (
                   SELECT rowid FROM lockouts WHERE last_failed_at <= $1 ORDER BY last_failed_at LIMIT $2)",
);

fn read(row: &Row<'_>) -> Result<Lockout> {
    Ok(Lockout {
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        failures: row.get("failures")?,
        last_failed_at: row.get("last_failed_at")?,
        locked_until: row.get("locked_until")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn the_sweep_seeks() {
        assert_seeks(SWEEP).await;
    }
}
