//! Applications as clients: with what proves them, remembered.

use std::sync::Arc;

use appkeep_domain::{
    Actor, ActorKind, Application, ApplicationId, ApplicationState, ClientKeys, Credential, CredentialClass,
    CredentialId, Lifetime, Origin, Owner, SecretHash, SigningAlgorithm, Timestamp, UserPool, Within,
};
use appkeep_keys::{JwkSet, PresentedSecret, hashes_equal};
use appkeep_oauth::{ClientAuthMethod, GrantType, ResourceIndicator, ScopeSet};
use appkeep_storage::{Freshness, ReadTx, StorageError, Store, Topic};

use super::address::Reach;
use super::attached::{Attached, Epochs};
use super::client_keys::KeySet;
use super::patience::soon;
use super::people::{ForWhom, for_whom};
use crate::Error;
use crate::cache::{Cache, Recalled};

/// An application that can be an OAuth client, parsed once: what is asked of
/// it when it gets and shows tokens, and nothing else, since many are held.
///
/// What time does to it is asked at every use.
#[derive(Clone)]
pub(super) struct Client {
    id: ApplicationId,
    /// Decides at which addresses it is a client.
    pub(super) owner: Owner,
    pub(super) state: ApplicationState,
    pub(super) is_archived: bool,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) allowed_scopes: ScopeSet,
    pub(super) audience: Option<Box<str>>,
    resources: Box<[ResourceIndicator]>,
    attached: Attached,
    /// Whether it registered itself and never got a token.
    pub(super) is_unused: bool,
    pub(super) access_token_ttl: Lifetime,
    pub(super) refresh_token_ttl: Lifetime,
    pub(super) refresh_token_max_age: Lifetime,
    pub(super) assignment_required: bool,
    pub(super) allowed_origins: Box<[Origin]>,
    pub(super) id_token_signing_alg: Option<SigningAlgorithm>,
    pub(super) grant_types: Box<[GrantType]>,
    pub(super) auth_method: ClientAuthMethod,
    pub(super) access_token_signing_alg: Option<SigningAlgorithm>,
    pub(super) keys: RegisteredKeys,
    /// For whom it speaks, when it speaks for somebody.
    pub(super) for_whom: ForWhom,
    secrets: Box<[Secret]>,
}

/// What a client's assertions are verified with.
#[derive(Debug, Clone)]
pub(super) enum RegisteredKeys {
    None,
    Set(Arc<KeySet>),
    /// Where it publishes them.
    At(Box<str>),
}

/// A credential that was live when it was read.
#[derive(Clone)]
struct Secret {
    id: CredentialId,
    class: CredentialClass,
    hash: SecretHash,
    expires_at: Option<Timestamp>,
}

impl Client {
    /// Nothing when it is no OAuth client.
    fn new(
        application: Application,
        (credentials, attached): (&[Credential], Attached),
        (for_whom, now): (ForWhom, Timestamp),
    ) -> Result<Option<Self>, StorageError> {
        let Some(oauth) = application.oauth else { return Ok(None) };
        Ok(Some(Self {
            id: application.id,
            owner: application.owner,
            state: application.state,
            is_archived: application.archived_at.is_some(),
            expires_at: application.expires_at,
            allowed_scopes: oauth.allowed_scopes,
            audience: oauth.audience.map(String::into_boxed_str),
            resources: oauth.allowed_resources.into_boxed_slice(),
            attached,
            is_unused: false,
            access_token_ttl: oauth.access_token_ttl,
            refresh_token_ttl: oauth.refresh_token_ttl,
            refresh_token_max_age: oauth.refresh_token_max_age,
            assignment_required: oauth.assignment_required,
            allowed_origins: oauth.allowed_origins.into_boxed_slice(),
            id_token_signing_alg: oauth.id_token_signing_alg,
            grant_types: oauth.grant_types.into_boxed_slice(),
            auth_method: oauth.auth_method,
            access_token_signing_alg: oauth.access_token_signing_alg,
            keys: RegisteredKeys::of(oauth.client_keys)?,
            for_whom,
            secrets: credentials.iter().filter(|one| one.is_live(now)).map(Secret::of).collect(),
        }))
    }

    pub(super) const fn id(&self) -> ApplicationId {
        self.id
    }

