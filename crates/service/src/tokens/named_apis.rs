//! Whether what a client was allowed to name has become somebody else's API.
//!
//! What may be written down is decided when it is; but an API may be registered
//! by that name later, or a tenant with one may come to another partner. Nobody
//! gets tokens for another's API by having been there first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use appkeep_domain::{ApplicationId, Owner, Timestamp, Within};
use appkeep_keys::sha256;
use appkeep_oauth::{Refusal, ResourceIndicator, TokenRequest};
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
    /// The client, which may name nobody else's API in this request.
    pub(super) async fn naming_no_others(
        &self,
        client: AuthenticatedClient,
        request: &TokenRequest,
    ) -> Result<AuthenticatedClient, Refusal> {
        let reach = client.client.reach();
        let attached = in_question(reach.attached, request);
        if reach.resources.is_empty() && attached.is_empty() {
            return Ok(client);
        }
        // A request that names nothing is not to be as long as one that does.
        let looking = Box::pin(async {
            let resources = self.nobody_elses(client.client.owner, reach.resources).await?;
            let free = self.nobody_elses(client.client.owner, &attached).await?;
            Ok::<_, Error>((resources, free))
        });
        let (resources, free) = looking.await.map_err(refuse)?;
        if resources.len() == reach.resources.len() && free.len() == attached.len() {
            return Ok(client);
        }
        let naming = Arc::new(client.client.naming(resources, free));
        Ok(AuthenticatedClient { client: naming, ..client })
    }

    /// Those of the names by which nobody else who has clients here has an API.
    pub(super) async fn nobody_elses<N: Named + Clone>(
        &self,
        owner: Owner,
        names: &[N],
    ) -> Result<Vec<N>, Error> {
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
                if self.named_apis.is_of(*other, name.name(), now).await? {
                    continue 'names;
                }
            }
            free.push(name.clone());
        }
        Ok(free)
    }
}

/// What an API can go by.
pub(super) trait Named: Sync {
    fn name(&self) -> &str;
}

impl Named for ResourceIndicator {
    fn name(&self) -> &str {
        self.as_str()
    }
}

impl Named for Box<str> {
    fn name(&self) -> &str {
        self
    }
}

/// Which of the integrations' addresses a request may be about: those that it
/// names, or all where what was granted before, or another token, names them.
fn in_question(attached: &[Box<str>], request: &TokenRequest) -> Vec<Box<str>> {
    let (targets, of_others) = match request {
        TokenRequest::ClientCredentials { targets, .. } => (targets, false),
        TokenRequest::AuthorizationCode { targets, .. } | TokenRequest::RefreshToken { targets, .. } => {
            (targets, true)
        }
        TokenRequest::TokenExchange(exchange) => (&exchange.targets, true),
    };
    let is_in_question =
        |url: &str| (of_others && targets.is_empty()) || targets.iter().any(|target| **target == *url);
    attached.iter().filter(|url| is_in_question(url)).cloned().collect()
}
