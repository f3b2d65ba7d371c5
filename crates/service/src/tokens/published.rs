//! Documents that others publish, kept for a while: the keys of clients at a
//! `jwks_uri` (RFC 7591 §2), and what providers say of themselves.

use std::hash::Hash;
use std::sync::Arc;

use appkeep_domain::{ApplicationId, Lifetime, Timestamp};
use appkeep_keys::{JwkSet, JwsHeader};
use parking_lot::Mutex;

use super::client_keys::KeySet;
use super::fetch::{FetchError, FetchRequest, FetchText};

/// How long a document is used without asking again.
const FRESH_FOR: Lifetime = Lifetime::from_minutes(10);
/// How long it is used when it cannot be had again.
const USABLE_FOR: Lifetime = Lifetime::from_hours(1);
/// An address is not asked more often, whatever strangers send.
const PAUSE: Lifetime = Lifetime::from_seconds(30);

/// Of each `K` a document, read as `T`.
pub(super) struct Published<K, T> {
    fetch: Arc<dyn FetchText>,
    read: fn(&str) -> Result<T, FetchError>,
    documents: quick_cache::sync::Cache<K, Arc<Document<T>>>,
}

/// The keys of clients.
pub(super) type PublishedKeys = Published<ApplicationId, KeySet>;

struct Document<T> {
    url: String,
    held: Mutex<Held<T>>,
    /// One asks; the others use what is held, or wait for what it gets.
    fetching: tokio::sync::Mutex<()>,
}

struct Held<T> {
    content: Option<(Arc<T>, Timestamp)>,
    tried_at: Option<Timestamp>,
    failure: Option<FetchError>,
}

impl<K: Eq + Hash + Clone> Published<K, KeySet> {
    /// Sets of keys (RFC 7517 §5).
    pub(super) fn keys_by(fetch: Arc<dyn FetchText>) -> Self {
        let read = |text: &str| {
            let set = JwkSet::parse_published(text).map_err(FetchError::new)?;
            Ok(KeySet::new(&set))
        };
        Self::new(fetch, read)
    }

    /// The keys at an address, asked for again when none of those held fits.
    pub(super) async fn keys(
        &self,
        whose: &K,
        url: &str,
        header: &JwsHeader,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, FetchError> {
        self.fitting((whose, url), |keys| keys.choose(header).is_some(), now).await
    }
}

impl<K: Eq + Hash + Clone, T> Published<K, T> {
    const MOST: usize = 4_096;

    pub(super) fn new(fetch: Arc<dyn FetchText>, read: fn(&str) -> Result<T, FetchError>) -> Self {
        Self { fetch, read, documents: quick_cache::sync::Cache::new(Self::MOST) }
    }

    /// The document at an address, asked for again when that held does not fit.
    pub(super) async fn fitting(
        &self,
        (whose, url): (&K, &str),
        fits: impl Fn(&T) -> bool,
        now: Timestamp,
    ) -> Result<Arc<T>, FetchError> {
        let document = self.document(whose, url);
        if let Some(content) = document.fitting(&fits, now, FRESH_FOR) {
            return Ok(content);
        }
        let asking = document.fetching.try_lock();
        if asking.is_err()
            && let Some(content) = document.fitting(&fits, now, USABLE_FOR)
        {
            return Ok(content);
        }
        let _alone = match asking {
            Ok(alone) => alone,
            Err(_) => document.fetching.lock().await,
        };
        // Whoever went before may have brought it.
        if let Some(content) = document.fitting(&fits, now, FRESH_FOR) {
            return Ok(content);
        }
        if document.may_try(now) {
            self.fetch_into(&document, now).await;
        }
        document.usable(now)
    }

    fn document(&self, whose: &K, url: &str) -> Arc<Document<T>> {
        if let Some(known) = self.documents.get(whose).filter(|known| known.url == url) {
            return known;
        }
        let held = Mutex::new(Held { content: None, tried_at: None, failure: None });
        let fetching = tokio::sync::Mutex::default();
        let document = Arc::new(Document { url: url.to_owned(), held, fetching });
        self.documents.insert(whose.clone(), Arc::clone(&document));
        document
    }

    async fn fetch_into(&self, document: &Document<T>, now: Timestamp) {
        document.held.lock().tried_at = Some(now);
        let fetched = self.fetch.fetch(FetchRequest::get(&document.url)).await;
        let read = fetched.and_then(|answer| (self.read)(&answer.ok()?));
        let mut held = document.held.lock();
        match read {
            Ok(content) => held.content = Some((Arc::new(content), now)),
            Err(failure) => held.failure = Some(failure),
        }
    }
}

impl<T> Document<T> {
    /// What is held, when it is no older than this and fits.
    fn fitting(&self, fits: impl Fn(&T) -> bool, now: Timestamp, age: Lifetime) -> Option<Arc<T>> {
        let (content, fetched_at) = self.held.lock().content.clone()?;
        (now < fetched_at.plus(age) && fits(&content)).then_some(content)
    }

    fn may_try(&self, now: Timestamp) -> bool {
        self.held.lock().tried_at.is_none_or(|tried_at| tried_at.plus(PAUSE) <= now)
    }

    fn usable(&self, now: Timestamp) -> Result<Arc<T>, FetchError> {
        let held = self.held.lock();
        match &held.content {
            Some((content, fetched_at)) if now < fetched_at.plus(USABLE_FOR) => Ok(Arc::clone(content)),
            _ => Err(held.failure.clone().unwrap_or_else(|| FetchError::new("no answer yet"))),
        }
    }
}
