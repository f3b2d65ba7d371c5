//! Keys that clients publish at a `jwks_uri` (RFC 7591 §2), kept for a while.

use std::sync::Arc;

use appkeep_domain::{ApplicationId, Lifetime, Timestamp};
use appkeep_keys::{JwkSet, JwsHeader};
use parking_lot::Mutex;

use super::client_keys::KeySet;
use super::fetch::{FetchError, FetchText};

/// How long a set is used without asking again.
const FRESH_FOR: Lifetime = Lifetime::from_minutes(10);
/// How long it is used when it cannot be had again.
const USABLE_FOR: Lifetime = Lifetime::from_hours(1);
/// An address is not asked more often, whatever strangers send.
const PAUSE: Lifetime = Lifetime::from_seconds(30);

pub(super) struct PublishedKeys {
    fetch: Arc<dyn FetchText>,
    documents: quick_cache::sync::Cache<ApplicationId, Arc<Document>>,
}

/// What one client publishes.
struct Document {
    url: String,
    held: Mutex<Held>,
    /// One asks; the others use what is held, or wait for what it gets.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default, Clone)]
struct Held {
    keys: Option<(Arc<KeySet>, Timestamp)>,
    tried_at: Option<Timestamp>,
    failure: Option<FetchError>,
}

impl PublishedKeys {
    const MOST: usize = 4_096;

    pub(super) fn new(fetch: Arc<dyn FetchText>) -> Self {
        Self { fetch, documents: quick_cache::sync::Cache::new(Self::MOST) }
    }

    /// The client's keys, asked for again when none of those held fits.
    pub(super) async fn keys(
        &self,
        client: ApplicationId,
        url: &str,
        header: &JwsHeader,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, FetchError> {
        let document = self.document(client, url);
        if let Some(keys) = document.fitting(header, now, FRESH_FOR) {
            return Ok(keys);
        }
        let asking = document.fetching.try_lock();
        if asking.is_err()
            && let Some(keys) = document.fitting(header, now, USABLE_FOR)
        {
            return Ok(keys);
        }
        let _alone = match asking {
            Ok(alone) => alone,
            Err(_) => document.fetching.lock().await,
        };
        // Whoever went before may have brought it.
        if let Some(keys) = document.fitting(header, now, FRESH_FOR) {
            return Ok(keys);
        }
        if document.may_try(now) {
            self.fetch_into(&document, now).await;
        }
        document.usable(now)
    }

    fn document(&self, client: ApplicationId, url: &str) -> Arc<Document> {
        if let Some(known) = self.documents.get(&client).filter(|known| known.url == url) {
            return known;
        }
        let (held, fetching) = (Mutex::default(), tokio::sync::Mutex::default());
        let document = Arc::new(Document { url: url.to_owned(), held, fetching });
        self.documents.insert(client, Arc::clone(&document));
        document
    }

    async fn fetch_into(&self, document: &Document, now: Timestamp) {
        document.held.lock().tried_at = Some(now);
        let fetched = self.fetch.fetch(document.url.clone()).await;
        let parsed = fetched.and_then(|text| JwkSet::parse_published(&text).map_err(FetchError::new));
        let mut held = document.held.lock();
        match parsed {
            Ok(set) => held.keys = Some((Arc::new(KeySet::new(&set)), now)),
            Err(failure) => held.failure = Some(failure),
        }
    }
}

impl Document {
    /// The keys held, when they are no older than this and one is the token's.
    fn fitting(&self, header: &JwsHeader, now: Timestamp, age: Lifetime) -> Option<Arc<KeySet>> {
        let (keys, fetched_at) = self.held.lock().keys.clone()?;
        (now < fetched_at.plus(age) && keys.choose(header).is_some()).then_some(keys)
    }

    fn may_try(&self, now: Timestamp) -> bool {
        self.held.lock().tried_at.is_none_or(|tried_at| tried_at.plus(PAUSE) <= now)
    }

    fn usable(&self, now: Timestamp) -> Result<Arc<KeySet>, FetchError> {
        let held = self.held.lock().clone();
        match held.keys {
            Some((keys, fetched_at)) if now < fetched_at.plus(USABLE_FOR) => Ok(keys),
            _ => Err(held.failure.unwrap_or_else(|| FetchError::new("no answer yet"))),
        }
    }
}
