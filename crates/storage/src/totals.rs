//! How many of a noun a directory has, and how many users each of its groups:
//! counted in the transactions that add and take away, and counting it anew.

use appkeep_domain::{Directory, DirectoryId, Within};

use crate::directories::{directory_columns, read_directory};
use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// What a directory has, as it is kept and as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryTotals {
    pub directory: Directory,
    pub users: Total,
    pub groups: Total,
    /// How many groups have another number of members than is kept of them.
    pub miscounted_groups: u64,
}

impl DirectoryTotals {
    pub const fn are_right(&self) -> bool {
        self.users.is_right() && self.groups.is_right() && self.miscounted_groups == 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    pub kept: i64,
    pub counted: i64,
}

impl Total {
    pub const fn is_right(&self) -> bool {
        self.kept == self.counted
    }
}

/// Totals and rows are seen in one statement, and so as of one moment.
const TOTALS: Sql = sql!(concat!(
    "SELECT ",
    directory_columns!(),
    ", (SELECT CAST(coalesce(sum(t.total), 0) AS BIGINT) FROM totals t
        WHERE t.directory_id = d.id AND t.noun = 'user') AS users_kept,
    (SELECT count(*) FROM users u WHERE u.directory_id = d.id) AS users_counted,
    (SELECT CAST(coalesce(sum(t.total), 0) AS BIGINT) FROM totals t
        WHERE t.directory_id = d.id AND t.noun = 'group') AS groups_kept,
    (SELECT count(*) FROM groups g WHERE g.directory_id = d.id) AS groups_counted,
    (SELECT count(*) FROM groups g WHERE g.directory_id = d.id AND (
        (SELECT coalesce(sum(h.members), 0) FROM headcounts h
            WHERE h.directory_id = g.directory_id AND h.group_id = g.id)
        <> (SELECT count(*) FROM members m WHERE m.directory_id = g.directory_id AND m.group_id = g.id)
        OR (SELECT coalesce(sum(h.elsewhere), 0) FROM headcounts h
            WHERE h.directory_id = g.directory_id AND h.group_id = g.id)
        <> (SELECT count(*) FROM members m
            WHERE m.directory_id = g.directory_id AND m.group_id = g.id AND m.elsewhere))
    ) AS groups_miscounted
    FROM directories d WHERE d.id > $1 ORDER BY d.id LIMIT $2"
));

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noun {
    User,
    Group,
}

impl Noun {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }
}

impl ReadTx {
    /// How many users the directory has; none when it is not within the boundary.
    pub async fn count_users(&mut self, within: Within, directory: &Directory) -> Result<i64> {
        self.count(within, directory, Noun::User).await
    }

    /// How many groups the directory has; none when it is not within the boundary.
    pub async fn count_groups(&mut self, within: Within, directory: &Directory) -> Result<i64> {
        self.count(within, directory, Noun::Group).await
    }

    /// The totals of everybody's directories after one, at most `limit`; none
    /// when there are no more. Only the platform may ask.
    pub async fn directory_totals(
        &mut self,
        within: Within,
        after: Option<DirectoryId>,
        limit: u32,
    ) -> Result<Vec<DirectoryTotals>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        // No id is zero.
        let after = after.unwrap_or(DirectoryId::from_bytes([0; 16]));
        self.fetch_all(TOTALS, &[after.into(), limit.into()], read).await
    }

    async fn count(&mut self, within: Within, directory: &Directory, noun: Noun) -> Result<i64> {
        const SUM: Sql = sql!(
            "SELECT CAST(coalesce(sum(total), 0) AS BIGINT) AS total FROM totals
            WHERE directory_id = $1 AND noun = $2"
        );
        if !reaches(within, directory.owner) {
            return Ok(0);
        }
        let values = [directory.id.into(), noun.as_str().into()];
        Ok(self.fetch_optional(SUM, &values, |row| row.get("total")).await?.unwrap_or_default())
    }
}

impl WriteTx {
    /// Keeps what is counted now. `Stale` when the directory is not there, or
    /// not within the boundary.
    pub async fn recount_directory(&mut self, within: Within, directory: &Directory) -> Result<()> {
        const FORGET: Sql = sql!("DELETE FROM totals WHERE directory_id = $1");
        const USERS: Sql = sql!(
            "INSERT INTO totals (directory_id, noun, part, total)
            SELECT d.id, 'user', 0, (SELECT count(*) FROM users u WHERE u.directory_id = d.id)
            FROM directories d WHERE d.id = $1"
        );
        const GROUPS: Sql = sql!(
            "INSERT INTO totals (directory_id, noun, part, total)
            SELECT d.id, 'group', 0, (SELECT count(*) FROM groups g WHERE g.directory_id = d.id)
            FROM directories d WHERE d.id = $1"
        );
        const FORGET_MEMBERS: Sql = sql!("DELETE FROM headcounts WHERE directory_id = $1");
        const MEMBERS: Sql = sql!(
            "INSERT INTO headcounts (directory_id, group_id, part, members, elsewhere)
            SELECT g.directory_id, g.id, 0,
                (SELECT count(*) FROM members m WHERE m.directory_id = g.directory_id AND m.group_id = g.id),
                (SELECT count(*) FROM members m
                    WHERE m.directory_id = g.directory_id AND m.group_id = g.id AND m.elsewhere)
            FROM groups g WHERE g.directory_id = $1"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        self.execute(FORGET, &[directory.id.into()]).await?;
        for sql in [USERS, GROUPS] {
            one_row(self.execute(sql, &[directory.id.into()]).await?)?;
        }
        for sql in [FORGET_MEMBERS, MEMBERS] {
            self.execute(sql, &[directory.id.into()]).await?;
        }
        Ok(())
    }

    /// Counts one that came, or with -1 one that went. Which part it is counted
    /// in, its id says.
    pub(crate) async fn count_one(
        &mut self,
        directory: DirectoryId,
        noun: Noun,
        id: [u8; 16],
        step: i64,
    ) -> Result<()> {
        /// Part of the key of what is kept, and so never changed.
        const PARTS: u8 = 16;
        const COUNT: Sql = sql!(
            "INSERT INTO totals (directory_id, noun, part, total) VALUES ($1, $2, $3, $4)
            ON CONFLICT (directory_id, noun, part) DO UPDATE SET total = totals.total + excluded.total"
        );
        let part = i64::from(id[15] % PARTS);
        let values = [directory.into(), noun.as_str().into(), part.into(), step.into()];
        self.execute(COUNT, &values).await.map(drop)
    }
}

fn read(row: &Row<'_>) -> Result<DirectoryTotals> {
    Ok(DirectoryTotals {
        directory: read_directory(row)?,
        users: Total { kept: row.get("users_kept")?, counted: row.get("users_counted")? },
        groups: Total { kept: row.get("groups_kept")?, counted: row.get("groups_counted")? },
        miscounted_groups: row.get::<i64>("groups_miscounted")?.unsigned_abs(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn totals_are_sought() {
        assert_seeks(TOTALS).await;
    }
}
