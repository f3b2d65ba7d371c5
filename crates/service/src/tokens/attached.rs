//! Where the integrations are that an application reaches, as its client
//! remembers them.

use std::sync::atomic::{AtomicU64, Ordering};

use appkeep_domain::IntegrationId;
use appkeep_storage::AttachedAddress;

/// Where they were when that was read.
#[derive(Debug, Clone)]
pub(super) struct Attached {
    /// Of the archived ones too: they may come back.
    ids: Box<[IntegrationId]>,
    urls: Box<[Box<str>]>,
    /// What [`Epochs::now`] was before that.
    as_of: u64,
}

impl Attached {
    pub(super) fn new(addresses: Vec<AttachedAddress>, as_of: u64) -> Self {
        let ids = addresses.iter().map(|one| one.integration).collect();
        let urls = addresses.into_iter().filter_map(|one| one.url).map(String::into_boxed_str).collect();
        Self { ids, urls, as_of }
    }

    pub(super) fn urls(&self) -> &[Box<str>] {
        &self.urls
    }

    /// The same, as far as these go.
    pub(super) fn only(&self, urls: Vec<Box<str>>) -> Self {
        Self { urls: urls.into_boxed_slice(), ..self.clone() }
    }
}

/// When each integration changed, counted in changes of any: whoever remembers
/// some learns whether it was since.
#[derive(Debug)]
pub(super) struct Epochs {
    now: AtomicU64,
    of_each: Box<[AtomicU64]>,
}

impl Epochs {
    /// Integrations share places; a change of one is taken for one of the few
    /// others of its own.
    const PLACES: usize = 4_096;

    /// To be asked before what is remembered is read.
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    /// This one changed.
    pub(super) fn note(&self, integration: &[u8; 16]) {
        let at = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.of(integration).fetch_max(at, Ordering::SeqCst);
    }

    /// Whether none of them changed since they were read.
    pub(super) fn are_as_in(&self, attached: &Attached) -> bool {
        let changed = |id: &IntegrationId| self.of(&id.as_bytes()).load(Ordering::SeqCst) > attached.as_of;
        !attached.ids.iter().any(changed)
    }

    /// The end of an id is its random part.
    fn of(&self, integration: &[u8; 16]) -> &AtomicU64 {
        let [.., high, low] = *integration;
        &self.of_each[usize::from(u16::from_be_bytes([high, low])) % Self::PLACES]
    }
}

impl Default for Epochs {
    fn default() -> Self {
        Self { now: AtomicU64::new(0), of_each: (0..Self::PLACES).map(|_| AtomicU64::new(0)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_noticed_by_whoever_read_before_it() {
        let (epochs, id) = (Epochs::default(), IntegrationId::from_bytes([1; 16]));
        let read = |as_of| {
            let url = Some("https://a.example".to_owned());
            Attached::new(vec![AttachedAddress { integration: id, url }], as_of)
        };
        let first = read(epochs.now());
        epochs.note(&[2; 16]);
        assert!(epochs.are_as_in(&first), "another one changed");
        let second = read(epochs.now());
        epochs.note(&id.as_bytes());
        assert!(!epochs.are_as_in(&first) && !epochs.are_as_in(&second));
        assert!(epochs.are_as_in(&read(epochs.now())));
    }

    #[test]
    fn an_archived_one_is_remembered_without_its_place() {
        let id = IntegrationId::from_bytes([1; 16]);
        let attached = Attached::new(vec![AttachedAddress { integration: id, url: None }], 0);
        assert!(attached.urls().is_empty());
        let epochs = Epochs::default();
        epochs.note(&id.as_bytes());
        assert!(!epochs.are_as_in(&attached), "it may be back");
    }
}