    /// Whom its tokens may be for.
    pub(super) fn reach(&self) -> Reach<'_> {
        let operators = self.for_whom == ForWhom::Operators;
        let audience = self.audience.as_deref();
        Reach { audience, resources: &self.resources, attached: self.attached.urls(), operators }
    }

    /// The same, where it may name these beside its own API, and nothing else:
    /// what it was allowed, and where its integrations are.
    pub(super) fn naming(&self, resources: Vec<ResourceIndicator>, attached: Vec<Box<str>>) -> Self {
        let attached = self.attached.only(attached);
        Self { resources: resources.into_boxed_slice(), attached, ..self.clone() }
    }

    /// Where its sessions are, and what came of them.
    pub(super) const fn within(&self) -> Within {
        self.owner.within()
    }

    /// Which of the secrets of a class that are live at `now` this one is.
    ///
    /// Compares with every secret, though one have matched already, so that the
    /// time it takes does not say which.
    pub(super) fn credential_of(
        &self,
        class: CredentialClass,
        presented: PresentedSecret,
        now: Timestamp,
    ) -> Option<CredentialId> {
        let live = self.secrets.iter().filter(|secret| now.is_before(secret.expires_at));
        live.fold(None, |found, secret| {
            let is_this = hashes_equal(&secret.hash, &presented.hash()) && secret.class == class;
            if is_this { Some(secret.id) } else { found }
        })
    }

    /// Whether it exists for anybody at `now`.
    fn is_there(&self, now: Timestamp) -> bool {
        now.is_before(self.expires_at)
    }
}

impl RegisteredKeys {
    fn of(keys: Option<ClientKeys>) -> Result<Self, StorageError> {
        Ok(match keys {
            None => Self::None,
            Some(ClientKeys::At(url)) => Self::At(url.into_boxed_str()),
            Some(ClientKeys::Set(set)) => {
                let set = JwkSet::parse_public(&set)
                    .map_err(|error| StorageError::Corrupt { column: "oauth", source: error.into() })?;
                Self::Set(Arc::new(KeySet::new(&set)))
            }
        })
    }
}

impl Secret {
    const fn of(credential: &Credential) -> Self {
        Self {
            id: credential.id,
            class: credential.class,
            hash: credential.hash,
            expires_at: credential.expires_at,
        }
    }
}

/// The clients of all issuers, each remembered once.
pub(super) struct Clients {
    store: Store,
    remembered: Arc<Cache<Arc<Client>>>,
    integrations: Arc<Epochs>,
}

impl Clients {
    /// Half a kilobyte each, with few scopes and secrets.
    const MOST: usize = 32_768;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let remembered = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let integrations = Arc::new(Epochs::default());
        let (told, changed) = (Arc::clone(&remembered), Arc::clone(&integrations));
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Application | Topic::Attachments => told.forget(&change.key),
                    Topic::Integration => changed.note(&change.key),
                    Topic::Everything => told.forget_all(),
                    Topic::Tenant
                    | Topic::SigningKeys
                    | Topic::Revocation
                    | Topic::Scopes
                    | Topic::Directory
                    | Topic::Memberships
                    | Topic::Assignments
                    | Topic::User
                    | Topic::ServiceAccount => {}
                }
            }
        }));
        Self { store: store.clone(), remembered, integrations }
    }

    /// The client, if it is there at `now`; where it is one, and whether it may
    /// do anything, is for the caller to ask.
    pub(super) async fn find(&self, id: ApplicationId, now: Timestamp) -> Result<Option<Arc<Client>>, Error> {
        let found = match self.remembered.recall(&id.as_bytes()) {
            Recalled::Value(client) if self.integrations.are_as_in(&client.attached) => Some(client),
            Recalled::Absent => None,
            Recalled::Value(_) | Recalled::Nothing => {
                self.remembered
                    .load(id.as_bytes(), soon(self.remembered.freshness(), self.read(id, now)))
                    .await?
            }
        };
        Ok(found.filter(|client| client.is_there(now)))
    }

    async fn read(&self, id: ApplicationId, now: Timestamp) -> Result<Option<Arc<Client>>, StorageError> {
        let as_of = self.integrations.now();
        let mut tx = self.store.read().await?;
        let Some(application) = tx.application(Within::Platform, id).await? else { return Ok(None) };
        let credentials = tx.live_credentials(application.owner.within(), id, now).await?;
        let attached = tx.attached_addresses(application.owner.within(), &application).await?;
        let attached = Attached::new(attached, as_of);
        let grants = application.oauth.as_ref().map_or(&[][..], |oauth| &oauth.grant_types);
        // Most speak for nobody.
        let for_whom = match application.user_pool {
            UserPool::Tenant if !grants.contains(&GrantType::AuthorizationCode) => ForWhom::Tenant,
            UserPool::Tenant | UserPool::Application => for_whom(&mut tx, &application).await?,
        };
        let is_unused = is_unused(&mut tx, &application).await?;
        let client = Client::new(application, (&credentials, attached), (for_whom, now))?;
        Ok(client.map(|client| Arc::new(Client { is_unused, ..client })))
    }
}

/// Most were made by somebody, and are kept anyway.
async fn is_unused(tx: &mut ReadTx, application: &Application) -> Result<bool, StorageError> {
    let registered = |by: &Actor| by.kind == ActorKind::Registration;
    if !application.made_by.as_ref().is_some_and(registered) {
        return Ok(false);
    }
    let found = tx.registration(application.owner.within(), application.id).await?;
    Ok(found.is_some_and(|found| found.unused_until.is_some()))
}
