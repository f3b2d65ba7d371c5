//! The settings of tenants and the scopes that they registered, remembered.

use std::collections::HashMap;
use std::sync::Arc;

use appkeep_domain::{Footing, RegisteredScope, Tenant, TenantId, Within, is_built_in};
use appkeep_oauth::{Refusal, Scope, ScopeSet};
use appkeep_storage::{Change, Freshness, ReadTx, StorageError, Store, Topic};

use super::authorize::WantedScope;
use super::patience::soon;
use super::refuse::out_of_use;
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
    /// Its own, or its partner's if that is worse.
    pub(super) footing: Footing,
    /// With what the registry says of each.
    registered: HashMap<Scope, Option<String>>,
}

impl Settings {
    /// Nothing new is issued to what belongs to a tenant that is suspended or
    /// archived, or whose partner is.
    pub(super) fn must_be_firm(&self) -> Result<(), Refusal> {
        self.footing.must_be_firm().map_err(out_of_use)
    }

    /// What of an allow-list there still is: a scope that the tenant has taken
    /// out of its registry is granted to nobody.
    pub(super) fn known(&self, allowed: &ScopeSet) -> ScopeSet {
        allowed.filtered(|scope| is_built_in(scope.as_str()) || self.registered.contains_key(scope))
    }

    /// What is wanted, in the tenant's own words.
    pub(super) fn described(&self, wanted: &ScopeSet) -> Vec<WantedScope> {
        let describe = |scope: &Scope| WantedScope {
            scope: scope.clone(),
            description: self.registered.get(scope).cloned().flatten(),
        };
        wanted.iter().map(describe).collect()
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
                    // Whatever becomes of a partner, becomes of its tenants.
                    Topic::Tenant if change.key == Change::ALL => told.forget_all(),
                    Topic::Tenant | Topic::Scopes => told.forget(&change.key),
                    Topic::Everything => told.forget_all(),
                    Topic::Application
                    | Topic::SigningKeys
                    | Topic::Revocation
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
        let registered = registered.into_iter().map(|one| (one.scope, one.description)).collect();
        let footing = footing(&mut tx, &tenant).await?;
        Ok(Some(Arc::new(Settings { tenant, footing, registered })))
    }
}

/// How the tenant stands, all told.
pub(super) async fn footing(tx: &mut ReadTx, tenant: &Tenant) -> Result<Footing, StorageError> {
    let Some(partner) = tenant.partner else { return Ok(tenant.footing()) };
    let partner = tx.partner(Within::Tenant(tenant.id), partner).await?;
    Ok(partner.map_or(tenant.footing(), |partner| tenant.footing().max(partner.footing())))
}
