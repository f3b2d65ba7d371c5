//! The load that `wrk` cannot put on: where a request needs what the one before
//! it was answered.

use std::thread;
use std::time::{Duration, Instant};

use super::server::Server;
use super::wrk::Measured;
use crate::{Failure, report};

/// Puts load on the server for this long before anything is counted.
const WARMING_UP: Duration = Duration::from_secs(1);

/// What is done again and again, each time after the one before.
pub(super) trait Work: Send {
    /// A failure ends the run: what fails fast is not fast.
    fn once(&mut self) -> Result<(), Failure>;
}

/// When what ends is counted.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: Instant,
    to: Instant,
}

/// All of them at once, each on a thread of its own.
pub(super) fn drive<W: Work>(server: &Server, workers: &mut [W], seconds: u32) -> Result<Measured, Failure> {
    let (from, over) = (report::now() + WARMING_UP, Duration::from_secs(seconds.into()));
    let window = Window { from, to: from + over };
    thread::scope(|scope| {
        let working: Vec<_> =
            workers.iter_mut().map(|worker| scope.spawn(move || window.work(worker))).collect();
        thread::sleep(window.from.saturating_duration_since(report::now()));
        let before = server.time_on_core();
        thread::sleep(window.to.saturating_duration_since(report::now()));
        let on_core = server.time_on_core().saturating_sub(before);
        let mut took = Vec::new();
        for worker in working {
            took.extend(worker.join().map_err(|_| Failure::new("a part of the load panicked"))??);
        }
        Measured::of_times(&took, over, on_core)
    })
}

impl Window {
    /// How long each took that ended within.
    fn work(self, worker: &mut impl Work) -> Result<Vec<Duration>, Failure> {
        let (mut took, mut begun) = (Vec::new(), report::now());
        while begun < self.to {
            worker.once()?;
            let ended = report::now();
            if self.from <= ended && ended < self.to {
                took.push(ended - begun);
            }
            begun = ended;
        }
        Ok(took)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(u32);

    impl Work for Counting {
        fn once(&mut self) -> Result<(), Failure> {
            self.0 += 1;
            if self.0 == 1_000 { Err(Failure::new("tired")) } else { Ok(()) }
        }
    }

    #[test]
    fn what_ends_outside_the_window_is_not_counted() {
        let now = report::now();
        let hour = Duration::from_hours(1);
        let later = Window { from: now + hour, to: now + hour };
        assert_eq!(later.work(&mut Counting(0)), Err(Failure::new("tired")));
        let over = Window { from: now, to: now };
        assert_eq!(over.work(&mut Counting(0)), Ok(Vec::new()));
    }
}
