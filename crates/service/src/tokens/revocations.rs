//! Every revocation that still matters, in memory.
//!
//! They are loaded by pages. What the change feed names since is read again
//! when it is next asked for; until everything is loaded, and while this node
//! is not told of changes, the database is asked.

use std::collections::HashMap;
use std::sync::Arc;

use appkeep_domain::{Issued, Lifetime, Revocation, RevokedSubject, Timestamp, Within};
use appkeep_storage::{Change, Freshness, StorageError, Store, Topic};
use foldhash::fast::RandomState;
use parking_lot::RwLock;

use super::patience::soon;
use crate::Error;

const PAGE: u32 = 1_000;
/// Beyond this it is quicker to load everything again than key by key, and
/// what is never asked for would stay for ever.
const MOST_CHANGED: usize = 10_000;
const FORGET_EVERY: Lifetime = Lifetime::from_minutes(5);

type Key = [u8; 16];

pub(super) struct Revocations {
    store: Store,
    freshness: Arc<Freshness>,
    within: Within,
    memory: Arc<RwLock<Memory>>,
    /// One loads; the others need not wait for it.
    loading: tokio::sync::Mutex<()>,
}

/// A revocation is never taken back and only ever grows later, so what was
/// read may be added in any order.
#[derive(Debug)]
struct Memory {
    known: HashMap<Key, Vec<Revocation>, RandomState>,
    /// What the database knows better, and by which change.
    changed: HashMap<Key, u64, RandomState>,
    changes: u64,
    progress: Progress,
    forgotten_at: Timestamp,
}

/// How much has been loaded. An epoch begins when something may have been missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Progress {
    epoch: u64,
    after: Option<RevokedSubject>,
    is_whole: bool,
}

