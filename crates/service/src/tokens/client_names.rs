//! By what a client is named: its id, or a public key of it, which says which
//! of its people it speaks of.

use std::sync::Arc;

use appkeep_domain::{ApplicationId, CredentialClass, Environment, KeyLevel, PublicKey, Timestamp, Within};
use appkeep_storage::{Freshness, StorageError, Store};

use super::Inner;
use super::clients::Client;
use super::patience::soon;
use crate::Error;

/// A `client_id`, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClientName {
    /// In any spelling of an id; it means live.
    Id(ApplicationId),
    Key(PublicKey),
}

/// A client as it was named.
pub(super) struct NamedClient {
    pub(super) client: Arc<Client>,
    /// Which of its people it speaks of.
    pub(super) environment: Environment,
    /// What proves that somebody is the client, by this name.
    pub(super) class: CredentialClass,
}

impl ClientName {
    /// What is neither names no client.
    pub(super) fn parse(raw: &str) -> Option<Self> {
        let id = ApplicationId::parse(raw).ok().map(Self::Id);
        id.or_else(|| PublicKey::parse(raw).ok().map(Self::Key))
    }

    pub(super) fn environment(&self) -> Environment {
        match self {
            Self::Id(_) => Environment::Live,
            Self::Key(key) => key.environment(),
        }
    }

    /// An environment's key is proved by that environment's secrets only, and
    /// every other name by client secrets only.
    pub(super) fn class(&self) -> CredentialClass {
        match self {
            Self::Key(key) if key.level() == KeyLevel::Environment => {
                CredentialClass::EnvironmentSecret(key.environment())
            }
            Self::Id(_) | Self::Key(_) => CredentialClass::ClientSecret,
        }
    }
}

/// Of which people a client speaks that spelt its id so.
pub(super) fn environment_of(client_id: &str) -> Environment {
    ClientName::parse(client_id).map_or(Environment::Live, |name| name.environment())
}

/// Whose the public keys are, remembered: a key is never given to another, so
/// that what was read once stays true.
pub(super) struct PublicKeys {
    store: Store,
    freshness: Arc<Freshness>,
    known: quick_cache::sync::Cache<PublicKey, ApplicationId>,
}

impl PublicKeys {
    /// A hundred bytes each.
    const MOST: usize = 32_768;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let known = quick_cache::sync::Cache::new(Self::MOST);
        Self { store: store.clone(), freshness: Arc::clone(freshness), known }
    }

    async fn find(&self, key: &PublicKey) -> Result<Option<ApplicationId>, Error> {
        if let Some(known) = self.known.get(key) {
            return Ok(Some(known));
        }
        let found = soon(&self.freshness, self.read(key)).await?;
        if let Some(id) = found {
            self.known.insert(key.clone(), id);
        }
        Ok(found)
    }

    async fn read(&self, key: &PublicKey) -> Result<Option<ApplicationId>, StorageError> {
        let mut tx = self.store.read().await?;
        let found = tx.application_by_public_key(Within::Platform, key).await?;
        Ok(found.map(|found| found.application))
    }
}

impl Inner {
    /// The client that is named so, if it is one here.
    pub(super) async fn named_client(
        &self,
        spelling: &str,
        now: Timestamp,
    ) -> Result<Option<NamedClient>, Error> {
        let Some(name) = ClientName::parse(spelling) else { return Ok(None) };
        let Some(id) = self.application_named(&name).await? else { return Ok(None) };
        let client = self.client(id, now).await?;
        Ok(client.map(|client| NamedClient { client, environment: name.environment(), class: name.class() }))
    }

    /// Which application is named so, whether it is there or not.
    pub(super) async fn application_named(&self, name: &ClientName) -> Result<Option<ApplicationId>, Error> {
        match name {
            ClientName::Id(id) => Ok(Some(*id)),
            ClientName::Key(key) => self.public_keys.find(key).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use appkeep_keys::SystemEntropy;

    use super::*;

    #[test]
    fn a_name_says_who_is_spoken_of_and_what_proves_it() {
        use CredentialClass::{ClientSecret, EnvironmentSecret};
        let key = |environment| PublicKey::make(environment, &SystemEntropy::new()).to_string();
        let id = ApplicationId::from_bytes([1; 16]);
        for (raw, environment, class) in [
            (id.to_string(), Environment::Live, ClientSecret),
            (id.to_uuid(), Environment::Live, ClientSecret),
            (key(None), Environment::Live, ClientSecret),
            (key(Some(Environment::Live)), Environment::Live, EnvironmentSecret(Environment::Live)),
            (key(Some(Environment::Test)), Environment::Test, EnvironmentSecret(Environment::Test)),
        ] {
            let name = ClientName::parse(&raw).expect("is a name");
            assert_eq!((name.environment(), name.class()), (environment, class), "{raw}");
            assert_eq!(environment_of(&raw), environment, "{raw}");
        }
        assert_eq!(ClientName::parse("za_pub_test_"), None);
    }
}
