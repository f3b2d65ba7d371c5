//! Whether the time tells a name that nobody has from a wrong password.

use std::time::Duration;

use super::people::{Application, People, numbered};
use super::walk::SignInForm;
use crate::bench::server::Server;
use crate::bench::spread::Spread;
use crate::bench::wrk::Measured;
use crate::{Failure, report};

/// Of each kind.
pub(super) const ATTEMPTS: usize = 200;
/// Not counted.
const WARMING_UP: usize = 10;
/// One attempt each, as somebody makes who tries names: no account fails often
/// enough to be locked, and neither does the address, of which the directory is
/// patient; it stays under `failures_per_address` as well.
pub(super) const PEOPLE: usize = WARMING_UP + ATTEMPTS;
const WRONG: &str = "incorrect horse battery";

/// How long each refusal took, in the order of the attempts.
#[derive(Debug, Default)]
pub(super) struct Refused {
    unknown_name: Vec<Duration>,
    wrong_password: Vec<Duration>,
}

/// A name to try, and whether somebody has it.
type Attempt<'a> = (bool, &'a str);

impl Refused {
    /// One at a time, so that nobody waits for another's password.
    pub(super) fn measure(
        server: &Server,
        people: &People,
        application: &Application,
    ) -> Result<Self, Failure> {
        let mut connection = server.connect()?;
        let form = SignInForm::open(&mut connection, application)?;
        let strangers = numbered("nobody", PEOPLE);
        let mut refused = Self::default();
        for (number, (is_known, name)) in attempts(&people.names, &strangers).into_iter().enumerate() {
            let begun = report::now();
            form.send(&mut connection, (name, WRONG), 422)?;
            let took = begun.elapsed();
            if number >= 2 * WARMING_UP {
                refused.of_kind(is_known).push(took);
            }
        }
        Ok(refused)
    }

    pub(super) fn unknown_name(&self) -> Result<Measured, Failure> {
        measured(&self.unknown_name)
    }

    pub(super) fn wrong_password(&self) -> Result<Measured, Failure> {
        measured(&self.wrong_password)
    }

    /// By how much the median of a wrong password is above the other.
    pub(super) fn difference_ms(&self) -> Result<f64, Failure> {
        Ok(median(&self.wrong_password)? - median(&self.unknown_name)?)
    }

    /// How far the medians of the two halves of a kind are apart, of the kind
    /// where that is farther: a difference as small as that says nothing.
    pub(super) fn difference_by_chance_ms(&self) -> Result<f64, Failure> {
        let of = |times: &[Duration]| {
            let (one, other) = times.split_at(times.len() / 2);
            Ok::<f64, Failure>((median(one)? - median(other)?).abs())
        };
        Ok(of(&self.unknown_name)?.max(of(&self.wrong_password)?))
    }

    fn of_kind(&mut self, is_known: bool) -> &mut Vec<Duration> {
        if is_known { &mut self.wrong_password } else { &mut self.unknown_name }
    }
}

/// As many of each kind in what is not counted as in what is, in random order.
fn attempts<'a>(known: &'a [String], unknown: &'a [String]) -> Vec<Attempt<'a>> {
    let of = |kind: bool, names: &'a [String]| names.iter().map(move |name| (kind, name.as_str()));
    let all = |from: usize, to: usize| {
        let both = of(true, &known[from..to]).chain(of(false, &unknown[from..to]));
        shuffled(both.collect())
    };
    let mut attempts = all(0, WARMING_UP.min(known.len()));
    attempts.extend(all(WARMING_UP.min(known.len()), known.len()));
    attempts
}

/// By a congruential generator: random enough, and the same in each run.
fn shuffled<T>(mut things: Vec<T>) -> Vec<T> {
    let mut chance = 1_u64;
    for last in (1..things.len()).rev() {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(chance >> 33).unwrap_or_default() % (last + 1);
        things.swap(last, other);
    }
    things
}

fn measured(times: &[Duration]) -> Result<Measured, Failure> {
    Measured::of_times(times, times.iter().sum(), Duration::ZERO)
}

fn median(times: &[Duration]) -> Result<f64, Failure> {
    let spread = Spread::of(times).ok_or_else(|| Failure::new("nobody was refused"))?;
    Ok(spread.p50_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_tried_once_and_the_kinds_are_mixed() {
        let (known, unknown) = (numbered("person", PEOPLE), numbered("nobody", PEOPLE));
        let attempts = attempts(&known, &unknown);
        let known_ones = |of: &[Attempt<'_>]| of.iter().filter(|(is_known, _)| *is_known).count();
        let (uncounted, counted) = attempts.split_at(2 * WARMING_UP);
        assert_eq!((known_ones(uncounted), known_ones(counted)), (WARMING_UP, ATTEMPTS));
        let half = known_ones(&counted[..ATTEMPTS]);
        assert!((ATTEMPTS / 4..ATTEMPTS * 3 / 4).contains(&half), "{half} of the first half");
        let mut names: Vec<&str> = attempts.iter().map(|(_, name)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 2 * PEOPLE);
        assert!(names.iter().all(|name| name.len() == names[0].len()), "no answer is longer for its name");
    }

    #[test]
    fn the_difference_is_of_the_medians() {
        let millis = |times: &[u64]| times.iter().map(|&time| Duration::from_millis(time)).collect();
        let refused =
            Refused { unknown_name: millis(&[20, 21, 22, 90]), wrong_password: millis(&[23, 24, 25, 26]) };
        assert_eq!(refused.difference_ms(), Ok(3.0));
        assert_eq!(refused.difference_by_chance_ms(), Ok(2.0));
        let unknown = refused.unknown_name().expect("there are some");
        assert_eq!((unknown.p50_ms, unknown.p99_ms), (21.0, 90.0));
        assert!(Refused::default().difference_ms().is_err());
    }
}
