//! Whether what a client was allowed to name has become somebody else's API.
//!
//! What may be written down is decided when it is; but an API may be registered
//! by that name later, or a tenant with one may come to another partner. Nobody
//! gets tokens for another's API by having been there first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use appkeep_domain::{ApplicationId, Owner, Timestamp, Within};
use appkeep_keys::sha256;
use appkeep_oauth::{Refusal, ResourceIndicator};
use appkeep_storage::{Freshness, Store, Topic};

use super::Inner;
use super::authenticate::AuthenticatedClient;
use super::patience::soon;
use super::refuse::refuse;
use crate::Error;
use crate::cache::{Cache, Recalled};

/// By which names an owner has an API, of those that were asked for.
pub(super) struct NamedApis {
    store: Store,
    remembered: Cache<ApplicationId>,
    /// Counts what happened to any application: what was known before is found
    /// under no key any more.
    epoch: Arc<AtomicU64>,
}

impl NamedApis {
    const MOST: usize = 10_000;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let epoch = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&epoch);
        store.on_change(Arc::new(move |changes| {
            if changes.iter().any(|change| matches!(change.topic, Topic::Application | Topic::Everything)) {
                told.fetch_add(1, Ordering::SeqCst);
            }
        }));
        let remembered = Cache::new(Self::MOST, Arc::clone(freshness));
        Self { store: store.clone(), remembered, epoch }
    }

    async fn is_of(&self, owner: Owner, name: &str, now: Timestamp) -> Result<bool, Error> {
        let key = self.key(owner, name);
        match self.remembered.recall(&key) {
            Recalled::Value(_) => Ok(true),
            Recalled::Absent => Ok(false),
            Recalled::Nothing => {
                let reading = async {
                    let mut tx = self.store.read().await?;
                    tx.audience_of(Within::Platform, owner, name, now).await
                };
                let reading = soon(self.remembered.freshness(), reading);
                Ok(self.remembered.load(key, reading).await?.is_some())
            }
        }
    }

    /// As long as the ids that others are remembered by.
    fn key(&self, owner: Owner, name: &str) -> [u8; 16] {
        let whose = match owner {
            Owner::Global => String::new(),
            Owner::Partner(id) => id.to_string(),
            Owner::Tenant(id) => id.to_string(),
        };
        let epoch = self.epoch.load(Ordering::SeqCst);
        let digest = sha256(format!("{epoch}\n{whose}\n{name}").as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        key
    }
}

impl Inner {
    /// The client, which may name nobody else's API.
    pub(super) async fn naming_no_others(
        &self,
        client: AuthenticatedClient,
    ) -> Result<AuthenticatedClient, Refusal> {
        let resources = client.client.reach().resources;
        if resources.is_empty() {
            return Ok(client);
        }
        // A request that names nothing is not to be as long as one that does.
        let free = Box::pin(self.nobody_elses(client.client.owner, resources)).await.map_err(refuse)?;
        if free.len() == resources.len() {
            return Ok(client);
        }
        let naming = Arc::new(client.client.naming(free));
        Ok(AuthenticatedClient { client: naming, ..client })
    }

    /// Those of the names by which nobody else who has clients here has an API.
    pub(super) async fn nobody_elses(
        &self,
        owner: Owner,
        names: &[ResourceIndicator],
    ) -> Result<Vec<ResourceIndicator>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let partner = self.settings().await?.tenant.partner;
        let mut others = vec![Owner::Global, Owner::Tenant(self.address.tenant)];
        others.extend(partner.map(Owner::Partner));
        others.retain(|other| *other != owner);
        let (mut free, now) = (Vec::new(), self.now());
        'names: for name in names {
            for other in &others {
                if self.named_apis.is_of(*other, name.as_str(), now).await? {
                    continue 'names;
                }
            }
            free.push(name.clone());
        }
        Ok(free)
    }
}
