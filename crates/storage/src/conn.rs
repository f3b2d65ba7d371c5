//! The seam: the only enum with an arm for each database's statements.

use crate::error::Result;
use crate::postgres::PostgresSession;
use crate::row::Row;
use crate::sql::Sql;
use crate::sqlite::SqliteSession;
use crate::value::Value;

/// A connection to either database, given back when it is dropped.
pub(crate) enum Conn {
    Sqlite(SqliteSession),
    Postgres(Box<PostgresSession>),
}

/// How a transaction moves on. On SQLite it is a savepoint, since several
/// share one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Begin,
    Commit,
    Rollback,
}

impl Conn {
    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<u64> {
        match self {
            Self::Sqlite(session) => session.execute(sql, values),
            Self::Postgres(session) => session.execute(sql, values).await,
        }
    }

    pub(crate) async fn fetch_optional<T>(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match self {
            Self::Sqlite(session) => session.fetch_optional(sql, values, read),
            Self::Postgres(session) => {
                session.query(sql, values).await?.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    pub(crate) async fn fetch_all<T>(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(session) => session.fetch_all(sql, values, read),
            Self::Postgres(session) => {
                session.query(sql, values).await?.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    pub(crate) async fn step(&mut self, step: Step) -> Result<()> {
        match self {
            Self::Sqlite(session) => session.step(step),
            Self::Postgres(session) => session.step(step).await,
        }
    }

    /// Asks the database whether it understands a statement, and runs nothing.
    pub(crate) async fn prepare(&mut self, sql: Sql) -> Result<()> {
        match self {
            Self::Sqlite(session) => session.prepare(sql),
            Self::Postgres(session) => session.prepare(sql).await,
        }
    }

    /// Whether several transactions are written by one commit, one after another.
    pub(crate) const fn shares_commits(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(_) => false,
        }
    }

    /// Whether another transaction was in the way of this one, so that it is
    /// worth running again.
    pub(crate) fn conflicted(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(session) => session.conflicted(),
        }
    }
}
