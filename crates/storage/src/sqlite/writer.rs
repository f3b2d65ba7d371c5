//! SQLite's one writer: a thread that owns the connection and lets many
//! transactions share one commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::changes::{Change, Sinks};
use crate::conn::Conn;
use crate::error::{BoxError, Result, StorageError};
use crate::monotonic;
use crate::sqlite::{SqliteSession, poll_once};
use crate::stats::{Counters, Source};
use crate::tx::{ReadTx, WriteTx, attempt};

/// A batch closes at so many jobs, or after so long.
const BATCH_JOBS: usize = 128;
const BATCH_TIME: Duration = Duration::from_millis(5);
/// How many may wait before callers wait to be let in.
const QUEUE: usize = 1_024;

/// The way to the writer thread, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    counters: Arc<Counters>,
}

impl Writer {
    pub(crate) fn start(session: SqliteSession, counters: Arc<Counters>, sinks: Arc<Sinks>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let tx = WriteTx::new(ReadTx::new(Conn::Sqlite(session), Arc::clone(&counters), Source::Request));
        let writing = WriterThread { tx, queue, counters: Arc::clone(&counters), sinks };
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || writing.run())
            .expect("a process that starts can start a thread");
        Self { jobs, counters }
    }

    /// Runs a body in a transaction. From the moment it is queued it runs to
    /// its end, whether or not anybody waits for the answer.
    pub(crate) async fn write<T, E, F>(&self, body: F, source: Source) -> Result<T, E>
    where
        F: AsyncFn(&mut WriteTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job = Box::new(BodyJob { body, answer, source });
        let place =
            self.jobs.reserve().await.map_err(|_| StorageError::unavailable("the writer has stopped"))?;
        self.counters.job_waits();
        place.send(job);
        outcome.await.map_err(|_| StorageError::unavailable("the writer has stopped"))?
    }
}

/// One transaction, whatever its types are.
trait Job: Send {
    /// Runs it inside the batch.
    fn run(self: Box<Self>, tx: &mut WriteTx) -> Settled;
    /// Answers it without having run it.
    fn refuse(self: Box<Self>, error: StorageError);
}

/// A job that has run and waits for the batch's commit.
struct Settled {
    changes: Vec<Change>,
    answer: Box<dyn FnOnce(Result<()>)>,
}

struct BodyJob<T, E, F> {
    body: F,
    answer: oneshot::Sender<Result<T, E>>,
    source: Source,
}

impl<T, E, F> Job for BodyJob<T, E, F>
where
    F: AsyncFn(&mut WriteTx) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StorageError> + Send + 'static,
{
    fn run(self: Box<Self>, tx: &mut WriteTx) -> Settled {
        let Self { body, answer, source } = *self;
        tx.begin_for(source);
        let outcome = run_alone(tx, &body);
        let changes = if outcome.is_ok() { tx.take_committed() } else { Vec::new() };
        // A caller that has left does not want to know.
        let answer = Box::new(move |committed: Result<()>| {
            let _ = answer.send(outcome.and_then(|value| committed.map(|()| value).map_err(E::from)));
        });
        Settled { changes, answer }
    }

    fn refuse(self: Box<Self>, error: StorageError) {
        let _ = self.answer.send(Err(error.into()));
    }
}

/// Runs a body so that its panic, or its waiting for something else, is its
/// own failure only.
fn run_alone<T, E, F>(tx: &mut WriteTx, body: &F) -> Result<T, E>
where
    F: AsyncFn(&mut WriteTx) -> Result<T, E>,
    E: From<StorageError>,
{
    let failure = match catch_unwind(AssertUnwindSafe(|| poll_once(attempt(tx, body)))) {
        Ok(Ok(outcome)) => return outcome,
        Ok(Err(suspended)) => suspended,
        Err(_) => StorageError::Panicked,
    };
    poll_once(tx.rollback())?;
    Err(failure.into())
}

struct WriterThread {
    tx: WriteTx,
    queue: mpsc::Receiver<Box<dyn Job>>,
    counters: Arc<Counters>,
    sinks: Arc<Sinks>,
}

impl WriterThread {
    fn run(mut self) {
        while let Some(first) = self.queue.blocking_recv() {
            match self.command("BEGIN IMMEDIATE") {
                Ok(()) => self.run_batch(first),
                Err(error) => self.refuse_waiting(first, error),
            }
        }
    }

    /// Takes what waits already and never waits for more, so that an idle
    /// queue commits at once.
    fn run_batch(&mut self, first: Box<dyn Job>) {
        let begun = monotonic::now();
        let mut settled = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next.take() {
            settled.push(job.run(&mut self.tx));
            if settled.len() < BATCH_JOBS && begun.elapsed() < BATCH_TIME && self.in_transaction() {
                next = self.queue.try_recv().ok();
            }
        }
        let committed = self.commit();
        self.settle(settled, committed);
    }

    /// With what the jobs left for the search indexes.
    fn commit(&mut self) -> Result<(), Arc<StorageError>> {
        if !self.in_transaction() {
            self.tx.entries.clear();
            return Err(Arc::new(StorageError::unavailable("SQLite undid the transaction by itself")));
        }
        let entered = poll_once(self.tx.write_entries()).and_then(|entered| entered);
        let begun = monotonic::now();
        let outcome = entered.and_then(|()| self.command("COMMIT"));
        self.counters.batch(begun.elapsed());
        if outcome.is_err() && self.in_transaction() {
            // Nothing is left to do when this fails too: the next BEGIN says so.
            let _ = self.command("ROLLBACK");
        }
        outcome.map_err(Arc::new)
    }

    /// Whoever keeps copies is told before anybody is answered.
    fn settle(&self, settled: Vec<Settled>, committed: Result<(), Arc<StorageError>>) {
        if committed.is_ok() {
            let changes: Vec<Change> = settled.iter().flat_map(|job| job.changes.iter().copied()).collect();
            self.sinks.deliver(&changes);
        }
        for job in settled {
            self.counters.job_ends();
            (job.answer)(committed.clone().map_err(|cause| StorageError::Unavailable(BoxError::from(cause))));
        }
    }

    /// Another process holds the database for longer than the busy timeout, or
    /// the disk fails. Everybody who waits has waited long enough.
    fn refuse_waiting(&mut self, first: Box<dyn Job>, error: StorageError) {
        let cause = Arc::new(error);
        let mut next = Some(first);
        while let Some(job) = next.take() {
            self.counters.job_ends();
            job.refuse(StorageError::Unavailable(BoxError::from(Arc::clone(&cause))));
            next = self.queue.try_recv().ok();
        }
    }

    fn command(&self, text: &'static str) -> Result<()> {
        match self.tx.conn() {
            Conn::Sqlite(session) => session.command(text),
            Conn::Postgres(_) => Err(StorageError::unavailable("not SQLite's connection")),
        }
    }

    fn in_transaction(&self) -> bool {
        matches!(self.tx.conn(), Conn::Sqlite(session) if session.in_transaction())
    }
}
