//! How many applications each owner has, counted in the transactions that
//! register and delete them, and counting them anew.

use appkeep_domain::{Application, Owner, Within};

use crate::error::{Result, one_row};
use crate::owners::{owner_key, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::totals::Total;
use crate::tx::{ReadTx, WriteTx};

/// How many applications an owner has, archived ones too, as it is kept and as
/// it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplicationTotal {
    pub owner: Owner,
    pub applications: Total,
}

/// Totals and rows are seen in one statement, and so as of one moment.
const TOTALS: Sql = sql!(
    "SELECT o.owner,
            CASE WHEN o.owner = $3 THEN 0 WHEN EXISTS (SELECT 1 FROM partners p WHERE p.id = o.owner) THEN 1
                ELSE 2 END AS owner_level,
            (SELECT CAST(coalesce(sum(t.total), 0) AS BIGINT) FROM application_totals t
                WHERE t.owner = o.owner) AS kept,
            (SELECT count(*) FROM applications c WHERE c.owner = o.owner) AS counted
     FROM (SELECT a.owner FROM applications a WHERE a.owner > $1
           UNION SELECT k.owner FROM application_totals k WHERE k.owner > $1) o
     ORDER BY o.owner LIMIT $2"
);

const ARCHIVED: Sql =
    sql!("SELECT count(*) AS archived FROM applications WHERE owner = $1 AND archived = $2");

impl ReadTx {
    /// How many the owner has; none when it is not within the boundary.
    pub async fn application_total(&mut self, within: Within, owner: Owner) -> Result<i64> {
        const SUM: Sql = sql!(
            "SELECT CAST(coalesce(sum(total), 0) AS BIGINT) AS total FROM application_totals WHERE owner = $1"
        );
        if !reaches(within, owner) {
            return Ok(0);
        }
        let found = self.fetch_optional(SUM, &[owner_key(owner).into()], |row| row.get("total")).await?;
        Ok(found.unwrap_or_default())
    }

    /// How many of them are archived; none when the owner is not within the
    /// boundary. They are counted one by one, along an index.
    pub async fn archived_applications(&mut self, within: Within, owner: Owner) -> Result<i64> {
        if !reaches(within, owner) {
            return Ok(0);
        }
        let values = [owner_key(owner).into(), true.into()];
        let found = self.fetch_optional(ARCHIVED, &values, |row| row.get("archived")).await?;
        Ok(found.unwrap_or_default())
    }

    /// The totals of everybody after one, at most `limit`; none when there are
    /// no more. Only the platform may ask.
    pub async fn application_totals(
        &mut self,
        within: Within,
        after: Option<Owner>,
        limit: u32,
    ) -> Result<Vec<ApplicationTotal>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        // Every owner is greater than no bytes.
        let after = after.map_or(Vec::new(), |owner| owner_key(owner).to_vec());
        let values = [after.into(), limit.into(), owner_key(Owner::Global).into()];
        self.fetch_all(TOTALS, &values, read).await
    }
}

impl WriteTx {
    /// Keeps what is counted now. `Stale` when the owner is not within the
    /// boundary.
    pub async fn recount_applications(&mut self, within: Within, owner: Owner) -> Result<()> {
        const FORGET: Sql = sql!("DELETE FROM application_totals WHERE owner = $1");
        const COUNT: Sql = sql!(
            "INSERT INTO application_totals (owner, part, total)
            VALUES ($1, 0, (SELECT count(*) FROM applications a WHERE a.owner = $1))"
        );
        one_row(u64::from(reaches(within, owner)))?;
        for sql in [FORGET, COUNT] {
            self.execute(sql, &[owner_key(owner).into()]).await?;
        }
        Ok(())
    }

    /// Counts one that came, or with -1 one that went. Which part it is counted
    /// in, its id says.
    pub(crate) async fn count_application(&mut self, application: &Application, step: i64) -> Result<()> {
        /// Part of the key of what is kept, and so never changed.
        const PARTS: u8 = 16;
        const COUNT: Sql = sql!(
            "INSERT INTO application_totals (owner, part, total) VALUES ($1, $2, $3)
            ON CONFLICT (owner, part) DO UPDATE SET total = application_totals.total + excluded.total"
        );
        let part = i64::from(application.id.as_bytes()[15] % PARTS);
        let values = [owner_key(application.owner).into(), part.into(), step.into()];
        self.execute(COUNT, &values).await.map(drop)
    }
}

fn read(row: &Row<'_>) -> Result<ApplicationTotal> {
    let applications = Total { kept: row.get("kept")?, counted: row.get("counted")? };
    Ok(ApplicationTotal { owner: read_owner(row)?, applications })
}
