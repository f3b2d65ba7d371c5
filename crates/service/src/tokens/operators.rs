//! The roles of operators, remembered.

use std::sync::Arc;

use appkeep_domain::{OperatorId, RoleGrant, Within};
use appkeep_storage::{Freshness, StorageError, Store, Topic};

use super::patience::soon;
use crate::Error;
use crate::cache::{Cache, Recalled};

pub(super) struct Operators {
    store: Store,
    remembered: Arc<Cache<Arc<[RoleGrant]>>>,
}

impl Operators {
    const MOST: usize = 1_000;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let remembered = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let told = Arc::clone(&remembered);
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::User => told.forget(&change.key),
                    // Whose tenant it is decides what a role in it sees.
                    Topic::Tenant | Topic::Everything => told.forget_all(),
                    Topic::Application
                    | Topic::SigningKeys
                    | Topic::Revocation
                    | Topic::Scopes
                    | Topic::Directory
                    | Topic::Memberships
                    | Topic::Assignments
                    | Topic::Integration
                    | Topic::Attachments
                    | Topic::ServiceAccount => {}
                }
            }
        }));
        Self { store: store.clone(), remembered }
    }

    /// Those that are in force; none for somebody who has lost them all.
    pub(super) async fn roles(&self, id: OperatorId) -> Result<Vec<RoleGrant>, Error> {
        let key = id.as_bytes();
        let found = match self.remembered.recall(&key) {
            Recalled::Value(roles) => Some(roles),
            Recalled::Absent => None,
            Recalled::Nothing => {
                self.remembered.load(key, soon(self.remembered.freshness(), self.read(id))).await?
            }
        };
        Ok(found.map(|roles| roles.to_vec()).unwrap_or_default())
    }

    async fn read(&self, id: OperatorId) -> Result<Option<Arc<[RoleGrant]>>, StorageError> {
        let held = self.store.read().await?.roles(Within::Platform, id).await?;
        Ok(Some(held.into_iter().filter_map(|held| held.footing.role(held.grant)).collect()))
    }
}
