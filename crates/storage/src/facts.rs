//! What a database says of itself, for whoever looks after it.

use appkeep_domain::Timestamp;

use crate::error::{Result, StorageError};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// Which database it is, and what time it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// `SQLite` or `PostgreSQL`.
    pub product: String,
    pub version: String,
    /// What the server calls the database; `main` where there is no server.
    pub name: String,
    /// Whether this release was made for that version. A SQLite that is too
    /// old is not even opened.
    pub is_supported: bool,
    /// Whether it follows another and takes no writes.
    pub is_standby: bool,
    /// Settings by which an answered write can be lost, by their names.
    pub loses_writes_by: String,
    /// What its own clock shows.
    pub now: Timestamp,
}

/// The oldest PostgreSQL that is supported, as it numbers itself.
const OLDEST_POSTGRES: i64 = 150_000;

const FACTS: Sql = sql!(
    postgres: "SELECT 'PostgreSQL'::text AS product, current_setting('server_version') AS version,
                      current_database()::text AS name,
                      current_setting('server_version_num')::bigint >= $1 AS is_supported,
                      pg_is_in_recovery() AS is_standby,
                      coalesce((SELECT string_agg(s.name, ', ' ORDER BY s.name) FROM pg_settings s
                          WHERE s.name IN ('fsync', 'full_page_writes', 'synchronous_commit')
                          AND s.setting = 'off'), '') AS loses_writes_by,
                      (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now",
    sqlite: "SELECT 'SQLite' AS product, sqlite_version() AS version, 'main' AS name,
                    $1 IS NOT NULL AS is_supported, 0 AS is_standby, '' AS loses_writes_by,
                    CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS now",
);

/// Tables that a running server writes to whatever it is asked.
const NEWEST_MOMENT: Sql = sql!(
    "SELECT max(moment) AS newest FROM (
         SELECT max(flushed_at) AS moment FROM nodes
         UNION ALL SELECT max(created_at) FROM signing_keys
         UNION ALL SELECT max(checkpoint_at) FROM audit_chains
         UNION ALL SELECT at FROM changes WHERE seq = (SELECT max(seq) FROM changes)
     ) AS moments"
);

impl ReadTx {
    pub async fn database_facts(&mut self) -> Result<DatabaseFacts> {
        let found = self.fetch_optional(FACTS, &[OLDEST_POSTGRES.into()], read_facts).await?;
        found.ok_or_else(|| StorageError::unavailable("the database says nothing of itself"))
    }

    /// The latest moment that a row tells of, which no clock should be behind;
    /// nothing before the first server. Needs the schema of this release.
    pub async fn newest_moment(&mut self) -> Result<Option<Timestamp>> {
        let found = self.fetch_optional(NEWEST_MOMENT, &[], |row| row.get::<Option<i64>>("newest")).await?;
        Ok(found.flatten().map(Timestamp::from_micros))
    }
}

fn read_facts(row: &Row<'_>) -> Result<DatabaseFacts> {
    Ok(DatabaseFacts {
        product: row.get("product")?,
        version: row.get("version")?,
        name: row.get("name")?,
        is_supported: row.get("is_supported")?,
        is_standby: row.get("is_standby")?,
        loses_writes_by: row.get("loses_writes_by")?,
        now: row.get("now")?,
    })
}
