//! Failures to sign in under names that nobody has.
//!
//! They wait as long as failures of people who are here, or whoever tries names
//! would learn which there are. Nothing of them is written down: what anybody
//! can make up is kept in memory, and bounded.

use appkeep_domain::{DirectoryId, Lockout, PasswordPolicy, Timestamp, UserId};
use appkeep_keys::sha256;

/// What this node remembers.
pub(super) struct Strangers(quick_cache::sync::Cache<[u8; 32], Lockout>);

impl Default for Strangers {
    /// A hundred bytes each.
    fn default() -> Self {
        const MOST: usize = 10_000;
        Self(quick_cache::sync::Cache::new(MOST))
    }
}

impl Strangers {
    pub(super) fn locked_until(&self, name: &str, now: Timestamp) -> Option<Timestamp> {
        let lockout = self.0.get(&key(name))?;
        lockout.locked_until.filter(|_| lockout.is_locked(now))
    }

    pub(super) fn failed(&self, name: &str, policy: &PasswordPolicy, now: Timestamp) {
        let (key, before) = (key(name), self.0.get(&key(name)));
        let (directory, user) = (DirectoryId::from_bytes([0; 16]), UserId::from_bytes([0; 16]));
        let after = Lockout::after_failure((directory, user), before.as_ref(), policy, now);
        self.0.insert(key, after);
    }
}

fn key(name: &str) -> [u8; 32] {
    sha256(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nobody_has_is_locked_as_one_that_somebody_has() {
        let (strangers, policy) = (Strangers::default(), PasswordPolicy::DEFAULT);
        let now = Timestamp::from_seconds(1_000);
        for _ in 0..policy.free_failures() {
            strangers.failed("eve", &policy, now);
            assert_eq!(strangers.locked_until("eve", now), None);
        }
        strangers.failed("eve", &policy, now);
        assert!(strangers.locked_until("eve", now).is_some_and(|until| until > now));
        assert_eq!(strangers.locked_until("mallory", now), None);
    }
}
