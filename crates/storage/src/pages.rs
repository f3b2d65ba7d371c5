//! One page of a list, gathered with a bound on the work.

use std::ops::ControlFlow;

use appkeep_domain::ApplicationId;

use crate::tx::ReadTx;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seek<K = ApplicationId> {
    /// What comes after this one; from the beginning when absent.
    pub after: Option<K>,
    pub limit: usize,
}

impl ReadTx {
    /// Most rows that one call examines.
    pub const MAX_EXAMINED: usize = 5_000;
}

/// A page in the making: batches of candidates go in, in the list's order, and
/// those that pass are kept.
pub(crate) struct Gathering<T, K> {
    limit: usize,
    examined: usize,
    found: Vec<T>,
    /// The last key that was examined and is not after this page.
    last: Option<K>,
}

impl<T, K: Copy> Gathering<T, K> {
    /// Goes on after `after`, for at most `limit`.
    pub(crate) fn new(after: Option<K>, limit: usize) -> Self {
        Self { limit, examined: 0, found: Vec::new(), last: after }
    }

    /// After which key the next batch begins.
    pub(crate) fn after(&self) -> Option<K> {
        self.last
    }

    /// Whether so few have passed that a narrower way is worth looking for.
    pub(crate) fn is_thin(&self) -> bool {
        self.found.len() * 10 < self.examined
    }

    /// How many candidates to ask for: one more than are wanted says whether
    /// there is a next page, and where few pass each batch doubles the work.
    pub(crate) fn batch(&self) -> usize {
        let missing = (self.limit + 1).saturating_sub(self.found.len());
        missing.max(self.examined).min(ReadTx::MAX_EXAMINED - self.examined)
    }

    /// Takes what a batch brought, the last of all if they are `exhausted`;
    /// breaks with where the next page begins when this one is done.
    pub(crate) fn take(
        &mut self,
        candidates: Vec<T>,
        exhausted: bool,
        key: impl Fn(&T) -> K,
        passes: impl Fn(&T) -> bool,
    ) -> ControlFlow<Option<K>> {
        self.examined += candidates.len();
        for candidate in candidates {
            let examined = key(&candidate);
            if passes(&candidate) {
                if self.found.len() == self.limit {
                    return ControlFlow::Break(self.last);
                }
                self.found.push(candidate);
            }
            self.last = Some(examined);
        }
        if exhausted {
            return ControlFlow::Break(None);
        }
        if self.examined >= ReadTx::MAX_EXAMINED {
            return ControlFlow::Break(self.last);
        }
        ControlFlow::Continue(())
    }

    pub(crate) fn into_found(self) -> Vec<T> {
        self.found
    }
}

/// Makes a page of what was asked for with a limit of one more than `limit`,
/// and says where the next begins.
pub(crate) fn page_of<T, K>(
    mut found: Vec<T>,
    limit: usize,
    key: impl FnOnce(&T) -> K,
) -> (Vec<T>, Option<K>) {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(key);
    (found, next)
}

/// For a statement whose answer `page_of` makes a page of.
pub(crate) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lists what passes of `0..of`, and says where the next page begins.
    fn page(of: u32, limit: usize, passes: fn(&u32) -> bool) -> (Vec<u32>, Option<u32>, usize) {
        let mut gathering = Gathering::new(None, limit);
        let mut asked = 0;
        loop {
            let batch = gathering.batch();
            let from = gathering.after().map_or(0, |last| last + 1);
            let candidates: Vec<u32> = (from..of).take(batch).collect();
            asked += 1;
            let exhausted = candidates.len() < batch;
            if let ControlFlow::Break(next) = gathering.take(candidates, exhausted, |&n| n, passes) {
                return (gathering.into_found(), next, asked);
            }
        }
    }

    #[test]
    fn a_page_ends_where_the_next_begins() {
        assert_eq!(page(5, 2, |_| true), (vec![0, 1], Some(1), 1));
        assert_eq!(page(2, 2, |_| true), (vec![0, 1], None, 1));
        assert_eq!(page(9, 2, |n| n % 4 == 0), (vec![0, 4], Some(7), 3));
        assert_eq!(page(0, 2, |_| true), (vec![], None, 1));
    }

    #[test]
    fn one_more_than_wanted_says_that_there_is_a_next_page() {
        for (found, page, next) in
            [(vec![], vec![], None), (vec![1, 2], vec![1, 2], None), (vec![1, 2, 3], vec![1, 2], Some(2))]
        {
            assert_eq!(page_of(found, 2, |&n: &i32| n), (page, next));
        }
        assert_eq!((one_more(2), one_more(usize::MAX)), (3, i64::MAX));
    }

    #[test]
    fn a_page_is_thin_when_fewer_than_a_tenth_pass() {
        for (passing, thin) in [(0, true), (1, true), (2, false), (20, false)] {
            let mut gathering = Gathering::new(None, 50);
            assert!(!gathering.is_thin(), "nothing is known yet");
            let taken = gathering.take((0..20).collect(), false, |&n: &u32| n, |&n| n < passing);
            assert!(taken.is_continue());
            assert_eq!(gathering.is_thin(), thin, "{passing} of 20");
        }
    }

    #[test]
    fn the_work_is_bounded_and_so_are_the_statements() {
        let (found, next, asked) = page(6_000, 50, |&n| n == 5_500);
        assert_eq!((found, next), (vec![], Some(4_999)));
        assert!(asked < 10, "{asked}");
    }
}
