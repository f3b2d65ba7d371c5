//! What a noun's functions are written on: reading, and reading with writing.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use crate::changes::{Change, INSERT_CHANGE};
use crate::conn::{Conn, Step};
use crate::error::{Result, StorageError};
use crate::grams::GramEntry;
use crate::monotonic;
use crate::row::Row;
use crate::sql::Sql;
use crate::stats::{Counters, Source};
use crate::value::Value;

/// Reads, and has no way to write. Each statement sees the latest commit, so
/// two statements may see two states; what must fit together is one statement
/// or a [`WriteTx`].
pub struct ReadTx {
    conn: Conn,
    counters: Arc<Counters>,
    source: Source,
    standing: Standing,
}

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// There is none: each statement stands for itself.
    None,
    Open,
    /// A statement failed, so that it can only be undone.
    Failed,
}

impl ReadTx {
    pub(crate) fn new(conn: Conn, counters: Arc<Counters>, source: Source) -> Self {
        Self { conn, counters, source, standing: Standing::None }
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional<T>(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.start_statement()?;
        let outcome = self.conn.fetch_optional(sql, values, read).await;
        self.end_statement(outcome)
    }

    pub(crate) async fn fetch_all<T>(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.start_statement()?;
        let outcome = self.conn.fetch_all(sql, values, read).await;
        self.end_statement(outcome)
    }

    pub(crate) async fn prepare(&mut self, sql: Sql) -> Result<()> {
        self.conn.prepare(sql).await
    }

    fn start_statement(&self) -> Result<()> {
        if self.standing == Standing::Failed {
            return Err(StorageError::Aborted);
        }
        self.counters.statement(self.source);
        Ok(())
    }

    fn end_statement<T>(&mut self, outcome: Result<T>) -> Result<T> {
        let failed = outcome.as_ref().is_err_and(StorageError::ends_transaction);
        if failed && self.standing == Standing::Open {
            self.standing = Standing::Failed;
        }
        outcome
    }
}

impl fmt::Debug for ReadTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadTx").field("standing", &self.standing).finish_non_exhaustive()
    }
}

/// A transaction that may write, as `Store::write` hands it to its body.
///
/// It is serializable: what it read still holds when it commits.
#[derive(Debug)]
pub struct WriteTx {
    read: ReadTx,
    changes: Vec<Change>,
    /// Changes that a commit was tried with.
    committed: Vec<Change>,
    /// For the search indexes, of all transactions that share the commit.
    pub(crate) entries: Vec<GramEntry>,
    /// Where those of this transaction begin.
    own_entries: usize,
    commit_took: Duration,
    /// How many rows this transaction wrote so far.
    rows: u64,
}

impl WriteTx {
    pub(crate) fn new(read: ReadTx) -> Self {
        Self {
            read,
            changes: Vec::new(),
            committed: Vec::new(),
            entries: Vec::new(),
            own_entries: 0,
            commit_took: Duration::ZERO,
            rows: 0,
        }
    }

    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<u64> {
        self.start_statement()?;
        let outcome = self.read.conn.execute(sql, values).await;
        self.rows += outcome.as_ref().copied().unwrap_or_default();
        self.end_statement(outcome)
    }

    /// Tells every node of a change, when this transaction commits.
    pub fn announce(&mut self, change: Change) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    pub(crate) fn begin_for(&mut self, source: Source) {
        self.read.source = source;
    }

    pub(crate) async fn begin(&mut self) -> Result<()> {
        self.changes.clear();
        self.committed.clear();
        self.own_entries = self.entries.len();
        self.rows = 0;
        self.read.standing = Standing::None;
        self.read.conn.step(Step::Begin).await?;
        self.read.standing = Standing::Open;
        Ok(())
    }

    pub(crate) async fn commit(&mut self) -> Result<()> {
        if self.read.standing == Standing::Failed {
            return Err(StorageError::Aborted);
        }
        let changes = std::mem::take(&mut self.changes);
        for change in &changes {
            self.execute(INSERT_CHANGE, &[change.topic.number().into(), change.key.into()]).await?;
        }
        self.committed = changes;
        let begun = monotonic::now();
        self.read.conn.step(Step::Commit).await?;
        self.commit_took = begun.elapsed();
        self.read.counters.wrote(self.rows);
        self.read.standing = Standing::None;
        Ok(())
    }

    /// A failure needs no answer: what cannot be undone by a word is undone by
    /// closing the connection.
    pub(crate) async fn rollback(&mut self) {
        self.changes.clear();
        self.entries.truncate(self.own_entries);
        if self.read.standing != Standing::None {
            self.read.standing = Standing::None;
            if let Err(error) = self.read.conn.step(Step::Rollback).await {
                tracing::debug!(error = %error, "a transaction could not be rolled back by name");
            }
        }
    }

    /// What the last commit announced, even when nobody can say whether it was
    /// made: dropping a copy too many is harmless.
    pub(crate) fn take_committed(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.committed)
    }

    pub(crate) fn commit_took(&self) -> Duration {
        self.commit_took
    }

    pub(crate) fn conflicted(&self) -> bool {
        self.read.conn.conflicted()
    }

    pub(crate) fn conn(&self) -> &Conn {
        &self.read.conn
    }
}

impl Deref for WriteTx {
    type Target = ReadTx;

    fn deref(&self) -> &ReadTx {
        &self.read
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut ReadTx {
        &mut self.read
    }
}

/// Runs a body once, from begin to commit or rollback.
pub(crate) async fn attempt<T, E, F>(tx: &mut WriteTx, body: &F) -> Result<T, E>
where
    F: AsyncFn(&mut WriteTx) -> Result<T, E>,
    E: From<StorageError>,
{
    tx.begin().await?;
    let outcome = match body(tx).await {
        Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        tx.rollback().await;
    }
    outcome
}
