//! What is kept of a person's password, and what a directory asks of one.

use std::fmt;

use crate::{Lifetime, Timestamp};

/// An Argon2id hash in PHC form.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Over what whoever hashes passwords has printed.
    pub fn from_phc(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A password as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPassword {
    pub hash: PasswordHash,
    /// When the person chose it.
    pub changed_at: Timestamp,
}

/// What a directory asks of its passwords, and how patient it is.
///
/// Length is all that is asked: rules of composition make passwords worse
/// (NIST SP 800-63B §3.1.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    min_length: u32,
    free_failures: u32,
    longest_delay: Lifetime,
}

/// A policy beyond what is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    #[error("a password's least length is from {least} to {most} characters",
        least = PasswordPolicy::LEAST_LENGTH, most = PasswordPolicy::MOST_LENGTH)]
    Length,
    #[error("from 1 to {most} failures go without a delay", most = PasswordPolicy::MOST_FREE_FAILURES)]
    Failures,
    #[error("the longest delay is from {least} to {most} seconds",
        least = PasswordPolicy::SHORTEST_DELAY.as_seconds(), most = PasswordPolicy::LONGEST_DELAY.as_seconds())]
    Delay,
}

/// Why a password is not good enough for a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    #[error("is shorter than {0} characters")]
    TooShort(u32),
    #[error("is longer than {0} bytes")]
    TooLong(usize),
}

impl PasswordPolicy {
    /// Whatever a directory asks for, a password has as many characters.
    pub const LEAST_LENGTH: u32 = 8;
    /// A directory cannot ask for more.
    pub const MOST_LENGTH: u32 = 64;
    pub const MOST_FREE_FAILURES: u32 = 100;
    pub const SHORTEST_DELAY: Lifetime = Lifetime::from_seconds(30);
    pub const LONGEST_DELAY: Lifetime = Lifetime::from_hours(24);
    /// Hashing costs as much as there is to hash.
    pub const MAX_BYTES: usize = 1_024;

    pub const DEFAULT: Self =
        Self { min_length: 12, free_failures: 5, longest_delay: Lifetime::from_minutes(15) };

    pub fn parse(
        min_length: u32,
        free_failures: u32,
        longest_delay: Lifetime,
    ) -> Result<Self, InvalidPolicy> {
        if !(Self::LEAST_LENGTH..=Self::MOST_LENGTH).contains(&min_length) {
            return Err(InvalidPolicy::Length);
        }
        if !(1..=Self::MOST_FREE_FAILURES).contains(&free_failures) {
            return Err(InvalidPolicy::Failures);
        }
        let delays = Self::SHORTEST_DELAY.as_seconds()..=Self::LONGEST_DELAY.as_seconds();
        if !delays.contains(&longest_delay.as_seconds()) {
            return Err(InvalidPolicy::Delay);
        }
        Ok(Self { min_length, free_failures, longest_delay })
    }

    /// In characters.
    pub const fn min_length(&self) -> u32 {
        self.min_length
    }

    /// How many failures in a row go without a delay.
    pub const fn free_failures(&self) -> u32 {
        self.free_failures
    }

    /// What a growing delay grows up to.
    pub const fn longest_delay(&self) -> Lifetime {
        self.longest_delay
    }

    /// Whether somebody may choose this password.
    pub fn check(&self, password: &str) -> Result<(), InvalidPassword> {
        if password.len() > Self::MAX_BYTES {
            return Err(InvalidPassword::TooLong(Self::MAX_BYTES));
        }
        if password.chars().count() < self.min_length as usize {
            return Err(InvalidPassword::TooShort(self.min_length));
        }
        Ok(())
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_enough_in_characters_and_short_enough_in_bytes() {
        let policy = PasswordPolicy::DEFAULT;
        for (password, outcome) in [
            ("correct horse".to_owned(), Ok(())),
            ("ä".repeat(12), Ok(())),
            ("ä".repeat(11), Err(InvalidPassword::TooShort(12))),
            (String::new(), Err(InvalidPassword::TooShort(12))),
            ("a".repeat(1_024), Ok(())),
            ("ä".repeat(513), Err(InvalidPassword::TooLong(1_024))),
        ] {
            assert_eq!(policy.check(&password), outcome, "{password}");
        }
    }

    #[test]
    fn a_policy_has_bounds() {
        for (length, failures, seconds, outcome) in [
            (8, 1, 30, Ok(())),
            (64, 100, 86_400, Ok(())),
            (7, 1, 30, Err(InvalidPolicy::Length)),
            (65, 1, 30, Err(InvalidPolicy::Length)),
            (8, 0, 30, Err(InvalidPolicy::Failures)),
            (8, 101, 30, Err(InvalidPolicy::Failures)),
            (8, 1, 29, Err(InvalidPolicy::Delay)),
            (8, 1, 86_401, Err(InvalidPolicy::Delay)),
        ] {
            let parsed = PasswordPolicy::parse(length, failures, Lifetime::from_seconds(seconds));
            assert_eq!(parsed.map(drop), outcome, "{length} {failures} {seconds}");
        }
        let default = PasswordPolicy::DEFAULT;
        let parsed =
            PasswordPolicy::parse(default.min_length(), default.free_failures(), default.longest_delay());
        assert_eq!(parsed, Ok(default));
    }

    #[test]
    fn a_hash_is_not_shown() {
        assert!(!format!("{:?}", PasswordHash::from_phc("$argon2id$hush")).contains("hush"));
    }
}
