//! So many times in so long, for each of many.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use appkeep_domain::Timestamp;

/// So many times in so long; as many may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub times: u32,
    pub per: Duration,
}

/// What is left of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub times: u32,
    pub whole_at: Timestamp,
}

/// The generic cell rate algorithm: for each key the moment at which its
/// budget will be whole again, in microseconds, and nothing else.
pub struct Budget<K> {
    /// How long one takes to be given back.
    interval: u64,
    /// How long all take.
    whole: u64,
    cells: quick_cache::sync::Cache<K, Arc<AtomicU64>>,
}

impl<K: Hash + Eq + Clone> Budget<K> {
    /// A hundred bytes each. A key that is pushed out has a whole budget again.
    const MOST: usize = 65_536;

    /// Whole for everybody.
    pub fn new(rate: Rate) -> Self {
        let whole = u64::try_from(rate.per.as_micros()).unwrap_or(u64::MAX / 4);
        let times = u64::from(rate.times.max(1));
        Self { interval: (whole / times).max(1), whole, cells: quick_cache::sync::Cache::new(Self::MOST) }
    }

    /// Whether anything was taken of anybody's.
    pub(crate) fn is_used(&self) -> bool {
        !self.cells.is_empty()
    }

    /// Whether there is one to take; otherwise how long until there is.
    pub(crate) fn look(&self, key: &K, now: Timestamp) -> Result<(), Duration> {
        let Some(cell) = self.cells.get(key) else { return Ok(()) };
        self.next(cell.load(Ordering::Relaxed), micros(now)).map(drop)
    }

    /// Takes one; otherwise how long until there is one to take.
    pub fn take(&self, key: &K, now: Timestamp) -> Result<(), Duration> {
        let fresh = || Ok::<_, std::convert::Infallible>(Arc::new(AtomicU64::new(0)));
        let Ok(cell) = self.cells.get_or_insert_with(key, fresh);
        let mut before = cell.load(Ordering::Relaxed);
        loop {
            let after = self.next(before, micros(now))?;
            match cell.compare_exchange_weak(before, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(newer) => before = newer,
            }
        }
    }

    /// How many there are to take, and when there will be all.
    pub fn left(&self, key: &K, now: Timestamp) -> Left {
        let cell = self.cells.get(key).map_or(0, |cell| cell.load(Ordering::Relaxed));
        let (now, latest) = (micros(now), micros(now).saturating_add(self.whole));
        let whole_at = if cell > latest { now } else { cell.max(now) };
        let times = (latest - whole_at) / self.interval;
        Left {
            times: u32::try_from(times).unwrap_or(u32::MAX),
            whole_at: Timestamp::from_micros(i64::try_from(whole_at).unwrap_or(i64::MAX)),
        }
    }

    /// What the cell holds after one was taken. More than a whole budget is
    /// missing only after the clock was set back, and then nothing counts.
    fn next(&self, whole_at: u64, now: u64) -> Result<u64, Duration> {
        let latest = now.saturating_add(self.whole);
        let whole_at = if whole_at > latest { now } else { whole_at.max(now) };
        let after = whole_at.saturating_add(self.interval);
        let over = after.saturating_sub(latest);
        if over == 0 { Ok(after) } else { Err(Duration::from_micros(over)) }
    }
}

impl<K> fmt::Debug for Budget<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").field("interval", &self.interval).finish_non_exhaustive()
    }
}

fn micros(now: Timestamp) -> u64 {
    u64::try_from(now.as_micros()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { times: 3, per: Duration::from_mins(1) };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    #[test]
    fn as_many_may_come_at_once_and_are_given_back_one_by_one() {
        let budget = Budget::new(RATE);
        for (second, outcome) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(20)),
            (19, Err(1)),
            (20, Ok(())),
            (20, Err(20)),
            (200, Ok(())),
            (200, Ok(())),
            (200, Ok(())),
            (200, Err(20)),
        ] {
            let expected = outcome.map_err(Duration::from_secs);
            assert_eq!(budget.look(&1, at(second)), expected, "at {second}");
            assert_eq!(budget.take(&1, at(second)), expected, "at {second}");
        }
        assert_eq!(budget.take(&2, at(200)), Ok(()), "each has its own");
    }

    #[test]
    fn a_clock_that_is_set_back_leaves_nobody_waiting() {
        let budget = Budget::new(RATE);
        for _ in 0..3 {
            budget.take(&1, at(100_000)).expect("is there");
        }
        assert_eq!(budget.take(&1, at(100_000)), Err(Duration::from_secs(20)));
        for _ in 0..3 {
            assert_eq!(budget.take(&1, at(0)), Ok(()));
        }
        assert_eq!(budget.take(&1, at(0)), Err(Duration::from_secs(20)));
    }

    #[test]
    fn what_is_left_is_told() {
        let budget = Budget::new(RATE);
        for (second, takes, times, whole_at) in
            [(0, 0, 3, 0), (0, 1, 2, 20), (0, 2, 0, 60), (10, 1, 0, 60), (20, 0, 1, 60), (100, 0, 3, 100)]
        {
            for _ in 0..takes {
                let _ = budget.take(&1, at(second));
            }
            let left = Left { times, whole_at: at(whole_at) };
            assert_eq!(budget.left(&1, at(second)), left, "at {second}");
        }
    }
}
