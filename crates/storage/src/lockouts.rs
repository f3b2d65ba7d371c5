//! Lockouts: failures of accounts, of names that nobody has, and of addresses.

use appkeep_domain::{Directory, Failing, Lockout, LockoutId, Network, Timestamp, UserId, Within};

use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// Part of the list of a directory's addresses, in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockoutPage {
    pub lockouts: Vec<(LockoutId, Lockout)>,
    /// Where the next page begins: after this one. `None` at the end.
    pub next: Option<LockoutId>,
}

const ONE: Sql = sql!(
    "SELECT directory_id, kind, subject, failures, counted_since, last_failed_at, locked_until FROM lockouts
    WHERE directory_id = $1 AND kind = $2 AND subject = $3"
);

const LIST: Sql = sql!(
    "SELECT directory_id, kind, subject, failures, counted_since, last_failed_at, locked_until FROM lockouts
    WHERE directory_id = $1 AND kind = 'address' AND subject > $2
        AND locked_until IS NOT NULL AND last_failed_at > $3
    ORDER BY subject LIMIT $4"
);

impl ReadTx {
    /// None when nothing failed, or the directory is not within the boundary.
    pub async fn lockout(
        &mut self,
        within: Within,
        directory: &Directory,
        whose: Failing,
    ) -> Result<Option<Lockout>> {
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        let (kind, subject) = columns(whose);
        self.fetch_optional(ONE, &[directory.id.into(), kind.into(), subject.into()], read).await
    }

    /// The addresses that were ever let alone for failures of which some were
    /// after `since`; none when the directory is not within the boundary.
    pub async fn locked_addresses(
        &mut self,
        within: Within,
        directory: &Directory,
        since: Timestamp,
        seek: Seek<LockoutId>,
    ) -> Result<LockoutPage> {
        if !reaches(within, directory.owner) {
            return Ok(LockoutPage::default());
        }
        let after = seek.after.map_or([0; 16], |id| id.as_bytes());
        let values = [directory.id.into(), after.into(), since.into(), one_more(seek.limit).into()];
        let found = self.fetch_all(LIST, &values, |row| Ok((row.get("subject")?, read(row)?))).await?;
        let (lockouts, next) = page_of(found, seek.limit, |(id, _)| *id);
        Ok(LockoutPage { lockouts, next })
    }
}

impl WriteTx {
    /// In place of the one before, if there was one. `Stale` when the account or
    /// the directory is not there, or the directory is not within the boundary.
    pub async fn put_lockout(
        &mut self,
        within: Within,
        directory: &Directory,
        lockout: &Lockout,
    ) -> Result<()> {
        one_row(u64::from(reaches(within, directory.owner) && lockout.directory == directory.id))?;
        let (kind, subject) = columns(lockout.whose);
        let sql = match lockout.whose {
            Failing::Account(_) => PUT_ACCOUNT,
            Failing::Name(_) | Failing::Address(_) => PUT_OTHER,
        };
        let values = [
            lockout.directory.into(),
            kind.into(),
            subject.into(),
            lockout.failures.into(),
            lockout.counted_since.into(),
            lockout.last_failed_at.into(),
            lockout.locked_until.into(),
        ];
        one_row(self.execute(sql, &values).await?)
    }

    /// Whether there was one. `Stale` when the directory is not within the
    /// boundary.
    pub async fn delete_lockout(
        &mut self,
        within: Within,
        directory: &Directory,
        whose: Failing,
    ) -> Result<bool> {
        const DELETE: Sql =
            sql!("DELETE FROM lockouts WHERE directory_id = $1 AND kind = $2 AND subject = $3");
        one_row(u64::from(reaches(within, directory.owner)))?;
        let (kind, subject) = columns(whose);
        Ok(self.execute(DELETE, &[directory.id.into(), kind.into(), subject.into()]).await? > 0)
    }

