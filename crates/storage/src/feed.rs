//! The change feed: what other nodes and other processes committed reaches
//! whoever keeps copies on this one, and everybody knows how fresh that is.

mod postgres;
mod sqlite;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use self::postgres::{PostgresFeed, listen};
use self::sqlite::SqliteFeed;
use crate::changes::{Change, Sinks, Topic};
use crate::error::Result;
use crate::monotonic;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::store::{Backend, Store};

/// For how long a confirmation holds: with the time that a read is given after
/// it, a node that is cut off refuses within a second.
const CURRENT_FOR: Duration = Duration::from_millis(750);
/// How long rows are kept, and how long a feed may be cut off before it counts
/// as having missed some. The second is shorter, since sweeps are not exact.
const RETENTION: Duration = Duration::from_hours(1);
const LONGEST_GAP: Duration = Duration::from_mins(30);
const SWEEP_EVERY: Duration = Duration::from_mins(1);
const SWEEP_BATCH: u64 = 1_000;

/// A look that finds more than this drops every copy instead.
const MOST_ROWS: i64 = 10_000;

/// What was committed since the last look, beside where the next one goes on.
///
/// In PostgreSQL sequence numbers become visible out of order, so `$1` is the
/// snapshot of the last look, and a row is new when that could not see its
/// transaction: one that took its number early and committed late is not
/// missed. A transaction at or after the present snapshot's end does not exist
/// yet; its number was brought here by a restore.
const READ_CHANGES: Sql = sql!(
    postgres: "SELECT present.snapshot::text AS snapshot, present.server, changes.topic, changes.key
               FROM (SELECT pg_current_snapshot() AS snapshot, pg_postmaster_start_time()::text AS server) AS present
               LEFT JOIN changes ON changes.xid >= pg_snapshot_xmin($1::text::pg_snapshot)
                   AND changes.xid < pg_snapshot_xmax(present.snapshot)
                   AND NOT pg_visible_in_snapshot(changes.xid, $1::text::pg_snapshot)
               ORDER BY changes.seq LIMIT $2",
    sqlite: "SELECT present.newest, changes.topic, changes.key
             FROM (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0) AS newest) AS present
             LEFT JOIN changes ON changes.seq > $1
             ORDER BY changes.seq LIMIT $2",
);

/// Looks at the oldest rows only, so that a sweep that finds nothing costs
/// little. The time is the database's own, as it was when they were written.
const SWEEP: Sql = sql!(
    postgres: "DELETE FROM changes WHERE seq IN (
                   SELECT seq FROM (SELECT seq, at FROM changes ORDER BY seq LIMIT $2) AS oldest
                   WHERE at < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - $1)",
    sqlite: "DELETE FROM changes WHERE seq IN (
                 SELECT seq FROM (SELECT seq, at FROM changes ORDER BY seq LIMIT $2) AS oldest
                 WHERE at < CAST(unixepoch('subsec') * 1000000 AS INTEGER) - $1)",
);

/// The running feed. It stops when this is dropped.
pub struct Feed {
    freshness: Arc<Freshness>,
    _tasks: JoinSet<()>,
}

impl Feed {
    /// Starts to follow the database, on the runtime this is called in.
    /// Nothing is confirmed before the first look.
    pub fn start(store: &Store) -> Self {
        let freshness = Arc::new(Freshness::new());
        let mut tasks = JoinSet::new();
        let wake = Arc::new(Notify::new());
        let reader = match &store.backend {
            Backend::Sqlite(database) => Reader::Sqlite(SqliteFeed::new(Arc::clone(database))),
            Backend::Postgres(database) => {
                tasks.spawn(listen(database.server.clone(), Arc::clone(&wake)));
                Reader::Postgres(Box::new(PostgresFeed::new(database.server.clone())))
            }
        };
        let follower = Follower {
            reader,
            store: store.background(),
            sinks: Arc::clone(&store.shared.sinks),
            freshness: Arc::clone(&freshness),
            wake,
        };
        tasks.spawn(follower.run());
        tasks.spawn(sweep_for_ever(store.background()));
        Self { freshness, _tasks: tasks }
    }

    /// Whether everything committed until a moment ago, less than a second, has
    /// been delivered here. Cheap enough for every request.
    pub fn is_current(&self) -> bool {
        self.freshness.age().is_some_and(|age| age <= CURRENT_FOR)
    }

