//! The settings of tenants, remembered.

use std::sync::Arc;

use appkeep_domain::{Tenant, TenantId, Within};
use appkeep_storage::{Freshness, StorageError, Store, Topic};

use super::patience::soon;
use crate::Error;
use crate::cache::{Cache, Recalled};

pub(super) struct Tenants {
    store: Store,
    remembered: Arc<Cache<Arc<Tenant>>>,
}

impl Tenants {
    const MOST: usize = 10_000;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let remembered = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let told = Arc::clone(&remembered);
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Tenant => told.forget(&change.key),
                    Topic::Everything => told.forget_all(),
                    Topic::Application | Topic::SigningKeys | Topic::Revocation | Topic::Scopes => {}
                }
            }
        }));
        Self { store: store.clone(), remembered }
    }

    pub(super) async fn find(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Error> {
        match self.remembered.recall(&id.as_bytes()) {
            Recalled::Value(tenant) => Ok(Some(tenant)),
            Recalled::Absent => Ok(None),
            Recalled::Nothing => Ok(self.remembered.load(id.as_bytes(), soon(self.read(id))).await?),
        }
    }

    async fn read(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, StorageError> {
        let tenant = self.store.read().await?.tenant(Within::Tenant(id), id).await?;
        Ok(tenant.map(Arc::new))
    }
}