    /// Deletes at most `limit` of whom nobody failed as since `before`, and says
    /// how many. `Stale` within anything but the platform.
    pub async fn delete_forgotten_lockouts(
        &mut self,
        within: Within,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[before.into(), limit.into()]).await
    }

    /// Leaves a directory no more than `keep` names that nobody has, and as many
    /// addresses: deletes at most `limit` of the oldest of one directory that has
    /// more, and says how many. `Stale` within anything but the platform.
    pub async fn delete_excess_lockouts(&mut self, within: Within, keep: u32, limit: u32) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        let read = |row: &Row<'_>| -> Result<([u8; 16], String, i64)> {
            Ok((row.get("directory_id")?, row.get("kind")?, row.get("kept")?))
        };
        let Some((directory, kind, kept)) = self.fetch_optional(EXCESS, &[keep.into()], read).await? else {
            return Ok(0);
        };
        let excess = u32::try_from(kept).unwrap_or(u32::MAX).saturating_sub(keep).min(limit);
        self.execute(DELETE_OLDEST, &[directory.into(), kind.into(), excess.into()]).await
    }
}

const PUT_ACCOUNT: Sql = sql!(
    "INSERT INTO lockouts (directory_id, kind, subject, failures, counted_since, last_failed_at, locked_until)
    SELECT u.directory_id, $2, u.id, $4, $5, $6, $7 FROM users u WHERE u.directory_id = $1 AND u.id = $3
    ON CONFLICT (directory_id, kind, subject) DO UPDATE SET failures = excluded.failures,
        counted_since = excluded.counted_since, last_failed_at = excluded.last_failed_at,
        locked_until = excluded.locked_until"
);

const PUT_OTHER: Sql = sql!(
    "INSERT INTO lockouts (directory_id, kind, subject, failures, counted_since, last_failed_at, locked_until)
    SELECT d.id, $2, $3, $4, $5, $6, $7 FROM directories d WHERE d.id = $1
    ON CONFLICT (directory_id, kind, subject) DO UPDATE SET failures = excluded.failures,
        counted_since = excluded.counted_since, last_failed_at = excluded.last_failed_at,
        locked_until = excluded.locked_until"
);

const SWEEP: Sql = sql!(
    postgres: "DELETE FROM lockouts WHERE ctid = ANY(ARRAY(
                   SELECT ctid FROM lockouts WHERE last_failed_at <= $1 ORDER BY last_failed_at LIMIT $2))",
    sqlite: "DELETE FROM lockouts WHERE rowid IN (
                   SELECT rowid FROM lockouts WHERE last_failed_at <= $1 ORDER BY last_failed_at LIMIT $2)",
);

/// Of one at a time. It counts all that is bounded, and that is what bounds it.
const EXCESS: Sql = sql!(
    "SELECT directory_id, kind, count(*) AS kept FROM lockouts WHERE kind <> 'account'
    GROUP BY directory_id, kind HAVING count(*) > $1 LIMIT 1"
);

const DELETE_OLDEST: Sql = sql!(
    postgres: "DELETE FROM lockouts WHERE ctid = ANY(ARRAY(
                   SELECT ctid FROM lockouts
                   WHERE directory_id = $1 AND kind = $2 AND kind <> 'account'
                   ORDER BY last_failed_at LIMIT $3))",
    sqlite: "DELETE FROM lockouts WHERE rowid IN (
                   SELECT rowid FROM lockouts
                   WHERE directory_id = $1 AND kind = $2 AND kind <> 'account'
                   ORDER BY last_failed_at LIMIT $3)",
);

const fn columns(whose: Failing) -> (&'static str, [u8; 16]) {
    match whose {
        Failing::Account(user) => ("account", user.as_bytes()),
        Failing::Name(tag) => ("name", tag),
        Failing::Address(network) => ("address", network.as_bytes()),
    }
}

fn read(row: &Row<'_>) -> Result<Lockout> {
    let subject: [u8; 16] = row.get("subject")?;
    let whose = |kind: &str| match kind {
        "account" => Ok(Failing::Account(UserId::from_bytes(subject))),
        "name" => Ok(Failing::Name(subject)),
        "address" => Ok(Failing::Address(Network::from_bytes(subject))),
        _ => Err("none of account, name, address"),
    };
    Ok(Lockout {
        directory: row.get("directory_id")?,
        whose: row.parse("kind", whose)?,
        failures: row.get("failures")?,
        counted_since: row.get("counted_since")?,
        last_failed_at: row.get("last_failed_at")?,
        locked_until: row.get("locked_until")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn lockouts_are_sought() {
        for sql in [ONE, LIST, SWEEP, DELETE_OLDEST] {
            assert_seeks(sql).await;
        }
    }
}
