//! Applications as clients: with what proves them, remembered.

use std::sync::Arc;

use appkeep_domain::{
    Application, ApplicationId, ClientKeys, Credential, CredentialId, OauthFacet, TenantId, Timestamp, Within,
};
use appkeep_keys::{JwkSet, PresentedSecret, hashes_equal};
use appkeep_storage::{Freshness, StorageError, Store, Topic};

use super::client_keys::KeySet;
use super::patience::soon;
use crate::Error;
use crate::cache::{Cache, Recalled};

/// An application that can be an OAuth client, parsed once.
///
/// What time does to it is asked at every use.
pub(super) struct Client {
    pub(super) application: Application,
    pub(super) oauth: OauthFacet,
    pub(super) keys: RegisteredKeys,
    credentials: Vec<Credential>,
}

/// What a client's assertions are verified with.
#[derive(Debug)]
pub(super) enum RegisteredKeys {
    None,
    Set(Arc<KeySet>),
    /// Where it publishes them.
    At(String),
}

impl Client {
    /// Nothing when it is no OAuth client.
    fn new(mut application: Application, credentials: Vec<Credential>) -> Result<Option<Self>, StorageError> {
        let Some(oauth) = application.oauth.take() else { return Ok(None) };
        let keys = match &oauth.client_keys {
            None => RegisteredKeys::None,
            Some(ClientKeys::At(url)) => RegisteredKeys::At(url.clone()),
            Some(ClientKeys::Set(set)) => {
                let set = JwkSet::parse_public(set)
                    .map_err(|error| StorageError::Corrupt { column: "oauth", source: error.into() })?;
                RegisteredKeys::Set(Arc::new(KeySet::new(&set)))
            }
        };
        Ok(Some(Self { application, oauth, keys, credentials }))
    }

    pub(super) fn id(&self) -> ApplicationId {
        self.application.id
    }

    /// Which of the secrets that are live at `now` this one is.
    ///
    /// Compares with every one of them, though one have matched already, so
    /// that the time it takes does not say which.
    pub(super) fn credential_of(&self, presented: PresentedSecret, now: Timestamp) -> Option<CredentialId> {
        let live = self.credentials.iter().filter(|credential| credential.is_live(now));
        live.fold(None, |found, credential| {
            let is_this = hashes_equal(&credential.hash, &presented.hash());
            if is_this { Some(credential.id) } else { found }
        })
    }
}

/// The clients of one tenant.
pub(super) struct Clients {
    store: Store,
    tenant: TenantId,
    remembered: Arc<Cache<Arc<Client>>>,
}

impl Clients {
    /// Some kilobytes each.
    const MOST: usize = 32_768;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>, tenant: TenantId) -> Self {
        let remembered = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let told = Arc::clone(&remembered);
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Application => told.forget(&change.key),
                    Topic::Everything => told.forget_all(),
                    Topic::Tenant
                    | Topic::SigningKeys
                    | Topic::Revocation
                    | Topic::Scopes
                    | Topic::Directory
                    | Topic::User => {}
                }
            }
        }));
        Self { store: store.clone(), tenant, remembered }
    }

    /// The client, if it is there at `now`; whether it may do anything is for
    /// the caller to ask.
    pub(super) async fn find(&self, id: ApplicationId, now: Timestamp) -> Result<Option<Arc<Client>>, Error> {
        let found = match self.remembered.recall(&id.as_bytes()) {
            Recalled::Value(client) => Some(client),
            Recalled::Absent => None,
            Recalled::Nothing => {
                self.remembered
                    .load(id.as_bytes(), soon(self.remembered.freshness(), self.read(id, now)))
                    .await?
            }
        };
        Ok(found.filter(|client| client.application.is_there(now)))
    }

    async fn read(&self, id: ApplicationId, now: Timestamp) -> Result<Option<Arc<Client>>, StorageError> {
        let within = Within::Tenant(self.tenant);
        let mut tx = self.store.read().await?;
        let Some(application) = tx.application(within, id).await? else { return Ok(None) };
        let credentials = tx.live_credentials(within, id, now).await?;
        Ok(Client::new(application, credentials)?.map(Arc::new))
    }
}
