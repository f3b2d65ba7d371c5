//! What is held in memory, and when it is dropped.

use std::collections::HashMap;
use std::sync::Arc;

use appkeep_domain::Issuer;
use appkeep_storage::{Change, Topic};
use foldhash::fast::RandomState;
use parking_lot::RwLock;

use super::IssuerKeys;

/// The keys of the issuers that were asked for.
#[derive(Debug, Default)]
pub(super) struct Held(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    keys: HashMap<Issuer, Arc<IssuerKeys>, RandomState>,
    /// Counts what was forgotten.
    generation: u64,
}

/// A look at [`Held`] before a load; the load is held only when nothing was
/// forgotten since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation(u64);

impl Held {
    /// An issuer holds three keys or a few more: some kilobytes.
    const MAX_ISSUERS: usize = 10_000;

    pub(super) fn get(&self, issuer: Issuer) -> Option<Arc<IssuerKeys>> {
        self.0.read().keys.get(&issuer).cloned()
    }

    pub(super) fn generation(&self) -> Generation {
        Generation(self.0.read().generation)
    }

    pub(super) fn put(&self, issuer: Issuer, keys: Arc<IssuerKeys>, loaded_since: Generation) {
        let mut state = self.0.write();
        if state.generation != loaded_since.0 {
            return;
        }
        if state.keys.len() >= Self::MAX_ISSUERS {
            let any = state.keys.keys().next().copied();
            any.and_then(|any| state.keys.remove(&any));
        }
        state.keys.insert(issuer, keys);
    }

    pub(super) fn forget(&self, issuer: Issuer) {
        let mut state = self.0.write();
        state.generation += 1;
        state.keys.remove(&issuer);
    }

    pub(super) fn forget_changed(&self, changes: &[Change]) {
        for change in changes {
            match change.topic {
                Topic::SigningKeys => self.forget(Issuer::from_bytes(change.key)),
                Topic::Everything => self.forget_all(),
                Topic::Application
                | Topic::Tenant
                | Topic::Revocation
                | Topic::Scopes
                | Topic::Directory
                | Topic::Memberships
                | Topic::Assignments
                | Topic::Integration
                | Topic::Attachments
                | Topic::User
                | Topic::ServiceAccount => {}
            }
        }
    }

    fn forget_all(&self) {
        let mut state = self.0.write();
        state.generation += 1;
        state.keys.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Issuer = Issuer::Platform;

    fn holding() -> (Held, Issuer) {
        let (held, other) = (Held::default(), Issuer::from_bytes([7; 16]));
        for issuer in [ONE, other] {
            held.put(issuer, Arc::default(), held.generation());
        }
        (held, other)
    }

    #[test]
    fn a_change_drops_what_it_names() {
        for (topic, key, keeps) in [
            (Topic::SigningKeys, [0; 16], (false, true)),
            (Topic::SigningKeys, [7; 16], (true, false)),
            (Topic::Everything, [0; 16], (false, false)),
            (Topic::Tenant, [7; 16], (true, true)),
        ] {
            let (held, other) = holding();
            held.forget_changed(&[Change { topic, key }]);
            assert_eq!((held.get(ONE).is_some(), held.get(other).is_some()), keeps, "{topic:?}");
        }
    }

    #[test]
    fn what_was_loaded_before_a_change_is_not_held() {
        let (held, other) = holding();
        let before = held.generation();
        held.forget(ONE);
        held.put(ONE, Arc::default(), before);
        assert!(held.get(ONE).is_none() && held.get(other).is_some());
    }

    #[test]
    fn no_more_than_the_most_are_held() {
        let held = Held::default();
        for number in 0..=Held::MAX_ISSUERS as u128 {
            held.put(Issuer::from_bytes(number.to_be_bytes()), Arc::default(), held.generation());
        }
        assert_eq!(held.0.read().keys.len(), Held::MAX_ISSUERS);
    }
}
