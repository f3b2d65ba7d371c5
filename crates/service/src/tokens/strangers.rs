//! Failures to sign in under names that nobody has.
//!
//! They wait as long as failures of people who are here, or whoever tries names
//! would learn which there are. Nothing of them is written down: what anybody
//! can make up is kept in memory, and bounded.

use appkeep_domain::{DirectoryId, Lockout, PasswordPolicy, Timestamp, UserId};
use appkeep_keys::sha256;
use parking_lot::Mutex;

/// A name that nobody has, and in which directory: in another somebody may.
pub(super) type Stranger<'a> = (DirectoryId, &'a str);

/// What this node remembers.
pub(super) struct Strangers {
    known: quick_cache::sync::Cache<[u8; 32], Lockout>,
    /// Of many failures at once each is counted after the one before it.
    counting: Mutex<()>,
}

impl Default for Strangers {
    /// A hundred bytes each.
    fn default() -> Self {
        const MOST: usize = 10_000;
        Self { known: quick_cache::sync::Cache::new(MOST), counting: Mutex::new(()) }
    }
}

impl Strangers {
    pub(super) fn locked_until(&self, name: Stranger<'_>, now: Timestamp) -> Option<Timestamp> {
        let lockout = self.known.get(&key(name))?;
        lockout.locked_until.filter(|_| lockout.is_locked(now))
    }

    /// Counts a failure; one under a lock is not counted, and told until when
    /// that lasts.
    pub(super) fn failed(
        &self,
        name: Stranger<'_>,
        policy: &PasswordPolicy,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let _alone = self.counting.lock();
        if let Some(until) = self.locked_until(name, now) {
            return Some(until);
        }
        let (key, before) = (key(name), self.known.get(&key(name)));
        let after =
            Lockout::after_failure((name.0, UserId::from_bytes([0; 16])), before.as_ref(), policy, now);
        self.known.insert(key, after);
        None
    }
}

fn key((directory, name): Stranger<'_>) -> [u8; 32] {
    sha256(&[&directory.as_bytes(), name.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: DirectoryId = DirectoryId::from_bytes([1; 16]);

    #[test]
    fn a_name_that_nobody_has_is_locked_as_one_that_somebody_has() {
        let (strangers, policy) = (Strangers::default(), PasswordPolicy::DEFAULT);
        let (eve, now) = ((HERE, "eve"), Timestamp::from_seconds(1_000));
        for _ in 0..policy.free_failures() {
            assert_eq!(strangers.failed(eve, &policy, now), None);
            assert_eq!(strangers.locked_until(eve, now), None);
        }
        assert_eq!(strangers.failed(eve, &policy, now), None);
        assert_eq!(strangers.failed(eve, &policy, now), strangers.locked_until(eve, now));
        assert!(strangers.locked_until(eve, now).is_some_and(|until| until > now));
        assert_eq!(strangers.locked_until((HERE, "mallory"), now), None);
        // In another directory somebody may have the name, and is not locked.
        assert_eq!(strangers.locked_until((DirectoryId::from_bytes([2; 16]), "eve"), now), None);
    }
}
