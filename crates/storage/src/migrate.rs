//! The schema's steps: forward only, the same number and name on both
//! databases, never edited once released.

use rusqlite::Connection;
use tokio_postgres::Client;

use crate::error::{OpenError, Result, StorageError};
use crate::postgres::{PostgresDatabase, keep_running};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::store::{Backend, Store};

struct Migration {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "core",
        sqlite: include_str!("../migrations/sqlite/0001_core.sql"),
        postgres: include_str!("../migrations/postgres/0001_core.sql"),
    },
    Migration {
        number: 2,
        name: "audit",
        sqlite: include_str!("../migrations/sqlite/0002_audit.sql"),
        postgres: include_str!("../migrations/postgres/0002_audit.sql"),
    },
    Migration {
        number: 3,
        name: "credentials",
        sqlite: include_str!("../migrations/sqlite/0003_credentials.sql"),
        postgres: include_str!("../migrations/postgres/0003_credentials.sql"),
    },
    Migration {
        number: 4,
        name: "people",
        sqlite: include_str!("../migrations/sqlite/0004_people.sql"),
        postgres: include_str!("../migrations/postgres/0004_people.sql"),
    },
    Migration {
        number: 5,
        name: "sign_in",
        sqlite: include_str!("../migrations/sqlite/0005_sign_in.sql"),
        postgres: include_str!("../migrations/postgres/0005_sign_in.sql"),
    },
    Migration {
        number: 6,
        name: "operators",
        sqlite: include_str!("../migrations/sqlite/0006_operators.sql"),
        postgres: include_str!("../migrations/postgres/0006_operators.sql"),
    },
    Migration {
        number: 7,
        name: "audit_totals",
        sqlite: include_str!("../migrations/sqlite/0007_audit_totals.sql"),
        postgres: include_str!("../migrations/postgres/0007_audit_totals.sql"),
    },
    Migration {
        number: 8,
        name: "tenancy",
        sqlite: include_str!("../migrations/sqlite/0008_tenancy.sql"),
        postgres: include_str!("../migrations/postgres/0008_tenancy.sql"),
    },
    Migration {
        number: 9,
        name: "user_keys",
        sqlite: include_str!("../migrations/sqlite/0009_user_keys.sql"),
        postgres: include_str!("../migrations/postgres/0009_user_keys.sql"),
    },
    Migration {
        number: 10,
        name: "failures_and_endings",
        sqlite: include_str!("../migrations/sqlite/0010_failures_and_endings.sql"),
        postgres: include_str!("../migrations/postgres/0010_failures_and_endings.sql"),
    },
    Migration {
        number: 11,
        name: "audiences",
        sqlite: include_str!("../migrations/sqlite/0011_audiences.sql"),
        postgres: include_str!("../migrations/postgres/0011_audiences.sql"),
    },
    Migration {
        number: 12,
        name: "people_by_id",
        sqlite: include_str!("../migrations/sqlite/0012_people_by_id.sql"),
        postgres: include_str!("../migrations/postgres/0012_people_by_id.sql"),
    },
    Migration {
        number: 13,
        name: "earlier_refresh_tokens",
        sqlite: include_str!("../migrations/sqlite/0013_earlier_refresh_tokens.sql"),
        postgres: include_str!("../migrations/postgres/0013_earlier_refresh_tokens.sql"),
    },
    Migration {
        number: 14,
        name: "environments",
        sqlite: include_str!("../migrations/sqlite/0014_environments.sql"),
        postgres: include_str!("../migrations/postgres/0014_environments.sql"),
    },
    Migration {
        number: 15,
        name: "impersonations",
        sqlite: include_str!("../migrations/sqlite/0015_impersonations.sql"),
        postgres: include_str!("../migrations/postgres/0015_impersonations.sql"),
    },
    Migration {
        number: 16,
        name: "second_factors",
        sqlite: include_str!("../migrations/sqlite/0016_second_factors.sql"),
        postgres: include_str!("../migrations/postgres/0016_second_factors.sql"),
    },
    Migration {
        number: 17,
        name: "connections",
        sqlite: include_str!("../migrations/sqlite/0017_connections.sql"),
        postgres: include_str!("../migrations/postgres/0017_connections.sql"),
    },
    Migration {
        number: 18,
        name: "access",
        sqlite: include_str!("../migrations/sqlite/0018_access.sql"),
        postgres: include_str!("../migrations/postgres/0018_access.sql"),
    },
    Migration {
        number: 19,
        name: "vault",
        sqlite: include_str!("../migrations/sqlite/0019_vault.sql"),
        postgres: include_str!("../migrations/postgres/0019_vault.sql"),
    },
    Migration {
        number: 20,
        name: "access_sessions",
        sqlite: include_str!("../migrations/sqlite/0020_access_sessions.sql"),
        postgres: include_str!("../migrations/postgres/0020_access_sessions.sql"),
    },
    Migration {
        number: 21,
        name: "integrations",
        sqlite: include_str!("../migrations/sqlite/0021_integrations.sql"),
        postgres: include_str!("../migrations/postgres/0021_integrations.sql"),
    },
    Migration {
        number: 22,
        name: "service_accounts",
        sqlite: include_str!("../migrations/sqlite/0022_service_accounts.sql"),
        postgres: include_str!("../migrations/postgres/0022_service_accounts.sql"),
    },
    Migration {
        number: 23,
        name: "makers",
        sqlite: include_str!("../migrations/sqlite/0023_makers.sql"),
        postgres: include_str!("../migrations/postgres/0023_makers.sql"),
    },
    Migration {
        number: 24,
        name: "registrations",
        sqlite: include_str!("../migrations/sqlite/0024_registrations.sql"),
        postgres: include_str!("../migrations/postgres/0024_registrations.sql"),
    },
    Migration {
        number: 25,
        name: "agent_sessions",
        sqlite: include_str!("../migrations/sqlite/0025_agent_sessions.sql"),
        postgres: include_str!("../migrations/postgres/0025_agent_sessions.sql"),
    },
    Migration {
        number: 26,
        name: "errands",
        sqlite: include_str!("../migrations/sqlite/0026_errands.sql"),
        postgres: include_str!("../migrations/postgres/0026_errands.sql"),
    },
    Migration {
        number: 27,
        name: "headcounts",
        sqlite: include_str!("../migrations/sqlite/0027_headcounts.sql"),
        postgres: include_str!("../migrations/postgres/0027_headcounts.sql"),
    },
    Migration {
        number: 28,
        name: "fair_shares",
        sqlite: include_str!("../migrations/sqlite/0028_fair_shares.sql"),
        postgres: include_str!("../migrations/postgres/0028_fair_shares.sql"),
    },
    Migration {
        number: 29,
        name: "endings",
        sqlite: include_str!("../migrations/sqlite/0029_endings.sql"),
        postgres: include_str!("../migrations/postgres/0029_endings.sql"),
    },
];

