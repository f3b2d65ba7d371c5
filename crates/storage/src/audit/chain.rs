//! The chains that audit entries are sealed in, one an owner: docs/audit.md.
//!
//! Whoever seals reads what is unsealed, computes the links from the chain's
//! end, and appends them only if that is still the end. So several may try at
//! once, and every entry gets one place.

use appkeep_domain::{AuditEntry, AuditEntryId, Owner, Timestamp, Within};

use crate::audit::{entry_columns, read_entry};
use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, owner_level, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::store::Store;
use crate::tx::{ReadTx, WriteTx};

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditChain {
    pub owner: Owner,
    /// How many entries it holds; the last one's number.
    pub count: u64,
    /// The hash of the last link; zeros before the first.
    pub hash: [u8; 32],
    /// Up to which entry it is signed, and since when.
    pub checkpoint: u64,
    pub checkpoint_at: Timestamp,
}

/// An entry's place in a chain: the one after its predecessor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditLink {
    pub entry: AuditEntryId,
    pub hash: [u8; 32],
}

/// An entry with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAuditEntry {
    pub entry: AuditEntry,
    pub seq: u64,
    pub hash: [u8; 32],
}

/// Any number, as long as nobody else uses it: of several nodes one seals.
const ADVISORY_LOCK: i64 = 0x6170_706b_6565_7002;

impl AuditChain {
    /// A chain without an entry.
    pub const fn empty(owner: Owner) -> Self {
        Self { owner, count: 0, hash: [0; 32], checkpoint: 0, checkpoint_at: Timestamp::from_micros(0) }
    }
}

/// The place of what `u` queues, asked for each row: as a join the databases
/// would at times read all that was ever sealed.
macro_rules! place {
    () => {
        "(SELECT s.seq FROM audit_seals s WHERE s.owner = u.owner AND s.id = u.id)"
    };
}

macro_rules! unsealed {
    ($entry:literal) => {
        concat!(
            "SELECT ",
            entry_columns!(),
            " FROM (SELECT u.id, u.owner FROM audit_unsealed u WHERE (u.owner = $1 OR $1 IS NULL) AND ",
            place!(),
            " IS NULL ORDER BY u.id, u.owner LIMIT $2) AS queued ",
            $entry,
            " ORDER BY queued.id, queued.owner"
        )
    };
}

pub(crate) const UNSEALED: Sql = sql!(
    // `LATERAL` is here for the same reason.
    postgres: unsealed!(
        "CROSS JOIN LATERAL (SELECT * FROM audit_entries WHERE owner = queued.owner AND id = queued.id LIMIT 1) AS e"
    ),
    sqlite: unsealed!("JOIN audit_entries e ON e.owner = queued.owner AND e.id = queued.id"),
);

macro_rules! sealed {
    ($entry:literal) => {
        concat!(
            "SELECT s.seq, s.hash, ",
            entry_columns!(),
            " FROM audit_seals s ",
            $entry,
            " WHERE s.owner = $1 AND s.seq > $2 AND s.seq <= $3 ORDER BY s.seq LIMIT $4"
        )
    };
}

const SEALED: Sql = sql!(
    postgres: sealed!(
        "CROSS JOIN LATERAL (SELECT * FROM audit_entries WHERE owner = s.owner AND id = s.id LIMIT 1) AS e"
    ),
    sqlite: sealed!("JOIN audit_entries e ON e.owner = s.owner AND e.id = s.id"),
);

const CHAINS: Sql = sql!(
    "SELECT owner, owner_level, count, hash, checkpoint, checkpoint_at FROM audit_chains
    WHERE owner > $1 AND (owner = $2 OR $2 IS NULL) ORDER BY owner LIMIT $3"
);

impl ReadTx {
    /// Entries that no chain holds yet, the oldest first. An entry whose
    /// transaction committed late appears late.
    pub async fn unsealed_audit_entries(&mut self, within: Within, limit: u32) -> Result<Vec<AuditEntry>> {
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_all(UNSEALED, &[owner.into(), limit.into()], read_entry).await
    }

    /// How many entries wait to be sealed, of at most `most`.
    pub async fn count_unsealed_audit_entries(&mut self, within: Within, most: u32) -> Result<u64> {
        const COUNT: Sql = sql!(concat!(
            "SELECT count(*) AS waiting FROM (
                SELECT 1 FROM audit_unsealed u WHERE (u.owner = $1 OR $1 IS NULL) AND ",
            place!(),
            " IS NULL LIMIT $2) AS unsealed"
        ));
        let owner = bounding_owner(within).map(owner_key);
        let counted =
            self.fetch_optional(COUNT, &[owner.into(), most.into()], |row| row.get("waiting")).await?;
        Ok(counted.map_or(0, i64::unsigned_abs))
    }

    /// The owner's chain; nothing while it holds no entry, or when the owner is
    /// not within the boundary.
    pub async fn audit_chain(&mut self, within: Within, owner: Owner) -> Result<Option<AuditChain>> {
        const CHAIN: Sql = sql!(
            "SELECT owner, owner_level, count, hash, checkpoint, checkpoint_at FROM audit_chains WHERE owner = $1"
        );
        if !reaches(within, owner) {
            return Ok(None);
        }
        self.fetch_optional(CHAIN, &[owner_key(owner).into()], read_chain).await
    }

