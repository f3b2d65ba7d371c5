//! The settings of tenants and the scopes that they registered, remembered.

use std::collections::HashSet;
use std::sync::Arc;

use appkeep_domain::{RegisteredScope, Tenant, TenantId, Within, is_built_in};
use appkeep_oauth::{Scope, ScopeSet};
use appkeep_storage::{Freshness, StorageError, Store, Topic};

use super::patience::soon;
use crate::Error;
use crate::cache::{Cache, Recalled};

pub(super) struct Tenants {
    store: Store,
    remembered: Arc<Cache<Arc<Settings>>>,
}

/// What of a tenant every token depends on.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) tenant: Tenant,
    registered: HashSet<Scope>,
}

impl Settings {
    /// What of an allow-list there still is: a scope that the tenant has taken
    /// out of its registry is granted to nobody.
    pub(super) fn known(&self, allowed: &ScopeSet) -> ScopeSet {
        allowed.filtered(|scope| is_built_in(scope.as_str()) || self.registered.contains(scope))
    }
}

impl Tenants {
    const MOST: usize = 10_000;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let remembered = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let told = Arc::clone(&remembered);
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Tenant | Topic::Scopes => told.forget(&change.key),
                    Topic::Everything => told.forget_all(),
                    Topic::Application | Topic::SigningKeys | Topic::Revocation => {}
                }
            }
        }));
        Self { store: store.clone(), remembered }
    }

    pub(super) async fn find(&self, id: TenantId) -> Result<Option<Arc<Settings>>, Error> {
        match self.remembered.recall(&id.as_bytes()) {
            Recalled::Value(tenant) => Ok(Some(tenant)),
            Recalled::Absent => Ok(None),
            Recalled::Nothing => Ok(self
                .remembered
                .load(id.as_bytes(), soon(self.remembered.freshness(), self.read(id)))
                .await?),
        }
    }

    async fn read(&self, id: TenantId) -> Result<Option<Arc<Settings>>, StorageError> {
        let within = Within::Tenant(id);
        let mut tx = self.store.read().await?;
        let Some(tenant) = tx.tenant(within, id).await? else { return Ok(None) };
        let registered = tx.scopes(within, id, None, RegisteredScope::MOST).await?;
        let registered = registered.into_iter().map(|registered| registered.scope).collect();
        Ok(Some(Arc::new(Settings { tenant, registered })))
    }
}