/// Any number, as long as nobody else uses it: it keeps two migrations of one
/// PostgreSQL database apart.
const ADVISORY_LOCK: i64 = 0x6170_706b_6565_7001;

const HAS_MIGRATIONS: Sql = sql!(
    postgres: "SELECT to_regclass('schema_migrations') IS NOT NULL AS present",
    sqlite: "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations') AS present",
);

const APPLIED: Sql = sql!("SELECT number, name, checksum FROM schema_migrations ORDER BY number");

const RECORD: Sql = sql!(
    postgres: "INSERT INTO schema_migrations (number, name, checksum, applied_at)
               VALUES ($1, $2, $3, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)",
    sqlite: "INSERT INTO schema_migrations (number, name, checksum, applied_at)
             VALUES ($1, $2, $3, CAST(unixepoch('subsec') * 1000000 AS INTEGER))",
);

const CREATE_IN_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    number BIGINT NOT NULL,
    name TEXT COLLATE \"C\" NOT NULL,
    checksum TEXT COLLATE \"C\" NOT NULL,
    applied_at BIGINT NOT NULL,
    CONSTRAINT \"schema_migrations.number\" PRIMARY KEY (number)
)";

const CREATE_IN_SQLITE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

impl Store {
    /// Applies the migrations that are missing and says how many they were.
    /// Several processes may try at once: one does it, the others find it done.
    pub async fn migrate(&self) -> Result<usize, OpenError> {
        match &self.backend {
            Backend::Sqlite(database) => {
                let mut connection = database.connect()?;
                tokio::task::spawn_blocking(move || migrate_sqlite(&mut connection))
                    .await
                    .map_err(|_| StorageError::Panicked)?
            }
            Backend::Postgres(database) => migrate_postgres(database).await,
        }
    }

