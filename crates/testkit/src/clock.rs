//! Time that moves when a test says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use appkeep_domain::{Clock, Lifetime, Timestamp};

/// A clock that stands still. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_micros())))
    }

    /// A clock that shows 2026-05-20T10:00:00Z.
    pub fn fixed() -> Self {
        Self::new(Timestamp::from_seconds(1_779_271_200))
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_micros(), Ordering::SeqCst);
    }

    pub fn advance(&self, span: Lifetime) {
        self.advance_micros(span.as_micros());
    }

    pub fn advance_micros(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_by_hand_only() {
        let clock = ManualClock::fixed();
        let begun = clock.now();
        assert_eq!(begun.to_string(), "2026-05-20T10:00:00Z");
        clock.clone().advance(Lifetime::from_seconds(5));
        assert_eq!(clock.now(), begun.plus(Lifetime::from_seconds(5)));
        clock.set(begun);
        assert_eq!(clock.now(), begun);
    }
}
