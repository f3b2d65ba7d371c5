//! Failures to sign in, and for how long whoever failed is let alone after them.

use crate::{DirectoryId, Lifetime, Network, PasswordPolicy, Timestamp, UserId};

/// Whose failures are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    Account(UserId),
    /// A name that nobody has, by a tag that says nothing of it. It is let alone
    /// as an account is, or whoever tries names would learn which there are.
    Name([u8; 16]),
    /// Whatever names are tried from there.
    Address(Network),
}

/// What is known of failures in one directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockout {
    pub directory: DirectoryId,
    pub whose: Failing,
    /// In a row; of an address those that have not faded when it last failed.
    pub failures: u32,
    /// Since when these are counted; of an address those before have faded.
    pub counted_since: Timestamp,
    pub last_failed_at: Timestamp,
    /// Until then no password is looked at.
    pub locked_until: Option<Timestamp>,
}

impl Failing {
    /// How many times as many failures are free as of an account. Behind one
    /// address there may be an office.
    const fn patience(self) -> u32 {
        match self {
            Self::Account(_) | Self::Name(_) => 1,
            Self::Address(_) => Lockout::PEOPLE_AT_AN_ADDRESS,
        }
    }

    /// How long a failure counts by itself; `None` when only a success ends it.
    ///
    /// A success proves nothing of who else is there, so that it forgives an
    /// address no more than the failures of that account: somebody with an
    /// account of their own cannot go on guessing those of others.
    const fn fades_within(self) -> Option<Lifetime> {
        match self {
            Self::Account(_) | Self::Name(_) => None,
            Self::Address(_) => Some(Lockout::FADES_WITHIN),
        }
    }
}

impl Lockout {
    /// Failures that are as old count no more. No delay is longer.
    pub const FORGOTTEN_AFTER: Lifetime = PasswordPolicy::LONGEST_DELAY;
    /// For so many people at once an address may fail.
    pub const PEOPLE_AT_AN_ADDRESS: u32 = 20;
    /// One failure of an address less counts after as long.
    pub const FADES_WITHIN: Lifetime = Lifetime::from_minutes(10);

    /// What is known after one more failure. The first few go without a delay;
    /// then it doubles, up to the longest of the policy.
    pub fn after_failure(
        (directory, whose): (DirectoryId, Failing),
        previous: Option<&Self>,
        policy: &PasswordPolicy,
        now: Timestamp,
    ) -> Self {
        let remembered = previous.filter(|previous| previous.failures_at(now) > 0);
        let before = remembered.map_or(0, |previous| previous.failures_at(now));
        let counted_since = remembered.map_or(now, |previous| previous.counted_since_at(now));
        let failures = before.saturating_add(1);
        let locked_until = delay((whose, failures), policy).map(|delay| now.plus(delay));
        Self { directory, whose, failures, counted_since, last_failed_at: now, locked_until }
    }

    /// How many still count at `now`.
    pub fn failures_at(&self, now: Timestamp) -> u32 {
        if self.is_forgotten(now) { 0 } else { self.failures.saturating_sub(self.faded(now).0) }
    }

    /// What is left when so many are forgiven.
    pub fn forgiven(&self, failures: u32) -> Self {
        Self { failures: self.failures.saturating_sub(failures), ..self.clone() }
    }

    /// Whether the account, or the address, is let alone at `now`.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_at(now).is_some()
    }

    /// Until when it is let alone, if it is at `now`.
    pub fn locked_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|&until| now < until)
    }

    /// Whether its failures are too old to count.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        self.last_failed_at.plus(Self::FORGOTTEN_AFTER) <= now
    }

    fn counted_since_at(&self, now: Timestamp) -> Timestamp {
        self.counted_since.plus(self.faded(now).1)
    }

    /// How many failures have faded, and how long that took.
    fn faded(&self, now: Timestamp) -> (u32, Lifetime) {
        let Some(each) = self.whose.fades_within() else { return (0, Lifetime::from_seconds(0)) };
        let faded = Lifetime::between(self.counted_since, now).as_seconds() / each.as_seconds();
        (faded, Lifetime::from_seconds(faded * each.as_seconds()))
    }
}

