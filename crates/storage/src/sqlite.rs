//! SQLite: how its connections are set up, lent out and asked.

mod backup;
mod file;
mod lock;
mod writer;

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

pub use self::backup::Copied;
pub use self::file::SqliteFile;
pub use self::lock::ServerLock;
pub(crate) use self::writer::Writer;
use crate::conn::Step;
use crate::error::{OpenError, Result, StorageError};
use crate::row::Row;
use crate::sql::Sql;
use crate::value::Value;

/// Releases before this one can corrupt a database whose WAL is reset while
/// another connection checkpoints: sqlite.org/wal.html#walresetbug.
const OLDEST_SAFE: (i32, &str) = (3_051_003, "3.51.3");
/// More than the program has statements.
const CACHED_STATEMENTS: usize = 1_024;
/// How many unbounded reads run at once.
const SCANNERS: usize = 2;
const READER_WAIT: Duration = Duration::from_secs(1);

/// How much of a machine's fall an answered write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Power loss. A lost revocation is a security fault, so this is the default.
    #[default]
    Full,
    /// The end of the process; power loss may take the last moments.
    Normal,
    /// Nothing. For tests and for measuring what the others cost.
    Off,
}

impl Durability {
    const fn synchronous(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
            Self::Off => "OFF",
        }
    }
}

/// One database file: a writer thread, and connections for reading.
#[derive(Debug)]
pub(crate) struct SqliteDatabase {
    path: PathBuf,
    durability: Durability,
    readers: Vec<Arc<Mutex<Connection>>>,
    free_readers: Arc<Semaphore>,
    free_scanners: Arc<Semaphore>,
    pub(crate) writer: Writer,
}

impl SqliteDatabase {
    pub(crate) fn open(
        path: &Path,
        durability: Durability,
        start_writer: impl FnOnce(SqliteSession) -> Writer,
    ) -> Result<Self, OpenError> {
        check_version(rusqlite::version_number(), rusqlite::version())?;
        let writer = connect(path, durability)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let readers = (0..(processors * 2).clamp(4, 16))
            .map(|_| connect_to_read(path, durability).map(Mutex::new).map(Arc::new))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            path: path.to_owned(),
            durability,
            free_readers: Arc::new(Semaphore::new(readers.len())),
            free_scanners: Arc::new(Semaphore::new(SCANNERS)),
            readers,
            writer: start_writer(SqliteSession::owning(writer)),
        })
    }

    /// Borrows a connection for reading, waiting while all are out.
    pub(crate) async fn reader(&self) -> Result<SqliteSession> {
        let permit = tokio::time::timeout(READER_WAIT, Arc::clone(&self.free_readers).acquire_owned())
            .await
            .map_err(StorageError::unavailable)?
            .map_err(StorageError::unavailable)?;
        // As many permits as readers: with a permit in hand one of them is free.
        let connection = self
            .readers
            .iter()
            .find_map(|reader| Arc::clone(reader).try_lock_owned().ok())
            .ok_or_else(|| StorageError::unavailable("every reader is lent out"))?;
        Ok(SqliteSession { connection, _permit: Some(permit) })
    }

    /// A connection of its own for an unbounded read, so that those never take
    /// the readers away from requests. Waits for as long as others scan.
    pub(crate) async fn scanner(&self) -> Result<SqliteSession> {
        let permit =
            Arc::clone(&self.free_scanners).acquire_owned().await.map_err(StorageError::unavailable)?;
        Ok(SqliteSession { _permit: Some(permit), ..SqliteSession::owning(self.connect_to_read()?) })
    }

    /// A connection of its own, for migrations.
    pub(crate) fn connect(&self) -> Result<Connection> {
        connect(&self.path, self.durability)
    }

    /// A connection of its own that only reads, for the change feed.
    pub(crate) fn connect_to_read(&self) -> Result<Connection> {
        connect_to_read(&self.path, self.durability)
    }

    /// Copies the database as of now into a new file, on a thread for blocking work.
    pub(crate) async fn back_up(
        &self,
        to: PathBuf,
        tell: impl FnMut(Copied) + Send + 'static,
    ) -> Result<(), OpenError> {
        let source = self.connect_to_read()?;
        let copying = tokio::task::spawn_blocking(move || backup::back_up(&source, &to, tell));
        copying.await.map_err(|_| StorageError::Panicked)?
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn check_version(number: i32, found: &'static str) -> Result<(), OpenError> {
    let (oldest, wanted) = OLDEST_SAFE;
    if number < oldest { Err(OpenError::UnsafeSqlite { found, wanted }) } else { Ok(()) }
}

fn connect(path: &Path, durability: Durability) -> Result<Connection> {
    let connection = Connection::open(path)?;
    // The wait comes first: switching to WAL already needs the lock.
    connection.busy_timeout(Duration::from_secs(5))?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StorageError::unavailable("the file system cannot hold SQLite's write-ahead log"));
    }
    connection.execute_batch(&format!(
        "PRAGMA synchronous = {};
         PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -16384;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 67108864;",
        durability.synchronous()
    ))?;
    // Or a statement with a bound limit is planned anew each time it is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(connection)
}

