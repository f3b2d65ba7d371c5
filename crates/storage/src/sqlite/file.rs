//! A SQLite database as a file, while no server uses it.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::{OpenError, Result, StorageError};

const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// A database file that is there, and is looked after rather than asked.
/// Each call may take as long as reading the file does.
#[derive(Debug, Clone, Copy)]
pub struct SqliteFile<'a>(pub &'a Path);

impl SqliteFile<'_> {
    /// Reads all of it; [`OpenError::Damaged`] says what does not fit together.
    pub fn check(self) -> Result<(), OpenError> {
        check(&self.open()?)
    }

    /// Brings everything into the one file, so that none stands beside it.
    /// Fails when somebody else has it open.
    pub fn settle(self) -> Result<(), OpenError> {
        settle(&self.open()?)
    }

    fn open(self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Connection::open_with_flags(self.0, flags)?)
    }
}

pub(super) fn check(connection: &Connection) -> Result<(), OpenError> {
    let found: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| OpenError::Damaged(error.to_string()))?;
    if found == "ok" { Ok(()) } else { Err(OpenError::Damaged(found)) }
}

/// Leaving the write-ahead log needs the file alone, for which SQLite itself
/// does not wait.
pub(super) fn settle(connection: &Connection) -> Result<(), OpenError> {
    let mut left = leave_log(connection);
    for _ in 1..TRIES {
        match left {
            Err(StorageError::Unavailable(_)) => std::thread::sleep(PAUSE),
            _ => break,
        }
        left = leave_log(connection);
    }
    Ok(left?)
}

fn leave_log(connection: &Connection) -> Result<()> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    if mode == "delete" { Ok(()) } else { Err(StorageError::unavailable("somebody else has it open")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_settled_stands_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.db");
        let open = Connection::open(&path).expect("opens");
        open.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);")
            .expect("writes");
        let copy = folder.path().join("copy.db");
        for suffix in ["", "-wal"] {
            let beside = |path: &Path| format!("{}{suffix}", path.display());
            std::fs::copy(beside(&path), beside(&copy)).expect("is there");
        }
        SqliteFile(&copy).settle().expect("nobody has it open");
        SqliteFile(&copy).check().expect("is whole");
        assert!(!folder.path().join("copy.db-wal").exists());
        let read = Connection::open(&copy).expect("opens");
        assert_eq!(read.query_row("SELECT a FROM t", [], |row| row.get::<_, i64>(0)), Ok(1));
    }

    #[test]
    fn what_is_no_database_is_damaged() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.db");
        std::fs::write(&path, [7; 8_192]).expect("writes");
        let refused = SqliteFile(&path).check();
        assert!(matches!(refused, Err(OpenError::Damaged(_))), "{refused:?}");
        assert!(SqliteFile(&folder.path().join("none.db")).check().is_err());
        assert!(!folder.path().join("none.db").exists());
    }
}
