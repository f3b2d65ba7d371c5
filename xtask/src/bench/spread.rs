//! How long things took: the one in the middle, and the slow ones.

use std::time::Duration;

/// Of many times the median and the 99th percentile, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

impl Spread {
    /// By the nearest rank; of no times there is none.
    pub(super) fn of(times: &[Duration]) -> Option<Self> {
        let mut times = times.to_vec();
        times.sort_unstable();
        let at = |share: usize| {
            let rank = (times.len() * share).div_ceil(100);
            times.get(rank.checked_sub(1)?).map(|time| time.as_secs_f64() * 1e3)
        };
        Some(Self { p50_ms: at(50)?, p99_ms: at(99)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_slow_are_found() {
        let millis =
            |times: &[u64]| times.iter().map(|&time| Duration::from_millis(time)).collect::<Vec<_>>();
        let hundred: Vec<u64> = (1..=100).rev().collect();
        for (times, expected) in [
            (&[][..], None),
            (&[7], Some((7.0, 7.0))),
            (&[3, 1, 2], Some((2.0, 3.0))),
            (&hundred, Some((50.0, 99.0))),
        ] {
            let found = Spread::of(&millis(times)).map(|spread| (spread.p50_ms, spread.p99_ms));
            assert_eq!(found, expected, "{times:?}");
        }
    }
}
