//! What the store has done, for `/metrics` and for tests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// On whose behalf a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Request,
    Background,
}

/// Counts since the store was opened. Each number is right by itself; together
/// they are not of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Statements run for requests.
    pub request_statements: u64,
    /// Statements run for the change feed, jobs and sweeps.
    pub background_statements: u64,
    /// Commits. Several transactions share one on SQLite.
    pub batches: u64,
    /// Transactions that were begun.
    pub jobs: u64,
    /// Transactions that ran once more because another was in the way.
    pub retries: u64,
    /// Transactions that wait for their turn, or run.
    pub queue_depth: u64,
    /// How long the last commit took.
    pub last_commit: Duration,
    /// How many rows the largest transaction wrote.
    pub largest_transaction: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    request_statements: AtomicU64,
    background_statements: AtomicU64,
    batches: AtomicU64,
    jobs: AtomicU64,
    retries: AtomicU64,
    queue_depth: AtomicU64,
    last_commit_micros: AtomicU64,
    largest_transaction: AtomicU64,
}

impl Counters {
    pub(crate) fn statement(&self, source: Source) {
        match source {
            Source::Request => &self.request_statements,
            Source::Background => &self.background_statements,
        }
        .fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn batch(&self, commit_took: Duration) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(commit_took.as_micros()).unwrap_or(u64::MAX);
        self.last_commit_micros.store(micros, Ordering::Relaxed);
    }

    pub(crate) fn wrote(&self, rows: u64) {
        self.largest_transaction.fetch_max(rows, Ordering::Relaxed);
    }

    pub(crate) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn job_waits(&self) {
        self.jobs.fetch_add(1, Ordering::Relaxed);
        self.queue_depth.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn job_ends(&self) {
        self.queue_depth.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            request_statements: read(&self.request_statements),
            background_statements: read(&self.background_statements),
            batches: read(&self.batches),
            jobs: read(&self.jobs),
            retries: read(&self.retries),
            queue_depth: read(&self.queue_depth),
            last_commit: Duration::from_micros(read(&self.last_commit_micros)),
            largest_transaction: read(&self.largest_transaction),
        }
    }
}