    /// Whether the schema is exactly the one this release was written for.
    pub async fn check_schema(&self) -> Result<(), OpenError> {
        match pending(&self.applied().await?, self.dialect())?.first() {
            Some(missing) => Err(OpenError::SchemaOlder { number: missing.number, name: missing.name }),
            None => Ok(()),
        }
    }

    /// The number of the last migration that was applied; `None` before the first.
    pub async fn schema_version(&self) -> Result<Option<i64>> {
        Ok(self.applied().await?.last().map(|last| last.number))
    }

    async fn applied(&self) -> Result<Vec<Applied>> {
        let mut tx = self.background().read().await?;
        let present = tx.fetch_optional(HAS_MIGRATIONS, &[], |row| row.get::<bool>("present")).await?;
        if present == Some(true) { tx.fetch_all(APPLIED, &[], Applied::read).await } else { Ok(Vec::new()) }
    }

    fn dialect(&self) -> Dialect {
        match self.backend {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// The number of the last migration that this release knows.
pub fn newest_migration() -> i64 {
    MIGRATIONS.last().map_or(0, |last| last.number)
}

/// What tells one set of migrations from another, for whoever keeps databases
/// that were migrated before.
pub fn schema_checksum() -> String {
    let texts: Vec<&str> = MIGRATIONS.iter().flat_map(|step| [step.sqlite, step.postgres]).collect();
    checksum(&texts.concat())
}

#[derive(Debug, Clone, Copy)]
enum Dialect {
    Sqlite,
    Postgres,
}

impl Migration {
    fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    fn failed(&self, source: impl Into<StorageError>) -> OpenError {
        OpenError::Migration { number: self.number, name: self.name, source: source.into() }
    }
}

/// A migration that the database says it has.
#[derive(Debug)]
struct Applied {
    number: i64,
    name: String,
    checksum: String,
}

impl Applied {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { number: row.get("number")?, name: row.get("name")?, checksum: row.get("checksum")? })
    }
}

/// The migrations still to apply, once those applied are known to be ours.
fn pending(applied: &[Applied], dialect: Dialect) -> Result<Vec<&'static Migration>, OpenError> {
    for found in applied {
        let (number, name) = (found.number, found.name.clone());
        let Some(ours) = MIGRATIONS.iter().find(|step| step.number == number) else {
            return Err(OpenError::SchemaNewer { number, name });
        };
        if ours.name != name || checksum(ours.text(dialect)) != found.checksum {
            return Err(OpenError::SchemaAltered { number, name });
        }
    }
    let is_missing = |step: &&Migration| applied.iter().all(|found| found.number != step.number);
    Ok(MIGRATIONS.iter().filter(is_missing).collect())
}

/// All in one transaction that holds the write lock from the start.
fn migrate_sqlite(connection: &mut Connection) -> Result<usize, OpenError> {
    let tx = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(StorageError::from)?;
    tx.execute_batch(CREATE_IN_SQLITE).map_err(StorageError::from)?;
    let missing = pending(&applied_in_sqlite(&tx)?, Dialect::Sqlite)?;
    for step in &missing {
        tx.execute_batch(step.sqlite).map_err(|error| step.failed(error))?;
        tx.execute(RECORD.sqlite, (step.number, step.name, checksum(step.sqlite)))
            .map_err(|error| step.failed(error))?;
    }
    tx.commit().map_err(StorageError::from)?;
    Ok(missing.len())
}

