//! A copy of the database as of one moment, while others write.

use std::ffi::c_int;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::file;
use crate::error::{OpenError, Result, StorageError};

/// How much is copied before progress is told: 16 MiB.
const PAGES: c_int = 4_096;
/// How often, and after which pause, a step is tried again when the database
/// is locked by somebody who does not write beside readers, as a recovery is.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// How far a copy has got, in pages of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    pub pages: u64,
    pub of: u64,
}

/// Copies into a file that is empty or not there, and looks through the copy.
///
/// The source's view is held for the whole of it, so that what others commit
/// meanwhile neither gets in nor makes the copy begin again. Writers do not
/// wait for it; the write-ahead log is not shortened before it ends.
pub(super) fn back_up(source: &Connection, to: &Path, tell: impl FnMut(Copied)) -> Result<(), OpenError> {
    let mut target = Connection::open(to).map_err(StorageError::from)?;
    copy(source, &mut target, tell)?;
    file::settle(&target)?;
    file::check(&target)?;
    target.close().map_err(|(_, error)| StorageError::from(error))?;
    Ok(())
}

fn copy(source: &Connection, target: &mut Connection, mut tell: impl FnMut(Copied)) -> Result<()> {
    let view = source.unchecked_transaction()?;
    // A transaction sees nothing before it reads.
    view.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let backup = Backup::new(&view, target)?;
    let mut tries = 0;
    while tries < TRIES {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => tell(copied(&backup)),
            _ => {
                tries += 1;
                std::thread::sleep(PAUSE);
            }
        }
    }
    Err(StorageError::unavailable("the database was locked for too long"))
}

fn copied(backup: &Backup<'_, '_>) -> Copied {
    let progress = backup.progress();
    let number = |pages: c_int| u64::from(pages.unsigned_abs());
    Copied { pages: number(progress.pagecount - progress.remaining), of: number(progress.pagecount) }
}
