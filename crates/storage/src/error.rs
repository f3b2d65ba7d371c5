//! What can go wrong with a database, in words that hold for both.

use std::error::Error as StdError;
use std::path::PathBuf;

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
use tokio_postgres::error::SqlState;

pub(crate) type Result<T, E = StorageError> = std::result::Result<T, E>;
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a statement or a transaction did not happen.
///
/// `Display` names tables and columns, so it is for operators; the driver's own
/// words are in `source()`.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A unique constraint, by the name it has on both databases: its columns
    /// as `table.column`, several separated by a comma and a space.
    #[error("`{0}` is already taken")]
    Taken(String),

    /// A row refers to one that is not there, or is still referred to.
    #[error("a row refers to another that is missing")]
    ForeignKey(#[source] BoxError),

    /// The row is gone or has changed since: the statement's guard held nothing.
    #[error("the row has changed in the meantime")]
    Stale,

    /// Another attempt at the same request has taken this one's place.
    #[error("another attempt at the same request goes on in place of this one")]
    Superseded,

    /// A row that makes no sense.
    #[error("column `{column}` holds what it cannot")]
    Corrupt { column: &'static str, source: BoxError },

    /// A statement of this transaction failed and the transaction went on. On
    /// neither database can it be committed; to try one thing and then another,
    /// write `ON CONFLICT DO NOTHING` and count the rows.
    #[error("an earlier statement of this transaction has failed")]
    Aborted,

    /// A transaction's body waited for something other than its transaction.
    #[error("a transaction waited for something outside of it")]
    Suspended,

    /// A transaction's body panicked, and nothing of it was kept.
    #[error("a transaction panicked")]
    Panicked,

    /// The database cannot be reached, is too busy or out of room. When a
    /// commit was under way, nobody can say whether it was made.
    #[error("the database is unavailable")]
    Unavailable(#[source] BoxError),

    /// Anything else that the database refused: a fault of the program.
    #[error("the database refused a statement")]
    Driver(#[source] BoxError),
}

impl StorageError {
    pub(crate) fn corrupt(column: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Corrupt { column, source: source.into() }
    }

    pub(crate) fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable(source.into())
    }

    /// Whether the database itself turned the statement down, after which
    /// PostgreSQL takes no more statements in the same transaction.
    pub(crate) fn ends_transaction(&self) -> bool {
        !matches!(self, Self::Stale | Self::Superseded | Self::Corrupt { .. })
    }
}

/// Whether exactly what was meant was touched; [`StorageError::Stale`] when
/// the guard in the statement let nothing through.
pub(crate) fn one_row(touched: u64) -> Result<()> {
    if touched == 0 { Err(StorageError::Stale) } else { Ok(()) }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, message) = &error else {
            return Self::Driver(error.into());
        };
        match (failure.extended_code, failure.code) {
            (SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY, _) => {
                Self::Taken(taken_columns(message.as_deref().unwrap_or_default()).to_owned())
            }
            (SQLITE_CONSTRAINT_FOREIGNKEY, _) => Self::ForeignKey(error.into()),
            (_, code) if is_passing(code) => Self::Unavailable(error.into()),
            _ => Self::Driver(error.into()),
        }
    }
}

/// `UNIQUE constraint failed: applications.slug`, or for an index over an
/// expression `UNIQUE constraint failed: index 'applications.slug'`.
fn taken_columns(message: &str) -> &str {
    let columns = message.strip_prefix("UNIQUE constraint failed: ").unwrap_or(message);
    columns.strip_prefix("index '").and_then(|name| name.strip_suffix('\'')).unwrap_or(columns)
}

/// Faults of the moment or of the disk rather than of the statement.
fn is_passing(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::ReadOnly
            | ErrorCode::OperationInterrupted
    )
}

impl From<tokio_postgres::Error> for StorageError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            return if error.is_closed() || is_network(&error) {
                Self::Unavailable(error.into())
            } else {
                Self::Driver(error.into())
            };
        };
        match refusal.code() {
            &SqlState::UNIQUE_VIOLATION => Self::Taken(refusal.constraint().unwrap_or_default().to_owned()),
            &SqlState::FOREIGN_KEY_VIOLATION => Self::ForeignKey(error.into()),
            &SqlState::IN_FAILED_SQL_TRANSACTION => Self::Aborted,
            code if is_conflict(code) || is_outage(code) => Self::Unavailable(error.into()),
            _ => Self::Driver(error.into()),
        }
    }
}

/// Two transactions were in each other's way: run again, either may pass.
pub(crate) fn is_conflict(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
}

/// Connections (08), resources (53), operators' interventions such as a
/// shutdown or a deadline (57), the server's own disk (58).
fn is_outage(code: &SqlState) -> bool {
    ["08", "53", "57", "58"].contains(&&code.code()[..2])
}

fn is_network(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(<dyn StdError + 'static>::is::<std::io::Error>)
}

/// Why a database cannot be served, in words for whoever starts the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database URL cannot be read")]
    InvalidUrl(#[source] BoxError),

    #[error("certificates to check the database's own against cannot be loaded")]
    Tls(#[source] BoxError),

    #[error(
        "SQLite {found} is linked; releases before {wanted} can corrupt a database, see sqlite.org/wal.html#walresetbug"
    )]
    UnsafeSqlite { found: &'static str, wanted: &'static str },

    #[error("another server runs on `{}`: {holder}", directory.display())]
    Locked { directory: PathBuf, holder: String },

    #[error("the lock file `{}` cannot be written", path.display())]
    LockFile { path: PathBuf, source: std::io::Error },

    #[error("migration {number:04} `{name}` has not been applied; run `appkeep migrate`")]
    SchemaOlder { number: i64, name: &'static str },

    #[error(
        "migration {number:04} `{name}` is of a newer release; run that release, or restore an older backup"
    )]
    SchemaNewer { number: i64, name: String },

    #[error("migration {number:04} `{name}` was applied with another text than this release has")]
    SchemaAltered { number: i64, name: String },

    #[error("migration {number:04} `{name}` failed, and nothing of it was kept")]
    Migration { number: i64, name: &'static str, source: StorageError },

    #[error("the database is damaged: {0}")]
    Damaged(String),

    #[error("the database did not answer")]
    Storage(#[from] StorageError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_names_what_is_taken() {
        for (message, name) in [
            ("UNIQUE constraint failed: applications.slug", "applications.slug"),
            ("UNIQUE constraint failed: tags.application_id, tags.tag", "tags.application_id, tags.tag"),
            ("UNIQUE constraint failed: index 'applications.folded'", "applications.folded"),
        ] {
            assert_eq!(taken_columns(message), name);
        }
    }

    #[test]
    fn no_row_touched_is_stale() {
        assert!(matches!(one_row(0), Err(StorageError::Stale)));
        assert!(one_row(1).is_ok());
    }

    #[test]
    fn outages_are_told_from_faults() {
        assert!(is_outage(&SqlState::ADMIN_SHUTDOWN));
        assert!(is_outage(&SqlState::QUERY_CANCELED));
        assert!(is_outage(&SqlState::TOO_MANY_CONNECTIONS));
        assert!(!is_outage(&SqlState::SYNTAX_ERROR));
        assert!(is_conflict(&SqlState::T_R_DEADLOCK_DETECTED));
        assert!(!is_conflict(&SqlState::UNIQUE_VIOLATION));
    }
}
