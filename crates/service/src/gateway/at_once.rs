//! How much goes on at one time for agents, so that nobody keeps the others out.

use std::collections::HashMap;

use appkeep_domain::{ApplicationId, UserId};
use parking_lot::Mutex;

use crate::error::{Error, ErrorCode};

/// Of one application, on this node.
const MOST: u32 = 64;
/// Of one person of it.
const MOST_OF_PERSON: u32 = 16;

/// What goes on, for an application and for each person of it.
type Whose = (ApplicationId, Option<UserId>);

/// Requests of agents that are being passed on.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<HashMap<Whose, u32>>);

/// One of them; it ends with this.
pub(super) struct PassingOn<'a> {
    of: &'a UnderWay,
    whose: [Option<Whose>; 2],
}

impl UnderWay {
    /// `too_many_requests` when there are enough already.
    pub(super) fn begin(
        &self,
        application: ApplicationId,
        person: Option<UserId>,
    ) -> Result<PassingOn<'_>, Error> {
        let whose = [Some((application, None)), person.map(|person| (application, Some(person)))];
        let mut counts = self.0.lock();
        let is_full = |(whose, most): (&Option<Whose>, u32)| {
            whose.is_some_and(|whose| counts.get(&whose).is_some_and(|count| *count >= most))
        };
        if whose.iter().zip([MOST, MOST_OF_PERSON]).any(is_full) {
            let message = "too many calls are under way for this agent's application or person";
            return Err(Error::new(ErrorCode::TooManyRequests, message));
        }
        for whose in whose.iter().flatten() {
            *counts.entry(*whose).or_default() += 1;
        }
        Ok(PassingOn { of: self, whose })
    }
}

impl Drop for PassingOn<'_> {
    fn drop(&mut self) {
        let mut counts = self.of.0.lock();
        for whose in self.whose.iter().flatten() {
            if let Some(count) = counts.get_mut(whose) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(whose);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_keeps_the_others_out() {
        let under_way = UnderWay::default();
        let one = ApplicationId::from_bytes([1; 16]);
        let person = |number| Some(UserId::from_bytes([number; 16]));
        let begin = |count, person| {
            (0..count).map(|_| under_way.begin(one, person).expect("has room")).collect::<Vec<_>>()
        };
        let first = begin(MOST_OF_PERSON, person(1));
        assert!(under_way.begin(one, person(1)).is_err());
        let rest = begin(MOST_OF_PERSON, person(2));
        let others = begin(MOST - 2 * MOST_OF_PERSON, None);
        assert!(under_way.begin(one, None).is_err() && under_way.begin(one, person(3)).is_err());
        under_way.begin(ApplicationId::from_bytes([2; 16]), person(1)).expect("each has its own");
        drop(first);
        under_way.begin(one, person(1)).expect("has room again");
        drop((rest, others));
        assert!(under_way.0.lock().is_empty());
    }
}
