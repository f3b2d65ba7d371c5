//! How many sessions each application ever had, counted in the transactions
//! that begin and remove them, and counting those that are there anew.

use appkeep_domain::{ApplicationId, Owner, SessionId, Within};

use crate::error::{Result, one_row};
use crate::owners::{owner_key, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::totals::Total;
use crate::tx::{ReadTx, WriteTx};

/// How many sessions of an application are there, as it is kept and as it is.
/// Of those that were swept, nothing is there to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTotal {
    pub owner: Owner,
    pub application: ApplicationId,
    pub sessions: Total,
}

/// Totals and rows are seen in one statement, and so as of one moment.
const TOTALS: Sql = sql!(
    "SELECT a.owner, a.owner_level, a.id,
            (SELECT CAST(coalesce(sum(t.kept), 0) AS BIGINT) FROM session_totals t
                WHERE t.application_id = a.id) AS kept,
            (SELECT count(*) FROM sessions s WHERE s.owner = a.owner AND s.application_id = a.id) AS counted
     FROM applications a WHERE (a.owner, a.id) > ($1, $2) ORDER BY a.owner, a.id LIMIT $3"
);

impl ReadTx {
    /// The totals of everybody's applications after one, at most `limit`; none
    /// when there are no more. Only the platform may ask.
    pub async fn session_totals(
        &mut self,
        within: Within,
        after: Option<SessionTotal>,
        limit: u32,
    ) -> Result<Vec<SessionTotal>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        // No id is zero.
        let owner = after.map_or([0; 16], |after| owner_key(after.owner));
        let id = after.map_or(ApplicationId::from_bytes([0; 16]), |after| after.application);
        self.fetch_all(TOTALS, &[owner.into(), id.into(), limit.into()], read).await
    }
}

impl WriteTx {
    /// Keeps what is counted now. `Stale` when there is no such application, or
    /// its owner is not within the boundary.
    pub async fn recount_sessions(
        &mut self,
        within: Within,
        owner: Owner,
        application: ApplicationId,
    ) -> Result<()> {
        const FORGET: Sql = sql!("UPDATE session_totals SET kept = 0 WHERE application_id = $1");
        const COUNT: Sql = sql!(
            "INSERT INTO session_totals (application_id, part, kept, swept)
            SELECT a.id, 0,
                (SELECT count(*) FROM sessions s WHERE s.owner = a.owner AND s.application_id = a.id), 0
            FROM applications a WHERE a.owner = $1 AND a.id = $2
            ON CONFLICT (application_id, part) DO UPDATE SET kept = excluded.kept"
        );
        one_row(u64::from(reaches(within, owner)))?;
        self.execute(FORGET, &[application.into()]).await?;
        one_row(self.execute(COUNT, &[owner_key(owner).into(), application.into()]).await?)
    }

    /// Counts one that begins. Which part it is counted in, its id says.
    pub(crate) async fn count_session(&mut self, application: ApplicationId, id: SessionId) -> Result<()> {
        const PARTS: u8 = 64;
        const COUNT: Sql = sql!(
            "INSERT INTO session_totals (application_id, part, kept, swept) VALUES ($1, $2, 1, 0)
            ON CONFLICT (application_id, part) DO UPDATE SET kept = session_totals.kept + 1"
        );
        let part = i64::from(id.as_bytes()[15] % PARTS);
        self.execute(COUNT, &[application.into(), part.into()]).await.map(drop)
    }
}

fn read(row: &Row<'_>) -> Result<SessionTotal> {
    Ok(SessionTotal {
        owner: read_owner(row)?,
        application: row.get("id")?,
        sessions: Total { kept: row.get("kept")?, counted: row.get("counted")? },
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
