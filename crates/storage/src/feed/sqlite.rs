//! The feed on SQLite: `PRAGMA data_version` says that somebody committed, the
//! sequence numbers say what.

use std::sync::Arc;

use super::{MOST_ROWS, READ_CHANGES, read_change};
use crate::changes::Change;
use crate::error::Result;
use crate::row::Row;
use crate::sqlite::{SqliteDatabase, SqliteSession};

pub(crate) struct SqliteFeed {
    database: Arc<SqliteDatabase>,
    following: Option<Following>,
}

struct Following {
    session: SqliteSession,
    data_version: i64,
    last_seq: i64,
}

/// A row of the feed, beside the newest number ever given out.
struct Seen {
    newest: i64,
    change: Option<Change>,
}

impl SqliteFeed {
    pub(crate) fn new(database: Arc<SqliteDatabase>) -> Self {
        Self { database, following: None }
    }

    /// What was committed since the last look.
    pub(crate) fn poll(&mut self) -> Result<Vec<Change>> {
        let outcome = match &mut self.following {
            Some(following) => following.poll(),
            None => self.begin(),
        };
        if outcome.is_err() {
            self.following = None;
        }
        outcome
    }

    /// Before this nothing was seen, so nothing may be kept from before.
    fn begin(&mut self) -> Result<Vec<Change>> {
        let session = SqliteSession::owning(self.database.connect_to_read()?);
        let data_version = session.data_version()?;
        let newest = read_after(&session, i64::MAX)?.first().map_or(0, |seen| seen.newest);
        self.following = Some(Following { session, data_version, last_seq: newest });
        Ok(vec![Change::EVERYTHING])
    }
}

impl Following {
    fn poll(&mut self) -> Result<Vec<Change>> {
        let data_version = self.session.data_version()?;
        if data_version == self.data_version {
            return Ok(Vec::new());
        }
        let seen = read_after(&self.session, self.last_seq)?;
        let newest = seen.first().map_or(self.last_seq, |row| row.newest);
        let changes: Vec<Change> = seen.iter().filter_map(|row| row.change).collect();
        // Numbers have no holes here: one missing was swept before it was seen.
        let complete = usize::try_from(newest - self.last_seq) == Ok(changes.len());
        self.data_version = data_version;
        self.last_seq = newest;
        Ok(if complete { changes } else { vec![Change::EVERYTHING] })
    }
}

fn read_after(session: &SqliteSession, seq: i64) -> Result<Vec<Seen>> {
    session.fetch_all(READ_CHANGES, &[seq.into(), MOST_ROWS.into()], Seen::read)
}

impl Seen {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { newest: row.get("newest")?, change: read_change(row)? })
    }
}