fn connect_to_read(path: &Path, durability: Durability) -> Result<Connection> {
    let connection = connect(path, durability)?;
    // Small, since there are many: what it does not hold, the system's cache does.
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2048;")?;
    Ok(connection)
}

/// A connection in use. Its statements run on the calling thread.
#[derive(Debug)]
pub(crate) struct SqliteSession {
    connection: OwnedMutexGuard<Connection>,
    // The last field, since it is dropped last: with a permit there is a reader.
    _permit: Option<OwnedSemaphorePermit>,
}

impl SqliteSession {
    /// Over a connection that is nobody else's.
    pub(crate) fn owning(connection: Connection) -> Self {
        let connection =
            Arc::new(Mutex::new(connection)).try_lock_owned().expect("nobody else knows of it yet");
        Self { connection, _permit: None }
    }

    pub(crate) fn execute(&self, sql: Sql, values: &[Value<'_>]) -> Result<u64> {
        let mut statement = self.connection.prepare_cached(sql.sqlite)?;
        Ok(statement.execute(params_from_iter(values))? as u64)
    }

    pub(crate) fn fetch_optional<T>(
        &self,
        sql: Sql,
        values: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql.sqlite)?;
        let found =
            statement.query_row(params_from_iter(values), |row| Ok(read(&Row::Sqlite(row)))).optional()?;
        found.transpose()
    }

    pub(crate) fn fetch_all<T>(
        &self,
        sql: Sql,
        values: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql.sqlite)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(&Row::Sqlite(row))?);
        }
        Ok(found)
    }

    pub(crate) fn step(&self, step: Step) -> Result<()> {
        match step {
            Step::Begin => self.command("SAVEPOINT job"),
            Step::Commit => self.command("RELEASE job"),
            Step::Rollback => {
                self.command("ROLLBACK TO job")?;
                self.command("RELEASE job")
            }
        }
    }

    pub(crate) fn command(&self, text: &'static str) -> Result<()> {
        self.connection.prepare_cached(text)?.execute([])?;
        Ok(())
    }

    pub(crate) fn prepare(&self, sql: Sql) -> Result<()> {
        self.connection.prepare(sql.sqlite)?;
        Ok(())
    }

    /// A number that changes when anybody else commits.
    pub(crate) fn data_version(&self) -> Result<i64> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// Whether a transaction is open. A full disk or a failed read makes SQLite
    /// undo the whole of it by itself.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }
}

/// Runs a future to its end on this thread. Whatever waits for a SQLite
/// connection is ready at once, so one that is not waits for something else.
pub(crate) fn poll_once<T>(future: impl Future<Output = T>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err(StorageError::Suspended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsafe_release_is_refused() {
        assert!(matches!(check_version(3_051_002, "3.51.2"), Err(OpenError::UnsafeSqlite { .. })));
        assert!(check_version(3_051_003, "3.51.3").is_ok());
        assert!(check_version(rusqlite::version_number(), rusqlite::version()).is_ok());
    }

    #[test]
    fn waiting_for_anything_else_is_refused() {
        assert_eq!(poll_once(async { 1 }).expect("ready"), 1);
        let outcome = poll_once(std::future::pending::<()>());
        assert!(matches!(outcome, Err(StorageError::Suspended)));
    }
}
