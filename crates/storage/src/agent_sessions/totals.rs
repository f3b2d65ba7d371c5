//! How many sessions agents of each application ever had, counted in the
//! transactions that begin them, and counting those that are there anew.

use appkeep_domain::{ApplicationId, Owner, Within};

use crate::error::{Result, one_row};
use crate::owners::{owner_key, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// How many there ever were, as it is kept, and how many of them are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentSessionTotal {
    pub owner: Owner,
    pub application: ApplicationId,
    pub begun: i64,
    pub present: i64,
}

impl AgentSessionTotal {
    /// Of those that were swept, nothing is there to be counted.
    pub const fn is_right(&self) -> bool {
        self.begun >= self.present
    }
}

/// Totals and rows are seen in one statement, and so as of one moment.
const TOTALS: Sql = sql!(
    "SELECT a.owner, a.owner_level, a.id,
            (SELECT CAST(coalesce(sum(t.begun), 0) AS BIGINT) FROM agent_session_totals t
                WHERE t.application_id = a.id) AS begun,
            (SELECT count(*) FROM agent_sessions s WHERE s.application_id = a.id) AS present
     FROM applications a WHERE (a.owner, a.id) > ($1, $2) ORDER BY a.owner, a.id LIMIT $3"
);

impl ReadTx {
    /// The totals of everybody's applications after one, at most `limit`; none
    /// when there are no more. Only the platform may ask.
    pub async fn agent_session_totals(
        &mut self,
        within: Within,
        after: Option<AgentSessionTotal>,
        limit: u32,
    ) -> Result<Vec<AgentSessionTotal>> {
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
    pub async fn recount_agent_sessions(
        &mut self,
        within: Within,
        owner: Owner,
        application: ApplicationId,
    ) -> Result<()> {
        const FORGET: Sql = sql!("UPDATE agent_session_totals SET begun = 0 WHERE application_id = $1");
        const COUNT: Sql = sql!(
            "INSERT INTO agent_session_totals (application_id, part, begun)
            SELECT a.id, 0, (SELECT count(*) FROM agent_sessions s WHERE s.application_id = a.id)
            FROM applications a WHERE a.owner = $1 AND a.id = $2
            ON CONFLICT (application_id, part) DO UPDATE SET begun = excluded.begun"
        );
        one_row(u64::from(reaches(within, owner)))?;
        self.execute(FORGET, &[application.into()]).await?;
        one_row(self.execute(COUNT, &[owner_key(owner).into(), application.into()]).await?)
    }
}

fn read(row: &Row<'_>) -> Result<AgentSessionTotal> {
    Ok(AgentSessionTotal {
        owner: read_owner(row)?,
        application: row.get("id")?,
        begun: row.get("begun")?,
        present: row.get("present")?,
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