    /// The chains after this owner's, by owner.
    pub async fn audit_chains(
        &mut self,
        within: Within,
        after: Option<Owner>,
        limit: u32,
    ) -> Result<Vec<AuditChain>> {
        // Every owner is greater than no bytes.
        let after = after.map_or(Vec::new(), |owner| owner_key(owner).to_vec());
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_all(CHAINS, &[after.into(), owner.into(), limit.into()], read_chain).await
    }

    /// Part of a chain: entries after number `after` up to number `last`, in
    /// order. An entry that somebody removed is not among them.
    pub async fn sealed_audit_entries(
        &mut self,
        within: Within,
        owner: Owner,
        (after, last): (u64, u64),
        limit: u32,
    ) -> Result<Vec<SealedAuditEntry>> {
        if !reaches(within, owner) {
            return Ok(Vec::new());
        }
        let values = [owner_key(owner).into(), number(after).into(), number(last).into(), limit.into()];
        self.fetch_all(SEALED, &values, read_sealed).await
    }
}

impl WriteTx {
    /// Whether this transaction may seal; another node's does when it may not.
    /// Asked first: it spares work that would be undone.
    pub async fn may_seal_audit(&mut self) -> Result<bool> {
        const TRY_LOCK: Sql = sql!(
            postgres: "SELECT pg_try_advisory_xact_lock($1) AS held",
            // Transactions that write are one after another there.
            sqlite: "SELECT $1 IS NOT NULL AS held",
        );
        let held = self.fetch_optional(TRY_LOCK, &[ADVISORY_LOCK.into()], |row| row.get("held")).await?;
        Ok(held == Some(true))
    }

    /// Appends to the chain as it was read; `Stale` when it has another end by
    /// now, or the owner is not within the boundary.
    pub async fn append_audit_links(
        &mut self,
        within: Within,
        chain: &AuditChain,
        links: &[AuditLink],
        now: Timestamp,
    ) -> Result<()> {
        const BEGIN: Sql = sql!(
            "INSERT INTO audit_chains (owner, owner_level, count, hash) VALUES ($1, $2, $3, $4)
            ON CONFLICT (owner) DO NOTHING"
        );
        const EXTEND: Sql = sql!(
            "UPDATE audit_chains SET count = $2, hash = $3 WHERE owner = $1 AND count = $4 AND hash = $5"
        );
        const LINK: Sql = sql!(
            postgres: "INSERT INTO audit_seals (owner, seq, id, hash, sealed_at)
                SELECT $1::bytea, $2::bigint + i, substring($3::bytea FROM i * 16 + 1 FOR 16),
                    substring($4::bytea FROM i * 32 + 1 FOR 32), $5::bigint
                FROM generate_series(0, $6::integer - 1) AS place (i)",
            sqlite: "WITH RECURSIVE place (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM place WHERE i + 1 < $6)
                INSERT INTO audit_seals (owner, seq, id, hash, sealed_at)
                SELECT $1, $2 + i, substr($3, i * 16 + 1, 16), substr($4, i * 32 + 1, 32), $5 FROM place",
        );
        let Some(last) = links.last() else { return Ok(()) };
        one_row(u64::from(reaches(within, chain.owner)))?;
        let owner = owner_key(chain.owner);
        let count = number(chain.count + links.len() as u64);
        let extended = if chain.count == 0 {
            let values = [owner.into(), owner_level(chain.owner).into(), count.into(), last.hash.into()];
            self.execute(BEGIN, &values).await?
        } else {
            let before = number(chain.count);
            let values = [owner.into(), count.into(), last.hash.into(), before.into(), chain.hash.into()];
            self.execute(EXTEND, &values).await?
        };
        one_row(extended)?;
        let ids: Vec<u8> = links.iter().flat_map(|link| link.entry.as_bytes()).collect();
        let hashes: Vec<u8> = links.iter().flat_map(|link| link.hash).collect();
        let (first, length) = (number(chain.count + 1), number(links.len() as u64));
        let values = [owner.into(), first.into(), ids.into(), hashes.into(), now.into(), length.into()];
        self.execute(LINK, &values).await.map(drop)
    }
}

impl Store {
    /// Takes what is sealed off the queue, and says how much that was. On
    /// PostgreSQL no serializable transaction: that would stand in the way of
    /// every write that has an entry. What a crash leaves in the queue is found
    /// sealed, and taken off the next time.
    pub async fn dequeue_sealed_audit_entries(&self, limit: u32) -> Result<u64> {
        self.execute_alone(DEQUEUE, vec![limit.into()]).await
    }
}

pub(crate) const DEQUEUE: Sql = sql!(concat!(
    "DELETE FROM audit_unsealed WHERE (id, owner) IN (
        SELECT u.id, u.owner FROM audit_unsealed u WHERE ",
    place!(),
    " IS NOT NULL ORDER BY u.id, u.owner LIMIT $1)"
));

pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn read_chain(row: &Row<'_>) -> Result<AuditChain> {
    Ok(AuditChain {
        owner: read_owner(row)?,
        count: row.get::<i64>("count")?.unsigned_abs(),
        hash: row.get("hash")?,
        checkpoint: row.get::<i64>("checkpoint")?.unsigned_abs(),
        checkpoint_at: row.get("checkpoint_at")?,
    })
}

fn read_sealed(row: &Row<'_>) -> Result<SealedAuditEntry> {
    let entry = read_entry(row)?;
    Ok(SealedAuditEntry { entry, seq: row.get::<i64>("seq")?.unsigned_abs(), hash: row.get("hash")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn what_grows_is_sought() {
        assert_seeks(SEALED).await;
    }
}
