//! PostgreSQL as a whole: the pool, and transactions that run again when
//! another was in the way.

mod server;
mod session;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::RwLock;
use tokio::task::JoinError;
use tokio_util::task::LocalPoolHandle;

pub use self::server::Deadlines;
pub(crate) use self::server::{Server, Wire, keep_running};
pub(crate) use self::session::PostgresSession;
use crate::changes::Change;
use crate::conn::Conn;
use crate::error::{OpenError, Result, StorageError};
use crate::stats::Source;
use crate::store::Shared;
use crate::tx::{ReadTx, WriteTx, attempt};

const TRIES: u32 = 8;
/// From this try on, a transaction runs while no other one of this node does:
/// those that begin anew could be in its way each time.
const ALONE_FROM: u32 = 3;

/// One database on a server.
pub(crate) struct PostgresDatabase {
    pub(crate) server: Server,
    pub(crate) deadlines: Deadlines,
    pool: Pool,
    /// Bodies need not be `Send`, so each stays on the thread it began on.
    workers: LocalPoolHandle,
    /// Shared by those that run side by side.
    turns: RwLock<()>,
    waking: Arc<AtomicBool>,
    spread: AtomicU32,
}

impl fmt::Debug for PostgresDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresDatabase").field("deadlines", &self.deadlines).finish_non_exhaustive()
    }
}

impl PostgresDatabase {
    pub(crate) fn open(url: &str, connections: usize, deadlines: Deadlines) -> Result<Self, OpenError> {
        let server = Server::parse(url, deadlines)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            pool: server::pool(&server, connections, deadlines)?,
            server,
            deadlines,
            workers: LocalPoolHandle::new(processors.min(4)),
            turns: RwLock::new(()),
            waking: Arc::new(AtomicBool::new(false)),
            spread: AtomicU32::new(0),
        })
    }

    /// Borrows a connection, waiting while all are out.
    pub(crate) async fn session(&self) -> Result<Box<PostgresSession>> {
        let client = self.pool.get().await.map_err(StorageError::unavailable)?;
        Ok(Box::new(PostgresSession::new(client, self.deadlines.statement)))
    }

    /// Runs a future that need not be `Send`, to its end though nobody waits.
    pub(crate) async fn pin<T, F>(&self, work: impl FnOnce() -> F + Send + 'static) -> Result<T, JoinError>
    where
        F: Future<Output = T> + 'static,
        T: Send + 'static,
    {
        self.workers.spawn_pinned(work).await
    }

    pub(crate) async fn write<T, E, F>(
        database: &Arc<Self>,
        shared: Arc<Shared>,
        source: Source,
        body: F,
    ) -> Result<T, E>
    where
        F: AsyncFn(&mut WriteTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let own = Arc::clone(database);
        let work = move || async move { own.write_pinned(&shared, source, body).await };
        match database.pin(work).await {
            Ok(outcome) => outcome,
            // The connection was closed with the transaction on it.
            Err(_) => Err(StorageError::Panicked.into()),
        }
    }

    async fn write_pinned<T, E, F>(&self, shared: &Shared, source: Source, body: F) -> Result<T, E>
    where
        F: AsyncFn(&mut WriteTx) -> Result<T, E>,
        E: From<StorageError>,
    {
        shared.counters.job_waits();
        let _ends = EndsJob(shared);
        let mut tries = 1;
        loop {
            let turn = self.in_turn(tries, self.try_once(shared, source, &body)).await?;
            if turn.conflicted && tries < TRIES {
                shared.counters.retry();
                tokio::time::sleep(self.pause_after(tries)).await;
                tries += 1;
                continue;
            }
            if turn.outcome.is_ok() {
                shared.counters.batch(turn.commit_took);
            }
            if !turn.changes.is_empty() {
                shared.sinks.deliver(&turn.changes);
                self.wake_others();
            }
            return turn.outcome;
        }
    }

    /// Has a connection for as long as it takes and no longer: who waits for a
    /// turn must not keep one from those who only read.
    async fn try_once<T, E, F>(&self, shared: &Shared, source: Source, body: &F) -> Result<Turn<T, E>>
    where
        F: AsyncFn(&mut WriteTx) -> Result<T, E>,
        E: From<StorageError>,
    {
        let conn = Conn::Postgres(self.session().await?);
        let mut tx = WriteTx::new(ReadTx::new(conn, Arc::clone(&shared.counters), source));
        let outcome = attempt(&mut tx, body).await;
        Ok(Turn {
            outcome,
            conflicted: tx.conflicted(),
            changes: tx.take_committed(),
            commit_took: tx.commit_took(),
        })
    }

    async fn in_turn<T>(&self, tries: u32, attempt: impl Future<Output = T>) -> T {
        if tries < ALONE_FROM {
            let _shared = self.turns.read().await;
            return attempt.await;
        }
        let _alone = self.turns.write().await;
        attempt.await
    }

    /// Doubles from a millisecond, and is spread so that two that met do not
    /// meet again. Multiples of the golden ratio spread evenly without chance.
    fn pause_after(&self, tries: u32) -> Duration {
        let step = self.spread.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9) >> 22;
        Duration::from_micros(500 + u64::from(step)).saturating_mul(1 << tries.min(6))
    }

    /// Wakes the other nodes' feeds, once for all commits of a moment. It is
    /// no part of the transaction: a `NOTIFY` inside would make commits queue
    /// for PostgreSQL's one notification lock, and their poll sees the change
    /// a little later anyway.
    fn wake_others(&self) {
        if self.waking.swap(true, Ordering::AcqRel) {
            return;
        }
        let (waking, pool, limit) = (Arc::clone(&self.waking), self.pool.clone(), self.deadlines.statement);
        keep_running(async move {
            let client = pool.get().await;
            waking.store(false, Ordering::Release);
            if let Ok(client) = client {
                // A lost one costs a quarter of a second.
                let _ = tokio::time::timeout(limit, client.batch_execute("NOTIFY appkeep_changes")).await;
            }
        });
    }
}

/// What came of running a body once.
struct Turn<T, E> {
    outcome: Result<T, E>,
    /// Whether another transaction was in the way.
    conflicted: bool,
    changes: Vec<Change>,
    commit_took: Duration,
}

struct EndsJob<'a>(&'a Shared);

impl Drop for EndsJob<'_> {
    fn drop(&mut self) {
        self.0.counters.job_ends();
    }
}

#[cfg(test)]
mod tests {
    use appkeep_testkit::TestDatabase;

    use super::*;
    use crate::store::{Backend, Database, Store};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_waits_for_a_turn_leaves_the_connections_to_those_who_read() {
        const CONNECTIONS: usize = 2;
        let database = TestDatabase::postgres().await;
        let url = database.address();
        let opened = Database::Postgres { url, connections: CONNECTIONS, deadlines: Deadlines::default() };
        let store = Store::open(opened).expect("opens");
        let Backend::Postgres(backend) = &store.backend else { panic!("it is PostgreSQL") };
        let alone = backend.turns.write().await;
        let waiting: Vec<_> = (0..CONNECTIONS * 2)
            .map(|_| {
                let store = store.clone();
                keep_running(async move { store.write(async |_| Ok::<_, StorageError>(())).await })
            })
            .collect();
        while store.stats().queue_depth < (CONNECTIONS * 2) as u64 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        store.read().await.expect("there is a connection").database_facts().await.expect("reads");
        drop(alone);
        for write in waiting {
            write.await.expect("runs").expect("commits");
        }
    }
}
