//! Copies of what is in the database, dropped the moment it changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use appkeep_storage::Freshness;

/// A bounded memory of values by their ids, of absent ones too.
///
/// A value is good only while nothing is known to have changed since its load
/// began, and while this node is told of changes at all; otherwise the
/// database is asked. Whoever owns the cache tells it of changes.
pub(crate) struct Cache<V> {
    entries: quick_cache::sync::Cache<[u8; 16], Entry<V>>,
    generations: Box<[AtomicU64]>,
    freshness: Arc<Freshness>,
}

#[derive(Clone)]
struct Entry<V> {
    value: Option<V>,
    /// The key's generation when the load began.
    generation: u64,
}

/// What held when a load began.
#[derive(Clone, Copy)]
struct Begun {
    /// Of the key.
    generation: u64,
    /// Whether this node was told of changes.
    is_current: bool,
}

/// What a cache knows of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recalled<V> {
    Value(V),
    /// It is known that there is none.
    Absent,
    /// The database has to be asked.
    Nothing,
}

impl<V: Clone> Cache<V> {
    /// Keys share generations; a change drops the few others of its own too.
    const GENERATIONS: usize = 4_096;

    pub(crate) fn new(capacity: usize, freshness: Arc<Freshness>) -> Self {
        Self {
            entries: quick_cache::sync::Cache::new(capacity),
            generations: (0..Self::GENERATIONS).map(|_| AtomicU64::new(0)).collect(),
            freshness,
        }
    }

    pub(crate) fn recall(&self, key: &[u8; 16]) -> Recalled<V> {
        if !self.freshness.is_current() {
            return Recalled::Nothing;
        }
        match self.entries.get(key) {
            Some(entry) if entry.generation == self.generation(key).load(Ordering::SeqCst) => {
                entry.value.map_or(Recalled::Absent, Recalled::Value)
            }
            _ => Recalled::Nothing,
        }
    }

    pub(crate) fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// Loads a value, and remembers it unless the key changed in the meantime.
    pub(crate) async fn load<E>(
        &self,
        key: [u8; 16],
        loading: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<V>, E> {
        let begun = self.begin(&key);
        let value = loading.await?;
        self.remember(key, begun, value.as_ref());
        Ok(value)
    }

    /// The same for several at once, of which those are absent that are not loaded.
    pub(crate) async fn load_several<E>(
        &self,
        keys: &[[u8; 16]],
        loading: impl Future<Output = Result<BTreeMap<[u8; 16], V>, E>>,
    ) -> Result<BTreeMap<[u8; 16], V>, E> {
        let begun: Vec<Begun> = keys.iter().map(|key| self.begin(key)).collect();
        let values = loading.await?;
        for (key, begun) in keys.iter().zip(begun) {
            self.remember(*key, begun, values.get(key));
        }
        Ok(values)
    }

    fn begin(&self, key: &[u8; 16]) -> Begun {
        let generation = self.generation(key).load(Ordering::SeqCst);
        Begun { generation, is_current: self.freshness.is_current() }
    }

    fn remember(&self, key: [u8; 16], begun: Begun, value: Option<&V>) {
        let Begun { generation, is_current } = begun;
        if is_current && generation == self.generation(&key).load(Ordering::SeqCst) {
            // A change from here on makes the entry worthless as it stands.
            self.entries.insert(key, Entry { value: value.cloned(), generation });
        }
    }

    pub(crate) fn forget(&self, key: &[u8; 16]) {
        self.generation(key).fetch_add(1, Ordering::SeqCst);
        self.entries.remove(key);
    }

    pub(crate) fn forget_all(&self) {
        for generation in &self.generations {
            generation.fetch_add(1, Ordering::SeqCst);
        }
        self.entries.clear();
    }

    /// The end of an id is its random part; the multiplication spreads what
    /// little chance there is over the upper bits.
    fn generation(&self, key: &[u8; 16]) -> &AtomicU64 {
        const GOLDEN: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
        let [high, low, ..] = u128::from_be_bytes(*key).wrapping_mul(GOLDEN).to_be_bytes();
        &self.generations[usize::from(u16::from_be_bytes([high, low])) % Self::GENERATIONS]
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use appkeep_storage::Feed;
    use appkeep_testkit::TestDatabase;

    use super::*;

    const KEY: [u8; 16] = [1; 16];
    const OTHER: [u8; 16] = [2; 16];

    /// A cache, and what it needs to be told of changes.
    async fn current() -> ((Feed, TestDatabase), Cache<u32>) {
        let database = TestDatabase::sqlite().await;
        let feed = Feed::start(&database.store());
        let cache = Cache::new(100, feed.freshness());
        until(|| feed.is_current()).await;
        ((feed, database), cache)
    }

    async fn until(holds: impl Fn() -> bool) {
        let holding = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), holding).await.expect("it comes to hold");
    }

