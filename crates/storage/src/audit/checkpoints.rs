//! Signed statements of where a chain ended at a moment.

use appkeep_domain::{Lifetime, Owner, Timestamp, Within};

use crate::audit::chain::{AuditChain, number, read_chain};
use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::store::Store;
use crate::tx::{ReadTx, WriteTx};

/// A signed statement of where a chain ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheckpoint {
    /// The number of the last entry that it covers.
    pub seq: u64,
    pub signed_at: Timestamp,
    pub jws: String,
}

/// How many checkpoints of a time long past are kept.
#[derive(Debug, Clone, Copy)]
enum Grade {
    /// Gone after an hour.
    Minute,
    /// The first of an hour; gone after a week.
    Hour,
    /// The first of a day; kept.
    Day,
}

impl Grade {
    const KEPT_FOR: [(Self, Lifetime); 2] =
        [(Self::Minute, Lifetime::from_hours(1)), (Self::Hour, Lifetime::from_days(7))];

    const fn of(before: Timestamp, now: Timestamp) -> Self {
        const HOUR: i64 = 3_600;
        const DAY: i64 = 24 * HOUR;
        let (before, now) = (before.as_seconds(), now.as_seconds());
        if before.div_euclid(DAY) != now.div_euclid(DAY) {
            Self::Day
        } else if before.div_euclid(HOUR) != now.div_euclid(HOUR) {
            Self::Hour
        } else {
            Self::Minute
        }
    }
}

const UNSIGNED: Sql = sql!(
    "SELECT owner, owner_level, count, hash, checkpoint, checkpoint_at FROM audit_chains
    WHERE count > checkpoint AND checkpoint_at <= $1 AND (owner = $2 OR $2 IS NULL)
    ORDER BY checkpoint_at, owner LIMIT $3"
);

impl ReadTx {
    /// Chains that have grown since their last checkpoint, where that is from
    /// `until` or before; those that wait longest first.
    pub async fn unsigned_audit_chains(
        &mut self,
        within: Within,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<AuditChain>> {
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_all(UNSIGNED, &[until.into(), owner.into(), limit.into()], read_chain).await
    }

    /// The checkpoints after number `after` up to number `last`, in order.
    pub async fn audit_checkpoints(
        &mut self,
        within: Within,
        owner: Owner,
        (after, last): (u64, u64),
        limit: u32,
    ) -> Result<Vec<AuditCheckpoint>> {
        const LIST: Sql = sql!(
            "SELECT seq, signed_at, jws FROM audit_checkpoints
            WHERE owner = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4"
        );
        if !reaches(within, owner) {
            return Ok(Vec::new());
        }
        let values = [owner_key(owner).into(), number(after).into(), number(last).into(), limit.into()];
        self.fetch_all(LIST, &values, read_checkpoint).await
    }
}

impl WriteTx {
    /// Keeps what was signed of the chain as it was read; `Stale` when somebody
    /// else has signed it since, or the owner is not within the boundary.
    pub async fn insert_audit_checkpoint(
        &mut self,
        within: Within,
        chain: &AuditChain,
        checkpoint: &AuditCheckpoint,
    ) -> Result<()> {
        const NOTE: Sql = sql!(
            "UPDATE audit_chains SET checkpoint = $2, checkpoint_at = $3 WHERE owner = $1 AND checkpoint = $4"
        );
        const INSERT: Sql = sql!(
            "INSERT INTO audit_checkpoints (owner, seq, signed_at, grade, jws) VALUES ($1, $2, $3, $4, $5)"
        );
        one_row(u64::from(reaches(within, chain.owner)))?;
        let owner = owner_key(chain.owner);
        let (seq, signed_at) = (number(checkpoint.seq), checkpoint.signed_at);
        let noted = [owner.into(), seq.into(), signed_at.into(), number(chain.checkpoint).into()];
        one_row(self.execute(NOTE, &noted).await?)?;
        let grade = Grade::of(chain.checkpoint_at, signed_at) as i64;
        let values = [owner.into(), seq.into(), signed_at.into(), grade.into(), (&checkpoint.jws).into()];
        self.execute(INSERT, &values).await.map(drop)
    }
}

impl Store {
    /// Thins out what is old: of an hour ago one an hour is kept, of a week
    /// ago one a day, and the last of each chain. Says how many went.
    pub async fn thin_audit_checkpoints(&self, now: Timestamp) -> Result<u64> {
        let mut removed = 0;
        for (grade, kept_for) in Grade::KEPT_FOR {
            let before = now.minus(kept_for);
            loop {
                let batch = async move |tx: &mut WriteTx| {
                    tx.execute(THIN, &[(grade as i64).into(), before.into(), BATCH.into()]).await
                };
                let count: u64 = self.write(batch).await?;
                removed += count;
                if count < u64::from(BATCH) {
                    break;
                }
            }
        }
        Ok(removed)
    }
}

const BATCH: u32 = 500;

const THIN: Sql = sql!(
    "DELETE FROM audit_checkpoints WHERE (owner, seq) IN (
        SELECT p.owner, p.seq FROM audit_checkpoints p WHERE p.grade = $1 AND p.signed_at < $2
            AND NOT EXISTS (SELECT 1 FROM audit_chains c WHERE c.owner = p.owner AND c.checkpoint = p.seq)
        ORDER BY p.signed_at LIMIT $3)"
);

fn read_checkpoint(row: &Row<'_>) -> Result<AuditCheckpoint> {
    Ok(AuditCheckpoint {
        seq: row.get::<i64>("seq")?.unsigned_abs(),
        signed_at: row.get("signed_at")?,
        jws: row.get("jws")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_day_and_of_an_hour_are_kept_longer() {
        let at = |text: &str| Timestamp::parse(text).expect("is a moment");
        for (before, now, grade) in [
            ("1970-01-01T00:00:00Z", "2026-05-20T10:00:00Z", 2),
            ("2026-05-20T10:00:00Z", "2026-05-20T10:59:59Z", 0),
            ("2026-05-20T10:59:59Z", "2026-05-20T11:00:00Z", 1),
            ("2026-05-20T23:59:59Z", "2026-05-21T00:00:00Z", 2),
        ] {
            assert_eq!(Grade::of(at(before), at(now)) as i64, grade, "{before} {now}");
        }
    }
}