fn delay((whose, failures): (Failing, u32), policy: &PasswordPolicy) -> Option<Lifetime> {
    let free = policy.free_failures() * whose.patience();
    let delayed = failures.checked_sub(free).filter(|&delayed| delayed > 0)?;
    let mut delay = PasswordPolicy::SHORTEST_DELAY;
    for _ in 1..delayed {
        if delay >= policy.longest_delay() {
            break;
        }
        delay = delay.twice();
    }
    Some(delay.min(policy.longest_delay()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOSE: (DirectoryId, Failing) =
        (DirectoryId::from_bytes([1; 16]), Failing::Account(UserId::from_bytes([2; 16])));
    const PLACE: (DirectoryId, Failing) =
        (WHOSE.0, Failing::Address(Network::of(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn after(failures: u32, policy: &PasswordPolicy) -> Lockout {
        let before = Lockout {
            directory: WHOSE.0,
            whose: WHOSE.1,
            failures: failures - 1,
            counted_since: at(0),
            last_failed_at: at(0),
            locked_until: None,
        };
        Lockout::after_failure(WHOSE, Some(&before), policy, at(100))
    }

    #[test]
    fn the_first_failures_are_free_and_then_the_delay_doubles() {
        let policy = PasswordPolicy::DEFAULT;
        for (failures, delay) in [
            (1, None),
            (5, None),
            (6, Some(30)),
            (7, Some(60)),
            (8, Some(120)),
            (10, Some(480)),
            (11, Some(900)),
            (12, Some(900)),
            (u32::MAX, Some(900)),
        ] {
            let lockout = after(failures, &policy);
            assert_eq!(lockout.failures, failures);
            assert_eq!(lockout.locked_until, delay.map(|delay| at(100 + delay)), "{failures}");
        }
    }

    #[test]
    fn failures_of_the_day_before_are_forgotten() {
        let policy = PasswordPolicy::DEFAULT;
        let day = i64::from(Lockout::FORGOTTEN_AFTER.as_seconds());
        let many = Lockout { failures: 50, last_failed_at: at(0), ..after(1, &policy) };
        for (second, failures) in [(day - 1, 51), (day, 1)] {
            let lockout = Lockout::after_failure(WHOSE, Some(&many), &policy, at(second));
            assert_eq!(lockout.failures, failures, "{second}");
        }
        let first = Lockout::after_failure(WHOSE, None, &policy, at(5));
        assert_eq!((first.failures, first.last_failed_at, first.locked_until), (1, at(5), None));
    }

    #[test]
    fn a_locked_account_is_let_alone_until_its_delay_is_over() {
        let lockout = after(6, &PasswordPolicy::DEFAULT);
        for (second, locked) in [(100, true), (129, true), (130, false)] {
            assert_eq!(lockout.is_locked(at(second)), locked, "{second}");
        }
        assert!(!after(5, &PasswordPolicy::DEFAULT).is_locked(at(100)));
    }

    /// Fails so many times, so many seconds apart, from the first second on.
    fn from_there(times: u32, apart: i64) -> Lockout {
        let policy = PasswordPolicy::DEFAULT;
        let mut lockout = Lockout::after_failure(PLACE, None, &policy, at(0));
        for time in 1..i64::from(times) {
            lockout = Lockout::after_failure(PLACE, Some(&lockout), &policy, at(time * apart));
        }
        lockout
    }

    #[test]
    fn an_address_has_the_patience_of_many_and_then_waits_as_an_account_does() {
        for (failures, delay) in
            [(1, None), (100, None), (101, Some(30)), (102, Some(60)), (106, Some(900)), (120, Some(900))]
        {
            let lockout = from_there(failures, 0);
            assert_eq!(lockout.failures, failures);
            assert_eq!(lockout.locked_until, delay.map(at), "{failures}");
        }
    }

    #[test]
    fn failures_of_an_address_fade_one_by_one_however_they_come() {
        let hundred = from_there(100, 0);
        for (second, left) in [(0, 100), (599, 100), (600, 99), (1_200, 98), (59_400, 1), (60_000, 0)] {
            assert_eq!(hundred.failures_at(at(second)), left, "{second}");
        }
        // What comes more slowly than it fades never adds up, nor what comes a
        // little faster for a while; nothing of a fading is lost between two.
        for (times, apart, left) in [(500, 600, 1), (500, 601, 1), (1_000, 540, 101), (1_000, 300, 501)] {
            assert_eq!(from_there(times, apart).failures, left, "{times} every {apart} s");
        }
        assert_eq!(after(6, &PasswordPolicy::DEFAULT).failures_at(at(60_000)), 6, "of an account none fades");
    }

    #[test]
    fn what_is_forgiven_counts_no_more() {
        let three = from_there(3, 0);
        for (forgiven, left) in [(0, 3), (2, 1), (3, 0), (9, 0)] {
            assert_eq!(three.forgiven(forgiven).failures_at(at(0)), left, "{forgiven}");
        }
    }
}
