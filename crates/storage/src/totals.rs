//! How many of a noun a directory has, counted in the transactions that add
//! and take away.

use appkeep_domain::{Directory, DirectoryId, Within};

use crate::error::Result;
use crate::owners::reaches;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noun {
    User,
    Group,
}

impl Noun {
    const fn as_str(self) -> &'static str {
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
