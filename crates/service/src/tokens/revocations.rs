//! Every revocation that still matters, in memory.
//!
//! They are loaded by pages. What the change feed names since is read again
//! when it is next asked for; until everything is loaded, and while this node
//! is not told of changes, the database is asked.

use std::collections::HashMap;
use std::sync::Arc;

use appkeep_domain::{
    ApplicationId, Lifetime, Revocation, RevokedSubject, TenantId, Timestamp, TokenId, Within,
};
use appkeep_storage::{Change, Freshness, StorageError, Store, Topic};
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
    known: HashMap<Key, Vec<Revocation>>,
    /// What the database knows better, and by which change.
    changed: HashMap<Key, u64>,
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
    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>, tenant: TenantId) -> Self {
        let memory = Arc::new(RwLock::new(Memory::new()));
        let told = Arc::clone(&memory);
        store.on_change(Arc::new(move |changes| told.write().mark(changes)));
        Self {
            store: store.clone(),
            freshness: Arc::clone(freshness),
            within: Within::Tenant(tenant),
            memory,
            loading: tokio::sync::Mutex::new(()),
        }
    }

    /// Whether one of them ends this token.
    pub(super) async fn concern(
        &self,
        token: TokenId,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        if !self.memory.read().progress.is_whole {
            self.go_on_loading(now).await?;
        }
        for key in [token.as_bytes(), application.as_bytes()] {
            let ended = match self.recall(key, token, application) {
                Some(ended) => ended,
                None => ends(&soon(self.read(key, now)).await?, token, application),
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
            Ok(_alone) => Ok(soon(self.load_page(now)).await?),
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

    /// What memory says; nothing when the database has to be asked.
    fn recall(&self, key: Key, token: TokenId, application: ApplicationId) -> Option<bool> {
        if !self.freshness.is_current() {
            return None;
        }
        let memory = self.memory.read();
        if !memory.progress.is_whole || memory.changed.contains_key(&key) {
            return None;
        }
        Some(memory.known.get(&key).is_some_and(|known| ends(known, token, application)))
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
            known: HashMap::new(),
            changed: HashMap::new(),
            changes: 0,
            progress: Progress { epoch: 0, after: None, is_whole: false },
            forgotten_at: Timestamp::from_seconds(0),
        }
    }

    fn mark(&mut self, changes: &[Change]) {
        for change in changes {
            match change.topic {
                Topic::Revocation => {
                    self.changes += 1;
                    self.changed.insert(change.key, self.changes);
                }
                Topic::Everything => self.begin_again(),
                Topic::Application | Topic::Tenant | Topic::SigningKeys | Topic::Scopes => {}
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

fn ends(known: &[Revocation], token: TokenId, application: ApplicationId) -> bool {
    known.iter().any(|revocation| revocation.concerns(token, application))
}
