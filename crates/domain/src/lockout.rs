//! Failures of one account, and for how long it is let alone after them.

use crate::{DirectoryId, Lifetime, PasswordPolicy, Timestamp, UserId};

/// What is known of an account's failures in a row; a success leaves none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockout {
    pub directory: DirectoryId,
    pub user: UserId,
    /// In a row.
    pub failures: u32,
    pub last_failed_at: Timestamp,
    /// Until then no password is looked at.
    pub locked_until: Option<Timestamp>,
}

impl Lockout {
    /// Failures that are as old count no more. No delay is longer.
    pub const FORGOTTEN_AFTER: Lifetime = PasswordPolicy::LONGEST_DELAY;

    /// What is known after one more failure. The first few go without a delay;
    /// then it doubles, up to the longest of the policy.
    pub fn after_failure(
        (directory, user): (DirectoryId, UserId),
        previous: Option<&Self>,
        policy: &PasswordPolicy,
        now: Timestamp,
    ) -> Self {
        let remembered = previous.filter(|previous| !previous.is_forgotten(now));
        let failures = remembered.map_or(0, |previous| previous.failures).saturating_add(1);
        let locked_until = delay(failures, policy).map(|delay| now.plus(delay));
        Self { directory, user, failures, last_failed_at: now, locked_until }
    }

    /// Whether the account is let alone at `now`.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// Whether its failures are too old to count.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        self.last_failed_at.plus(Self::FORGOTTEN_AFTER) <= now
    }
}

fn delay(failures: u32, policy: &PasswordPolicy) -> Option<Lifetime> {
    let delayed = failures.checked_sub(policy.free_failures()).filter(|&delayed| delayed > 0)?;
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

    const WHOSE: (DirectoryId, UserId) = (DirectoryId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn after(failures: u32, policy: &PasswordPolicy) -> Lockout {
        let before = Lockout {
            directory: WHOSE.0,
            user: WHOSE.1,
            failures: failures - 1,
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
}
