//! The store: one concrete type over two databases.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::changes::{ChangeSink, Sinks};
use crate::conn::Conn;
use crate::error::{OpenError, Result, StorageError};
use crate::postgres::{Deadlines, PostgresDatabase};
use crate::sql::{STATEMENTS, Sql};
use crate::sqlite::{Copied, Durability, SqliteDatabase, Writer, poll_once};
use crate::stats::{Counters, Source, Stats};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// Which database.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    Sqlite { path: PathBuf, durability: Durability },
    Postgres { url: String, connections: usize, deadlines: Deadlines },
}

impl Database {
    const CONNECTIONS: usize = 16;

    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self::Sqlite { path: path.into(), durability: Durability::default() }
    }

    pub fn postgres(url: impl Into<String>) -> Self {
        Self::Postgres { url: url.into(), connections: Self::CONNECTIONS, deadlines: Deadlines::default() }
    }
}

/// A URL holds a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path, durability } => {
                f.debug_struct("Sqlite").field("path", path).field("durability", durability).finish()
            }
            Self::Postgres { .. } => f.write_str("Postgres { … }"),
        }
    }
}

/// An open database. Cheap to clone; every clone is the same one.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) backend: Backend,
    pub(crate) shared: Arc<Shared>,
    source: Source,
}

#[derive(Debug, Clone)]
pub(crate) enum Backend {
    Sqlite(Arc<SqliteDatabase>),
    Postgres(Arc<PostgresDatabase>),
}

#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) counters: Arc<Counters>,
    pub(crate) sinks: Arc<Sinks>,
}

impl Store {
    /// Opens a database as it is; whether its schema fits, `check_schema`
    /// says. PostgreSQL is not spoken to before the first statement.
    pub fn open(database: Database) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared::default());
        let (counters, sinks) = (Arc::clone(&shared.counters), Arc::clone(&shared.sinks));
        let backend = match database {
            Database::Sqlite { path, durability } => {
                let start = |session| Writer::start(session, counters, sinks);
                Backend::Sqlite(Arc::new(SqliteDatabase::open(&path, durability, start)?))
            }
            Database::Postgres { url, connections, deadlines } => {
                Backend::Postgres(Arc::new(PostgresDatabase::open(&url, connections, deadlines)?))
            }
        };
        Ok(Self { backend, shared, source: Source::Request })
    }

    /// The same store, whose statements count as background work.
    pub fn background(&self) -> Self {
        Self { source: Source::Background, ..self.clone() }
    }

    /// Opens a view for reading, waiting a bounded time for a connection.
    pub async fn read(&self) -> Result<ReadTx> {
        let conn = match &self.backend {
            Backend::Sqlite(database) => Conn::Sqlite(database.reader().await?),
            Backend::Postgres(database) => Conn::Postgres(database.session().await?),
        };
        Ok(self.read_over(conn))
    }

    /// Runs a body in a transaction: all of it is kept when it answers `Ok`,
    /// nothing when it answers `Err`.
    ///
    /// The body is called again when another transaction was in the way, so ids,
    /// times and secrets are made outside of it. It may wait for its transaction
    /// only. Once begun it runs to its end, though the caller has left. When
    /// this returns, whoever is told of changes on this node has been told.
    pub async fn write<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: AsyncFn(&mut WriteTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        match &self.backend {
            Backend::Sqlite(database) => database.writer.write(body, self.source).await,
            Backend::Postgres(database) => {
                PostgresDatabase::write(database, Arc::clone(&self.shared), self.source, body).await
            }
        }
    }

    /// Reads without a bound, such as an export, where it holds up nobody: on
    /// SQLite on a thread for blocking work. The body may wait for its
    /// transaction only.
    pub async fn scan<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut ReadTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let scanned = match &self.backend {
            Backend::Sqlite(database) => {
                let mut tx = self.read_over(Conn::Sqlite(database.scanner().await?));
                tokio::task::spawn_blocking(move || poll_once(body(&mut tx)).map_err(E::from)).await
            }
            Backend::Postgres(database) => {
                let mut tx = self.read().await?;
                database.pin(move || async move { Ok(body(&mut tx).await) }).await
            }
        };
        scanned.map_err(|_| StorageError::Panicked)??
    }

    /// Adds somebody who is told of every change: of this node's own before
    /// `write` returns, of others' when the feed sees them.
    pub fn on_change(&self, sink: ChangeSink) {
        self.shared.sinks.add(sink);
    }

    pub fn stats(&self) -> Stats {
        self.shared.counters.read()
    }

    /// Asks the database whether it understands every statement of the
    /// program, and says how many there are and which it does not.
    pub async fn check_statements(&self) -> Result<usize, Vec<(String, StorageError)>> {
        let mut refused = Vec::new();
        for statement in STATEMENTS {
            let mut tx = self.read().await.map_err(|error| vec![("no connection".to_owned(), error)])?;
            if let Err(error) = tx.prepare(*statement).await {
                refused.push((statement.place.to_owned(), error));
            }
        }
        if refused.is_empty() { Ok(STATEMENTS.len()) } else { Err(refused) }
    }

    /// Copies a database that is a file, as of now and though others write,
    /// into a new file, and reads the copy through. Of a database that is no
    /// file its own tools make copies.
    pub async fn back_up(
        &self,
        to: &Path,
        tell: impl FnMut(Copied) + Send + 'static,
    ) -> Result<(), OpenError> {
        match &self.backend {
            Backend::Sqlite(database) => database.back_up(to.to_owned(), tell).await,
            Backend::Postgres(_) => {
                Err(StorageError::Driver("PostgreSQL has tools of its own".into()).into())
            }
        }
    }

    /// Where the database file is, when it is one.
    pub fn data_directory(&self) -> Option<&Path> {
        match &self.backend {
            Backend::Sqlite(database) => database.path().parent(),
            Backend::Postgres(_) => None,
        }
    }

    /// Runs one statement that changes rows, and says how many. On PostgreSQL
    /// it is in no serializable transaction, so that it stands in nobody's way;
    /// it has to be right whatever others do meanwhile.
    pub(crate) async fn execute_alone(&self, sql: Sql, values: Vec<Value<'static>>) -> Result<u64> {
        match &self.backend {
            Backend::Sqlite(_) => self.write(async move |tx| tx.execute(sql, &values).await).await,
            Backend::Postgres(database) => {
                self.count_statement();
                Conn::Postgres(database.session().await?).execute(sql, &values).await
            }
        }
    }

    /// For statements that take another way than a transaction.
    pub(crate) fn count_statement(&self) {
        self.shared.counters.statement(self.source);
    }

    pub(crate) fn read_over(&self, conn: Conn) -> ReadTx {
        ReadTx::new(conn, Arc::clone(&self.shared.counters), self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let shown = format!("{:?}", Database::postgres("postgres://appkeep:hush@localhost/appkeep"));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