    /// A handle to ask from elsewhere.
    pub fn freshness(&self) -> Arc<Freshness> {
        Arc::clone(&self.freshness)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("age", &self.freshness.age()).finish_non_exhaustive()
    }
}

/// When the feed last knew that it had missed nothing.
#[derive(Debug)]
pub struct Freshness {
    origin: Instant,
    /// Microseconds from the origin, and one: zero is never.
    confirmed: AtomicU64,
}

impl Freshness {
    fn new() -> Self {
        Self { origin: monotonic::now(), confirmed: AtomicU64::new(0) }
    }

    /// Of a process that is told of no changes, such as a command.
    pub fn never() -> Self {
        Self::new()
    }

    /// The same as [`Feed::is_current`].
    pub fn is_current(&self) -> bool {
        self.age().is_some_and(|age| age <= CURRENT_FOR)
    }

    /// How long ago the feed was last confirmed; `None` before the first time.
    pub fn age(&self) -> Option<Duration> {
        let micros = self.confirmed.load(Ordering::Acquire).checked_sub(1)?;
        Some(monotonic::now().saturating_duration_since(self.origin + Duration::from_micros(micros)))
    }

    fn confirm(&self, seen_at: Instant) {
        let micros = seen_at.saturating_duration_since(self.origin).as_micros();
        self.confirmed.store(u64::try_from(micros).unwrap_or(u64::MAX - 1) + 1, Ordering::Release);
    }
}

enum Reader {
    Sqlite(SqliteFeed),
    Postgres(Box<PostgresFeed>),
}

impl Reader {
    async fn poll(&mut self) -> Result<Vec<Change>> {
        match self {
            Self::Sqlite(feed) => feed.poll(),
            Self::Postgres(feed) => feed.poll().await,
        }
    }

    /// SQLite has no quick path, but a look costs microseconds.
    const fn pause(&self) -> Duration {
        match self {
            Self::Sqlite(_) => Duration::from_millis(100),
            Self::Postgres(_) => Duration::from_millis(250),
        }
    }
}

struct Follower {
    reader: Reader,
    store: Store,
    sinks: Arc<Sinks>,
    freshness: Arc<Freshness>,
    wake: Arc<Notify>,
}

impl Follower {
    /// No failure ends the loop; until it is over, nothing is confirmed.
    async fn run(mut self) {
        let mut interrupted = false;
        loop {
            let begun = monotonic::now();
            match self.look(begun).await {
                Ok(()) if interrupted => {
                    interrupted = false;
                    tracing::info!("the change feed is followed again");
                }
                Err(error) if !interrupted => {
                    interrupted = true;
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the change feed is interrupted"
                    );
                }
                _ => {}
            }
            let rest = self.reader.pause().saturating_sub(begun.elapsed());
            let _ = tokio::time::timeout(rest, self.wake.notified()).await;
        }
    }

    /// What was committed before `begun` has been delivered when this returns.
    async fn look(&mut self, begun: Instant) -> Result<()> {
        self.store.count_statement();
        let changes = self.reader.poll().await?;
        if self.freshness.age().is_some_and(|age| age > LONGEST_GAP) {
            self.sinks.deliver(&[Change::EVERYTHING]);
        }
        self.sinks.deliver(&changes);
        self.freshness.confirm(begun);
        Ok(())
    }
}

fn read_change(row: &Row<'_>) -> Result<Option<Change>> {
    let topic: Option<i64> = row.get("topic")?;
    topic.map(|number| Ok(Change { topic: Topic::from_number(number), key: row.get("key")? })).transpose()
}

async fn sweep_for_ever(store: Store) {
    loop {
        if let Err(error) = sweep(&store, RETENTION).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old rows of the change feed were not swept"
            );
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

pub(crate) async fn sweep(store: &Store, retention: Duration) -> Result<()> {
    let micros = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
    while sweep_batch(store, micros).await? == SWEEP_BATCH {}
    Ok(())
}

/// In no serializable transaction: that would stand in the way of every write
/// that announces something.
async fn sweep_batch(store: &Store, micros: i64) -> Result<u64> {
    const LIMIT: i64 = SWEEP_BATCH.cast_signed();
    store.execute_alone(SWEEP, vec![micros.into(), LIMIT.into()]).await
}