impl Revocations {
    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let memory = Arc::new(RwLock::new(Memory::new()));
        let told = Arc::clone(&memory);
        store.on_change(Arc::new(move |changes| told.write().mark(changes)));
        Self {
            store: store.clone(),
            freshness: Arc::clone(freshness),
            // Operators' tokens are the platform's.
            within: Within::Platform,
            memory,
            loading: tokio::sync::Mutex::new(()),
        }
    }

    /// Whether one of them ends this token.
    pub(super) async fn concern(&self, issued: &Issued, now: Timestamp) -> Result<bool, Error> {
        if let Some(ended) = self.recall_all(issued) {
            return Ok(ended);
        }
        if !self.memory.read().progress.is_whole {
            self.go_on_loading(now).await?;
        }
        for key in issued.subjects().map(|subject| subject.as_bytes()) {
            let ended = match self.recall(key, issued) {
                Some(ended) => ended,
                None => ends(&soon(&self.freshness, self.read(key, now)).await?, issued),
            };
            if ended {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Loads what is not loaded yet.
    pub(super) async fn load_all(&self, now: Timestamp) -> Result<(), Error> {
        let _alone = self.loading.lock().await;
        while !self.memory.read().progress.is_whole {
            self.load_page(now).await?;
        }
        Ok(())
    }

    /// A page, unless somebody else is at it: no request pays for all of them.
    async fn go_on_loading(&self, now: Timestamp) -> Result<(), Error> {
        match self.loading.try_lock() {
            Ok(_alone) => Ok(soon(&self.freshness, self.load_page(now)).await?),
            Err(_) => Ok(()),
        }
    }

    async fn load_page(&self, now: Timestamp) -> Result<(), StorageError> {
        let begun = self.memory.read().progress;
        let mut tx = self.store.background().read().await?;
        let page = tx.revocations(self.within, now, begun.after, PAGE).await?;
        self.memory.write().add_page(begun, &page, now);
        Ok(())
    }

    /// What memory says of everything that may end the token; nothing when the
    /// database has to be asked.
    fn recall_all(&self, issued: &Issued) -> Option<bool> {
        if !self.freshness.is_current() {
            return None;
        }
        let memory = self.memory.read();
        let mut known = issued.subjects().map(|subject| memory.recall(&subject.as_bytes(), issued));
        known.try_fold(false, |ended, this| Some(ended || this?))
    }

    /// What memory says; nothing when the database has to be asked.
    fn recall(&self, key: Key, issued: &Issued) -> Option<bool> {
        if !self.freshness.is_current() {
            return None;
        }
        self.memory.read().recall(&key, issued)
    }

    async fn read(&self, key: Key, now: Timestamp) -> Result<Vec<Revocation>, StorageError> {
        let change = self.memory.read().changed.get(&key).copied();
        let read = self.store.read().await?.revocations_of(self.within, key, now).await?;
        if let Some(change) = change {
            self.memory.write().settle(key, change, &read, now);
        }
        Ok(read)
    }
}

impl Memory {
    fn new() -> Self {
        Self {
            known: HashMap::default(),
            changed: HashMap::default(),
            changes: 0,
            progress: Progress { epoch: 0, after: None, is_whole: false },
            forgotten_at: Timestamp::from_seconds(0),
        }
    }

    fn recall(&self, key: &Key, issued: &Issued) -> Option<bool> {
        if !self.progress.is_whole || self.changed.contains_key(key) {
            return None;
        }
        Some(self.known.get(key).is_some_and(|known| ends(known, issued)))
    }

    fn mark(&mut self, changes: &[Change]) {
        for change in changes {
            match change.topic {
                Topic::Revocation => {
                    self.changes += 1;
                    self.changed.insert(change.key, self.changes);
                }
                Topic::Everything => self.begin_again(),
                Topic::Application
                | Topic::Tenant
                | Topic::SigningKeys
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
        if self.changed.len() > MOST_CHANGED {
            self.begin_again();
        }
    }

    fn begin_again(&mut self) {
        self.known.clear();
        self.changed.clear();
        self.progress = Progress { epoch: self.progress.epoch + 1, after: None, is_whole: false };
    }

    fn add_page(&mut self, begun: Progress, page: &[Revocation], now: Timestamp) {
        if self.progress != begun {
            return;
        }
        self.add(page, now);
        match page.last() {
            Some(last) if page.len() == PAGE as usize => self.progress.after = Some(last.subject),
            _ => self.progress.is_whole = true,
        }
    }

    /// Takes in what was read because of this change, unless there has been
    /// another one since.
    fn settle(&mut self, key: Key, change: u64, read: &[Revocation], now: Timestamp) {
        if self.changed.get(&key) == Some(&change) {
            self.changed.remove(&key);
            self.add(read, now);
        }
    }

    fn add(&mut self, read: &[Revocation], now: Timestamp) {
        for revocation in read {
            let known = self.known.entry(revocation.subject.as_bytes()).or_default();
            match known.iter_mut().find(|known| known.subject == revocation.subject) {
                Some(earlier) => {
                    earlier.revoked_at = earlier.revoked_at.max(revocation.revoked_at);
                    earlier.forget_at = earlier.forget_at.max(revocation.forget_at);
                }
                None => known.push(*revocation),
            }
        }
        self.forget(now);
    }

    /// Nothing grows without something being added, so that is when to look.
    fn forget(&mut self, now: Timestamp) {
        if now < self.forgotten_at.plus(FORGET_EVERY) {
            return;
        }
        self.forgotten_at = now;
        self.known.retain(|_, known| {
            known.retain(|revocation| now < revocation.forget_at);
            !known.is_empty()
        });
    }
}

fn ends(known: &[Revocation], issued: &Issued) -> bool {
    known.iter().any(|revocation| revocation.concerns(issued))
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{ApplicationId, Owner, TenantId};

    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([7; 16]);

    fn key(number: u128) -> Key {
        number.to_be_bytes()
    }

    fn changed(number: u128) -> Change {
        Change { topic: Topic::Revocation, key: key(number) }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn revoked(number: u128, revoked_at: i64, forget_at: i64) -> Revocation {
        let subject = RevokedSubject::Application(ApplicationId::from_bytes(key(number)));
        Revocation {
            owner: Owner::Tenant(TENANT),
            subject,
            revoked_at: at(revoked_at),
            forget_at: at(forget_at),
        }
    }

    fn whole() -> Memory {
        let mut memory = Memory::new();
        memory.add_page(memory.progress, &[], at(0));
        assert!(memory.progress.is_whole);
        memory
    }

    #[test]
    fn a_change_while_it_was_read_is_read_again() {
        let mut memory = whole();
        memory.mark(&[changed(1)]);
        let first = memory.changed[&key(1)];
        memory.mark(&[changed(1)]);
        memory.settle(key(1), first, &[], at(0));
        assert!(memory.changed.contains_key(&key(1)), "there was another change since");
        memory.settle(key(1), first + 1, &[revoked(1, 5, 100)], at(0));
        assert!(memory.changed.is_empty());
        assert_eq!(memory.known[&key(1)], [revoked(1, 5, 100)]);
    }

    #[test]
    fn what_was_read_earlier_changes_nothing_that_is_later() {
        let mut memory = whole();
        for (revoked_at, forget_at) in [(5, 100), (3, 90), (7, 95)] {
            memory.add(&[revoked(1, revoked_at, forget_at)], at(0));
        }
        assert_eq!(memory.known[&key(1)], [revoked(1, 7, 100)]);
    }

    #[test]
    fn a_page_of_an_earlier_epoch_counts_for_nothing() {
        let mut memory = Memory::new();
        let begun = memory.progress;
        memory.mark(&[Change::EVERYTHING]);
        memory.add_page(begun, &[revoked(1, 5, 100)], at(0));
        assert!(memory.known.is_empty() && !memory.progress.is_whole);
        memory.add_page(memory.progress, &[revoked(1, 5, 100)], at(0));
        assert!(memory.progress.is_whole && memory.known.len() == 1);
    }

    #[test]
    fn a_full_page_is_not_the_last() {
        let mut memory = Memory::new();
        let page: Vec<_> = (0..u128::from(PAGE)).map(|number| revoked(number, 5, 100)).collect();
        memory.add_page(memory.progress, &page, at(0));
        assert_eq!(memory.progress.after, page.last().map(|last| last.subject));
        assert!(!memory.progress.is_whole);
    }

    #[test]
    fn many_changes_that_nobody_asks_for_are_loaded_again_as_a_whole() {
        let mut memory = whole();
        for number in 0..MOST_CHANGED as u128 {
            memory.mark(&[changed(number)]);
        }
        assert!(memory.progress.is_whole);
        memory.mark(&[changed(u128::MAX)]);
        assert!(!memory.progress.is_whole && memory.changed.is_empty());
    }

    #[test]
    fn what_concerns_nothing_any_more_is_forgotten() {
        let mut memory = whole();
        memory.add(&[revoked(1, 5, 400), revoked(2, 5, 500)], at(300));
        memory.add(&[], at(400));
        assert_eq!(memory.known.len(), 2, "not looked for yet");
        memory.add(&[], at(600));
        assert!(memory.known.is_empty());
    }
}
