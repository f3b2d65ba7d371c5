//! Totals that are kept beside the rows they count, and counting those anew.

use appkeep_domain::{ApplicationId, AuditEntryId, Owner, Within};

use crate::error::{Result, one_row};
use crate::owners::{owner_key, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// How many entries tell of an application, as it is kept and as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditTotal {
    pub owner: Owner,
    pub application: ApplicationId,
    pub kept: i64,
    pub counted: i64,
}

/// How long a chain says it is, and whether its links say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditChainEnd {
    pub owner: Owner,
    pub count: u64,
    /// Whether the last link is there and has the hash of the chain's end, and
    /// none comes after it.
    pub is_last: bool,
}

/// Total and rows are seen in one statement, and so as of one moment.
const AUDIT_TOTALS: Sql = sql!(
    "SELECT a.owner, a.owner_level, a.id,
            (SELECT CAST(coalesce(sum(t.total), 0) AS BIGINT) FROM audit_totals t
                WHERE t.application_id = a.id) AS audit_total,
            (SELECT count(*) FROM audit_entries e WHERE e.owner = a.owner AND e.application_id = a.id) AS counted
     FROM applications a WHERE (a.owner, a.id) > ($1, $2) ORDER BY a.owner, a.id LIMIT $3"
);

const RECOUNT: Sql = sql!(
    "INSERT INTO audit_totals (application_id, part, total)
     SELECT a.id, 0,
         (SELECT count(*) FROM audit_entries e WHERE e.owner = a.owner AND e.application_id = a.id)
     FROM applications a WHERE a.owner = $1 AND a.id = $2"
);

const CHAIN_ENDS: Sql = sql!(
    "SELECT c.owner, c.owner_level, c.count,
            EXISTS (SELECT 1 FROM audit_seals s WHERE s.owner = c.owner AND s.seq = c.count AND s.hash = c.hash)
            AND NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.owner = c.owner AND s.seq > c.count) AS is_last
     FROM audit_chains c WHERE c.owner > $1 ORDER BY c.owner LIMIT $2"
);

const COUNT_LINKS: Sql =
    sql!("SELECT count(*) AS links FROM audit_seals WHERE owner = $1 AND seq > $2 AND seq <= $3");

impl ReadTx {
    /// The totals of everybody's applications after one, at most `limit`; none
    /// when there are no more. Only the platform may ask.
    pub async fn audit_totals(
        &mut self,
        within: Within,
        after: Option<AuditTotal>,
        limit: u32,
    ) -> Result<Vec<AuditTotal>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        // No id is zero.
        let owner = after.map_or([0; 16], |after| owner_key(after.owner));
        let id = after.map_or(ApplicationId::from_bytes([0; 16]), |after| after.application);
        self.fetch_all(AUDIT_TOTALS, &[owner.into(), id.into(), limit.into()], read_total).await
    }

    /// The ends of all chains after this owner's, at most `limit`. Only the
    /// platform may ask.
    pub async fn audit_chain_ends(
        &mut self,
        within: Within,
        after: Option<Owner>,
        limit: u32,
    ) -> Result<Vec<AuditChainEnd>> {
        if within != Within::Platform {
            return Ok(Vec::new());
        }
        // Every owner is greater than no bytes.
        let after = after.map_or(Vec::new(), |owner| owner_key(owner).to_vec());
        self.fetch_all(CHAIN_ENDS, &[after.into(), limit.into()], read_chain_end).await
    }

    /// How many links of a chain have a number after `after` and up to `last`;
    /// none when the owner is not within the boundary.
    pub async fn count_audit_links(
        &mut self,
        within: Within,
        owner: Owner,
        (after, last): (u64, u64),
    ) -> Result<u64> {
        if !reaches(within, owner) {
            return Ok(0);
        }
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let values = [owner_key(owner).into(), number(after).into(), number(last).into()];
        let counted = self.fetch_optional(COUNT_LINKS, &values, |row| row.get("links")).await?;
        Ok(counted.map_or(0, i64::unsigned_abs))
    }
}

impl WriteTx {
    /// Keeps what is counted now. `Stale` when there is no such application, or
    /// its owner is not within the boundary.
    pub async fn recount_audit_total(
        &mut self,
        within: Within,
        owner: Owner,
        application: ApplicationId,
    ) -> Result<()> {
        one_row(u64::from(reaches(within, owner)))?;
        self.delete_audit_total(application).await?;
        one_row(self.execute(RECOUNT, &[owner_key(owner).into(), application.into()]).await?)
    }

    /// Counts an entry that tells of the application, if that is there. Which
    /// part it is counted in, its id says.
    pub(crate) async fn count_audit_entry(
        &mut self,
        owner: Owner,
        application: ApplicationId,
        entry: AuditEntryId,
    ) -> Result<()> {
        /// Part of the key of what is kept, and so never changed.
        const PARTS: u8 = 64;
        const COUNT: Sql = sql!(
            "INSERT INTO audit_totals (application_id, part, total)
            SELECT a.id, $3, 1 FROM applications a WHERE a.owner = $1 AND a.id = $2
            ON CONFLICT (application_id, part) DO UPDATE SET total = audit_totals.total + 1"
        );
        let part = i64::from(entry.as_bytes()[15] % PARTS);
        let values = [owner_key(owner).into(), application.into(), part.into()];
        self.execute(COUNT, &values).await.map(drop)
    }

    pub(crate) async fn delete_audit_total(&mut self, application: ApplicationId) -> Result<()> {
        const DELETE: Sql = sql!("DELETE FROM audit_totals WHERE application_id = $1");
        self.execute(DELETE, &[application.into()]).await.map(drop)
    }
}

fn read_total(row: &Row<'_>) -> Result<AuditTotal> {
    Ok(AuditTotal {
        owner: read_owner(row)?,
        application: row.get("id")?,
        kept: row.get("audit_total")?,
        counted: row.get("counted")?,
    })
}

fn read_chain_end(row: &Row<'_>) -> Result<AuditChainEnd> {
    Ok(AuditChainEnd {
        owner: read_owner(row)?,
        count: row.get::<i64>("count")?.unsigned_abs(),
        is_last: row.get("is_last")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn totals_are_sought() {
        for sql in [AUDIT_TOTALS, CHAIN_ENDS, COUNT_LINKS] {
            assert_seeks(sql).await;
        }
    }
}
