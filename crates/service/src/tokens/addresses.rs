//! The addresses of all issuers: that of the platform and the default tenant,
//! and one below it for each other tenant.

use std::sync::Arc;

use appkeep_domain::{ApplicationId, Footing, Owner, ServiceAccountId, Slug, TenantId, Within};
use appkeep_keys::sha256;
use appkeep_storage::{Freshness, StorageError, Store, Topic};

use super::address::{Address, TENANTS};
use super::patience::soon;
use super::{Authority, Inner, Shared};
use crate::Error;
use crate::cache::{Cache, Recalled};

/// What is known of which address is whose.
pub(super) struct Addresses {
    root: Arc<Address>,
    store: Store,
    /// By their slugs, those that were asked for. A slug stays its tenant's.
    known: Arc<quick_cache::sync::Cache<String, Arc<Address>>>,
    /// Whose a slug is, or that it is nobody's, until a tenant changes.
    looked_up: Arc<Cache<TenantId>>,
}

impl Addresses {
    const MOST: usize = 10_000;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>, root: Arc<Address>) -> Self {
        let known = Arc::new(quick_cache::sync::Cache::new(Self::MOST));
        let looked_up = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let (addresses, told) = (Arc::clone(&known), Arc::clone(&looked_up));
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Tenant => told.forget_all(),
                    Topic::Everything => {
                        told.forget_all();
                        addresses.clear();
                    }
                    Topic::Application
                    | Topic::SigningKeys
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
        Self { root, store: store.clone(), known, looked_up }
    }

    /// That of the tenant with this slug; the default tenant's is the root.
    async fn below(&self, slug: &str) -> Result<Option<Arc<Address>>, Error> {
        if let Some(known) = self.known.get(slug) {
            return Ok(Some(known));
        }
        let Ok(slug) = Slug::parse(slug) else { return Ok(None) };
        let tenant = self.look_up(&slug).await?.filter(|tenant| *tenant != self.root.tenant);
        Ok(tenant.map(|tenant| {
            let address = Arc::new(Address::below(&self.root, tenant, slug.clone()));
            self.known.insert(slug.as_str().to_owned(), Arc::clone(&address));
            address
        }))
    }

    async fn look_up(&self, slug: &Slug) -> Result<Option<TenantId>, Error> {
        let key = key(slug);
        match self.looked_up.recall(&key) {
            Recalled::Value(tenant) => Ok(Some(tenant)),
            Recalled::Absent => Ok(None),
            Recalled::Nothing => {
                let reading = soon(self.looked_up.freshness(), self.read(slug));
                Ok(self.looked_up.load(key, reading).await?)
            }
        }
    }

    async fn read(&self, slug: &Slug) -> Result<Option<TenantId>, StorageError> {
        let found = self.store.read().await?.tenant_by_slug(Within::Platform, slug).await?;
        Ok(found.map(|tenant| tenant.id))
    }
}

/// As long as the ids that others are remembered by.
fn key(slug: &Slug) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(&sha256(slug.as_str().as_bytes())[..16]);
    key
}

impl Authority {
    /// The issuer at `/t/<slug>`. Nothing when there is no such tenant, nor for
    /// the default tenant, whose address is the public URL.
    pub async fn at(&self, slug: &str) -> Result<Option<Self>, Error> {
        Ok(self.0.at(slug).await?.map(Self))
    }

    /// The issuer of the tenant with this slug, at whichever address it is.
    pub async fn of_slug(&self, slug: &str) -> Result<Option<Self>, Error> {
        if let Some(below) = self.at(slug).await? {
            return Ok(Some(below));
        }
        let root = self.root();
        let is_roots = root.0.settings().await?.tenant.slug.as_str() == slug;
        Ok(is_roots.then_some(root))
    }

    /// The issuer at which somebody is a client who says that this is their
    /// `client_id`, or the service account that it names. Nothing of whom nobody
    /// has heard, nor of a partner's application, which is one in many places.
    pub async fn of_client(&self, client_id: &str) -> Result<Option<Self>, Error> {
        let owner = match ServiceAccountId::of_client(client_id) {
            Some(id) => self.0.service_accounts.find(id).await?.map(|account| Owner::Tenant(account.tenant)),
            None => match ApplicationId::parse(client_id) {
                Ok(id) => self.0.clients.find(id, self.0.now()).await?.map(|client| client.owner),
                Err(_) => None,
            },
        };
        match owner {
            Some(Owner::Global) => Ok(Some(self.root())),
            Some(Owner::Tenant(tenant)) => Ok(self.0.of_tenant(tenant).await?.map(Self)),
            Some(Owner::Partner(_)) | None => Ok(None),
        }
    }

    /// The issuer of a tenant, wherever that is; nothing when there is no such
    /// tenant, or it is archived.
    pub async fn of_tenant(&self, tenant: TenantId) -> Result<Option<Self>, Error> {
        Ok(self.0.of_tenant(tenant).await?.map(Self))
    }

    /// The issuer at the public URL.
    #[must_use]
    pub fn root(&self) -> Self {
        Self(self.0.with(Arc::clone(&self.0.addresses.root)))
    }

    /// Whether it is the platform's issuer, and the default tenant's.
    pub fn is_root(&self) -> bool {
        self.0.address.is_root()
    }

    /// The tenant's slug, where the address is made of it.
    pub fn slug(&self) -> Option<&str> {
        self.0.address.slug().map(Slug::as_str)
    }
}

impl Inner {
    pub(super) async fn at(&self, slug: &str) -> Result<Option<Self>, Error> {
        let Some(address) = self.addresses.below(slug).await? else { return Ok(None) };
        Ok(self.is_there(&address).await?.then(|| self.with(address)))
    }

    /// The issuer whose name stands in the `iss` of a token, if it is one of
    /// ours.
    pub(super) async fn named(&self, issuer: &str) -> Result<Option<Self>, Error> {
        let root = &self.addresses.root;
        match issuer.strip_prefix(root.issuer()) {
            Some("") => Ok(Some(self.with(Arc::clone(root)))),
            Some(below) => match below.strip_prefix(TENANTS) {
                Some(slug) => self.at(slug).await,
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// The issuer of a tenant, wherever that is.
    pub(super) async fn of_tenant(&self, tenant: TenantId) -> Result<Option<Self>, Error> {
        if tenant == self.address.tenant {
            return Ok(Some(self.clone()));
        }
        if tenant == self.addresses.root.tenant {
            return Ok(Some(self.with(Arc::clone(&self.addresses.root))));
        }
        match self.tenants.find(tenant).await? {
            Some(settings) => self.at(settings.tenant.slug.as_str()).await,
            None => Ok(None),
        }
    }

    /// The same process at another of its addresses.
    pub(super) fn with(&self, address: Arc<Address>) -> Self {
        Self { shared: Arc::clone(&self.shared), address }
    }
}

impl Shared {
    /// Whether the address still is its tenant's, and that is not archived.
    pub(super) async fn is_there(&self, address: &Address) -> Result<bool, Error> {
        let Some(slug) = address.slug() else { return Ok(true) };
        let settings = self.tenants.find(address.tenant).await?;
        Ok(settings
            .is_some_and(|settings| settings.tenant.slug == *slug && settings.footing != Footing::Archived))
    }
}
