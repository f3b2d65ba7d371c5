//! Applications as those know them who are shown their API keys, remembered.

use std::sync::Arc;

use appkeep_domain::access::{AccessFacet, AccessPolicy};
use appkeep_domain::{
    ApplicationId, ApplicationState, CredentialClass, CredentialId, Environment, Footing, Name, Owner,
    Resource, SecretHash, Timestamp, Within,
};
use appkeep_storage::{Freshness, Owned, ReadTx, StorageError, Store, Topic};

use super::patience::soon;
use super::tenants::footing;
use crate::Error;
use crate::cache::{Cache, Recalled};

/// A key that was made once, whatever has become of it since. Nothing of this
/// ever changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownKey {
    pub(super) id: CredentialId,
    pub(super) application: ApplicationId,
    pub(super) environment: Environment,
    pub(super) expires_at: Option<Timestamp>,
}

/// Whose keys they are, and what they open. What time does to it is asked at
/// every use.
#[derive(Debug)]
pub(super) struct KeyHolder {
    pub(super) id: ApplicationId,
    pub(super) name: Name,
    pub(super) state: ApplicationState,
    pub(super) is_archived: bool,
    expires_at: Option<Timestamp>,
    pub(super) access: AccessFacet,
    pub(super) policy: Arc<AccessPolicy>,
    /// How its owner stands.
    pub(super) footing: Footing,
    /// What decides who may know of it.
    pub(super) resource: Resource,
    /// Until when all its sessions have ended, and all that it authorized.
    sessions_ended_at: Option<Timestamp>,
    /// Its keys that were not revoked.
    keys: Box<[CredentialId]>,
}

impl KeyHolder {
    /// Whether the key is still its own.
    pub(super) fn holds(&self, key: CredentialId) -> bool {
        self.keys.contains(&key)
    }

    /// When the key ends: by itself, or with the application.
    pub(super) fn ends(&self, key: &KnownKey) -> Option<Timestamp> {
        key.expires_at.into_iter().chain(self.expires_at).min()
    }

    /// Whether a session that it has, or authorized, at this moment ended with
    /// the others.
    pub(super) fn has_ended(&self, session_of: Timestamp) -> bool {
        self.sessions_ended_at.is_some_and(|ended_at| session_of <= ended_at)
    }

    fn is_there(&self, now: Timestamp) -> bool {
        now.is_before(self.expires_at)
    }
}

/// The holders of keys, each remembered once.
pub(super) struct KeyHolders {
    store: Store,
    /// By the hashes of keys.
    known: quick_cache::sync::Cache<SecretHash, KnownKey>,
    /// What was presented, and is no key.
    unknown: quick_cache::sync::Cache<SecretHash, ()>,
    remembered: Arc<Cache<Arc<KeyHolder>>>,
}

impl KeyHolders {
    /// A kilobyte each with few rules, and some hundred with as many as can be.
    const MOST: usize = 4_096;
    /// A hundred bytes each.
    const MOST_KEYS: usize = 32_768;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let remembered = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let told = Arc::clone(&remembered);
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Application => told.forget(&change.key),
                    // Whose tenant it is, and how that stands.
                    Topic::Tenant | Topic::Everything => told.forget_all(),
                    Topic::SigningKeys
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
        }));
        let known = quick_cache::sync::Cache::new(Self::MOST_KEYS);
        let unknown = quick_cache::sync::Cache::new(Self::MOST_KEYS);
        Self { store: store.clone(), known, unknown, remembered }
    }

    /// The key with this hash, if there ever was one.
    ///
    /// A key is shown to somebody only when it has been committed, so that what
    /// somebody presents and is not there then, never will be.
    pub(super) async fn key(&self, hash: &SecretHash) -> Result<Option<KnownKey>, Error> {
        if let Some(known) = self.known.get(hash) {
            return Ok(Some(known));
        }
        if self.unknown.get(hash).is_some() {
            return Ok(None);
        }
        let found = soon(self.remembered.freshness(), self.read_key(hash)).await?;
        match found {
            Some(known) => self.known.insert(*hash, known),
            None => self.unknown.insert(*hash, ()),
        }
        Ok(found)
    }

    /// The application, if it is there at `now` and may have keys.
    pub(super) async fn holder(
        &self,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<Option<Arc<KeyHolder>>, Error> {
        let found = match self.remembered.recall(&id.as_bytes()) {
            Recalled::Value(holder) => Some(holder),
            Recalled::Absent => None,
            Recalled::Nothing => {
                self.remembered
                    .load(id.as_bytes(), soon(self.remembered.freshness(), self.read_holder(id, now)))
                    .await?
            }
        };
        Ok(found.filter(|holder| holder.is_there(now)))
    }

    async fn read_key(&self, hash: &SecretHash) -> Result<Option<KnownKey>, StorageError> {
        let mut tx = self.store.read().await?;
        let Some((application, key)) = tx.api_key(Within::Platform, hash).await? else { return Ok(None) };
        let CredentialClass::ApiKey(environment) = key.class else { return Ok(None) };
        Ok(Some(KnownKey { id: key.id, application, environment, expires_at: key.expires_at }))
    }

    async fn read_holder(
        &self,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<Option<Arc<KeyHolder>>, StorageError> {
        let mut tx = self.store.read().await?;
        let Some(owned) = tx.owned_application(Within::Platform, id).await? else { return Ok(None) };
        let Some(access) = owned.application.access.clone() else { return Ok(None) };
        let within = owned.application.owner.within();
        let rules = tx.access_rules(within, &owned.application).await?;
        let live = tx.live_credentials(within, id, now).await?;
        let keys = live.iter().filter(|one| matches!(one.class, CredentialClass::ApiKey(_)));
        let keys = keys.map(|one| one.id).collect();
        let footing = footing_of(&mut tx, owned.application.owner).await?;
        let sessions_ended_at = tx.access_sessions_ended_at(within, &owned.application).await?;
        let policy = Arc::new(AccessPolicy::new(&access.permissions, &rules));
        let holder = hold(owned, (access, policy), (footing, keys));
        Ok(Some(Arc::new(KeyHolder { sessions_ended_at, ..holder })))
    }
}

fn hold(
    owned: Owned,
    (access, policy): (AccessFacet, Arc<AccessPolicy>),
    (footing, keys): (Footing, Box<[CredentialId]>),
) -> KeyHolder {
    let resource = Resource::of(&owned.application, owned.partner).for_operators(owned.for_operators);
    let application = owned.application;
    KeyHolder {
        id: application.id,
        name: application.name,
        state: application.state,
        is_archived: application.archived_at.is_some(),
        expires_at: application.expires_at,
        access,
        policy,
        footing,
        resource,
        sessions_ended_at: None,
        keys,
    }
}

/// How whoever owns an application stands: the platform always does.
async fn footing_of(tx: &mut ReadTx, owner: Owner) -> Result<Footing, StorageError> {
    Ok(match owner {
        Owner::Global => Footing::Firm,
        Owner::Partner(id) => {
            tx.partner(owner.within(), id).await?.map_or(Footing::Archived, |partner| partner.footing())
        }
        Owner::Tenant(id) => match tx.tenant(owner.within(), id).await? {
            Some(tenant) => footing(tx, &tenant).await?,
            None => Footing::Archived,
        },
    })
}
