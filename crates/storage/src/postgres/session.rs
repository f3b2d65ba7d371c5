//! One connection to PostgreSQL: how it is asked, and when it is of no more use.

use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;

use crate::conn::Step;
use crate::error::{Result, StorageError, is_conflict};
use crate::sql::Sql;
use crate::value::Value;

/// A pooled connection in use. One that broke, or that is given back inside a
/// transaction, is closed instead, which undoes the transaction.
pub(crate) struct PostgresSession {
    client: Option<Object>,
    limit: Duration,
    in_transaction: bool,
    broken: bool,
    conflicted: bool,
}

impl PostgresSession {
    pub(crate) fn new(client: Object, limit: Duration) -> Self {
        Self { client: Some(client), limit, in_transaction: false, broken: false, conflicted: false }
    }

    pub(crate) async fn execute(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<u64> {
        let client = self.client()?;
        let work = async {
            let statement = client.prepare_cached(sql.postgres).await?;
            client.execute(&statement, &parameters(values)).await
        };
        let outcome = tokio::time::timeout(self.limit, work).await;
        self.judge(outcome)
    }

    pub(crate) async fn query(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>> {
        let client = self.client()?;
        let work = async {
            let statement = client.prepare_cached(sql.postgres).await?;
            client.query(&statement, &parameters(values)).await
        };
        let outcome = tokio::time::timeout(self.limit, work).await;
        self.judge(outcome)
    }

    /// Until a commit is answered the transaction counts as open.
    pub(crate) async fn step(&mut self, step: Step) -> Result<()> {
        let command = match step {
            Step::Begin => "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE",
            Step::Commit => "COMMIT",
            Step::Rollback => "ROLLBACK",
        };
        match step {
            Step::Begin => (self.conflicted, self.in_transaction) = (false, true),
            // Nobody answers there; closing it undoes the transaction.
            Step::Rollback if self.broken => return Ok(()),
            Step::Rollback | Step::Commit => {}
        }
        let outcome = tokio::time::timeout(self.limit, self.client()?.batch_execute(command)).await;
        self.judge(outcome)?;
        if step != Step::Begin {
            self.in_transaction = false;
        }
        Ok(())
    }

    pub(crate) async fn prepare(&mut self, sql: Sql) -> Result<()> {
        let outcome = tokio::time::timeout(self.limit, self.client()?.prepare(sql.postgres)).await;
        self.judge(outcome).map(drop)
    }

    pub(crate) fn conflicted(&self) -> bool {
        self.conflicted
    }

    fn client(&self) -> Result<&Object> {
        self.client.as_ref().ok_or_else(|| StorageError::unavailable("the connection was given back"))
    }

    fn judge<T>(
        &mut self,
        outcome: Result<Result<T, tokio_postgres::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T> {
        let error = match outcome {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(late) => {
                self.broken = true;
                return Err(StorageError::unavailable(late));
            }
        };
        match error.code() {
            Some(code) => {
                self.conflicted |= is_conflict(code);
                self.broken |= makes_useless(code.code());
            }
            None => self.broken = true,
        }
        Err(error.into())
    }
}

/// A prepared statement that no longer fits the schema (0A000), or that the
/// server does not know (26000), stays so for as long as the connection lives.
fn makes_useless(code: &str) -> bool {
    ["0A000", "26000"].contains(&code) || code.starts_with("08") || code.starts_with("57P")
}

impl Drop for PostgresSession {
    fn drop(&mut self) {
        if let Some(client) = self.client.take()
            && (self.broken || self.in_transaction)
        {
            drop(Object::take(client));
        }
    }
}

fn parameters<'a>(values: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