fn applied_in_sqlite(connection: &Connection) -> Result<Vec<Applied>> {
    let mut statement = connection.prepare(APPLIED.sqlite)?;
    let mut rows = statement.query([])?;
    let mut applied = Vec::new();
    while let Some(row) = rows.next()? {
        applied.push(Applied::read(&Row::Sqlite(row))?);
    }
    Ok(applied)
}

/// On a connection of its own: a migration may take longer than a statement
/// may, and the advisory lock goes when the connection does.
async fn migrate_postgres(database: &PostgresDatabase) -> Result<usize, OpenError> {
    let (mut client, wire) = database.server.connect("appkeep-migrate").await?;
    let wire = keep_running(wire);
    let outcome = migrate_locked(&mut client).await;
    drop(client);
    // The lock is let go of before anybody is told that the schema is there.
    let _ = wire.await;
    outcome
}

async fn migrate_locked(client: &mut Client) -> Result<usize, OpenError> {
    client.execute("SELECT pg_advisory_lock($1)", &[&ADVISORY_LOCK]).await.map_err(StorageError::from)?;
    client.batch_execute(CREATE_IN_POSTGRES).await.map_err(StorageError::from)?;
    let rows = client.query(APPLIED.postgres, &[]).await.map_err(StorageError::from)?;
    let applied: Vec<Applied> =
        rows.iter().map(|row| Applied::read(&Row::Postgres(row))).collect::<Result<_>>()?;
    let missing = pending(&applied, Dialect::Postgres)?;
    for step in &missing {
        apply_in_postgres(client, step).await.map_err(|error| step.failed(error))?;
    }
    Ok(missing.len())
}

async fn apply_in_postgres(client: &mut Client, step: &Migration) -> Result<(), tokio_postgres::Error> {
    let tx = client.transaction().await?;
    tx.batch_execute(step.postgres).await?;
    tx.execute(RECORD.postgres, &[&step.number, &step.name, &checksum(step.postgres)]).await?;
    tx.commit().await
}

/// FNV-1a: it notices an edit, and no more is asked of it.
fn checksum(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(number: i64, name: &str, text: &str) -> Applied {
        Applied { number, name: name.to_owned(), checksum: checksum(text) }
    }

    #[test]
    fn numbers_rise_by_one_from_one() {
        let numbers: Vec<i64> = MIGRATIONS.iter().map(|step| step.number).collect();
        let expected: Vec<i64> = (1..).take(MIGRATIONS.len()).collect();
        assert_eq!(numbers, expected);
    }

    #[test]
    fn a_schema_of_another_release_is_named() {
        let core = applied(1, "core", MIGRATIONS[0].sqlite);
        assert_eq!(pending(&[], Dialect::Sqlite).expect("all are missing").len(), MIGRATIONS.len());
        assert_eq!(pending(&[core], Dialect::Sqlite).expect("fits").len(), MIGRATIONS.len() - 1);
        let newer = pending(&[applied(9_999, "tomorrow", "")], Dialect::Sqlite).map(|steps| steps.len());
        assert!(matches!(newer, Err(OpenError::SchemaNewer { number: 9_999, .. })), "{newer:?}");
        let altered = pending(&[applied(1, "core", "")], Dialect::Sqlite).map(|steps| steps.len());
        assert!(matches!(altered, Err(OpenError::SchemaAltered { number: 1, .. })), "{altered:?}");
    }

    #[test]
    fn a_checksum_notices_an_edit() {
        assert_eq!(checksum(""), "cbf29ce484222325");
        assert_ne!(checksum("CREATE TABLE a"), checksum("CREATE TABLE b"));
    }
}