    async fn load(cache: &Cache<u32>, key: [u8; 16], value: Option<u32>) {
        let Ok(loaded) = cache.load(key, async { Ok::<_, Infallible>(value) }).await;
        assert_eq!(loaded, value);
    }

    #[tokio::test]
    async fn a_value_or_its_absence_is_remembered_until_it_changes() {
        let (_feed, cache) = current().await;
        assert_eq!(cache.recall(&KEY), Recalled::Nothing);
        load(&cache, KEY, Some(7)).await;
        load(&cache, OTHER, None).await;
        assert_eq!((cache.recall(&KEY), cache.recall(&OTHER)), (Recalled::Value(7), Recalled::Absent));
        cache.forget(&OTHER);
        assert_eq!((cache.recall(&KEY), cache.recall(&OTHER)), (Recalled::Value(7), Recalled::Nothing));
        cache.forget_all();
        assert_eq!(cache.recall(&KEY), Recalled::Nothing);
    }

    #[tokio::test]
    async fn what_changed_while_it_was_loaded_is_not_remembered() {
        let (_feed, cache) = current().await;
        for forget in [|cache: &Cache<u32>| cache.forget(&KEY), |cache: &Cache<u32>| cache.forget_all()] {
            let loading = async {
                forget(&cache);
                Ok::<_, Infallible>(Some(1))
            };
            assert_eq!(cache.load(KEY, loading).await, Ok(Some(1)));
            assert_eq!(cache.recall(&KEY), Recalled::Nothing);
        }
    }

    #[tokio::test]
    async fn several_are_remembered_but_what_changed_while_they_were_loaded() {
        let (_feed, cache) = current().await;
        let changed = [3; 16];
        let loading = async {
            cache.forget(&changed);
            Ok::<_, Infallible>(BTreeMap::from([(KEY, 7), (changed, 9)]))
        };
        let Ok(loaded) = cache.load_several(&[KEY, OTHER, changed], loading).await;
        assert_eq!(loaded, BTreeMap::from([(KEY, 7), (changed, 9)]));
        let recalled = [KEY, OTHER, changed].map(|key| cache.recall(&key));
        assert_eq!(recalled, [Recalled::Value(7), Recalled::Absent, Recalled::Nothing]);
    }

    #[tokio::test]
    async fn an_entry_of_an_earlier_generation_is_worthless() {
        let (_feed, cache) = current().await;
        cache.entries.insert(KEY, Entry { value: Some(1), generation: 0 });
        assert_eq!(cache.recall(&KEY), Recalled::Value(1));
        cache.generation(&KEY).fetch_add(1, Ordering::SeqCst);
        assert_eq!(cache.recall(&KEY), Recalled::Nothing);
    }

    #[tokio::test]
    async fn a_node_that_is_told_nothing_remembers_nothing() {
        let (feed, cache) = current().await;
        load(&cache, KEY, Some(7)).await;
        drop(feed);
        until(|| !cache.freshness.is_current()).await;
        assert_eq!(cache.recall(&KEY), Recalled::Nothing);
        load(&cache, OTHER, Some(8)).await;
        assert_eq!(cache.entries.get(&OTHER).map(|entry| entry.value), None);
    }

    #[tokio::test]
    async fn it_is_bounded() {
        let (_feed, cache) = current().await;
        for number in 0..1_000_u128 {
            load(&cache, number.to_be_bytes(), Some(1)).await;
        }
        assert!(cache.entries.len() <= 100, "{}", cache.entries.len());
    }
}
