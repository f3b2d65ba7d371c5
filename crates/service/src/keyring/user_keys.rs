//! A key for each person, under which the history says what concerns them. It is
//! made when it is first needed, and destroyed with the person.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use appkeep_domain::{Directory, DirectoryId, Issuer, UserId, Within};
use appkeep_keys::{Aad, DataKey};
use appkeep_storage::{Change, StorageError, Topic, WrappedUserKey, WriteTx};

use super::{Keyring, KeyringError};

/// Those that were opened, until the change feed says that something became of
/// the person.
pub(super) struct UserKeys(quick_cache::sync::Cache<[u8; 16], Arc<DataKey>>);

impl UserKeys {
    pub(super) fn forget_changed(&self, changes: &[Change]) {
        for change in changes {
            match change.topic {
                Topic::User => drop(self.0.remove(&change.key)),
                Topic::Everything => self.0.clear(),
                _ => {}
            }
        }
    }
}

impl Default for UserKeys {
    /// Seven hundred bytes each.
    fn default() -> Self {
        const MOST: usize = 10_000;
        Self(quick_cache::sync::Cache::new(MOST))
    }
}

impl Keyring {
    /// The key of a user, if it was opened before.
    pub(crate) fn held_user_key(&self, user: UserId) -> Option<Arc<DataKey>> {
        self.user_keys.0.get(&user.as_bytes())
    }

    /// The key of a user, wrapped for the issuer if it is made now; none when
    /// they are not there any more.
    pub(crate) async fn user_key(
        &self,
        (within, issuer): (Within, Issuer),
        directory: &Directory,
        user: UserId,
    ) -> Result<Option<Arc<DataKey>>, KeyringError> {
        let mut kept = self.store.read().await?.user_keys(within, &[user]).await?;
        if kept.is_empty() {
            let fresh = self.make_user_key(issuer, directory.id, user).await?;
            let directory = directory.clone();
            let insert = async move |tx: &mut WriteTx| -> Result<Vec<WrappedUserKey>, StorageError> {
                tx.insert_user_key(within, &directory, &fresh).await?;
                // Another may have been quicker, and sealed something already.
                tx.user_keys(within, &[fresh.user]).await
            };
            kept = match self.store.write(insert).await {
                Err(StorageError::Stale) => Vec::new(),
                written => written?,
            };
        }
        let opened = self.open_user_keys(&kept).await?.remove(&user);
        if let Some(key) = &opened {
            self.user_keys.0.insert(user.as_bytes(), Arc::clone(key));
        }
        Ok(opened)
    }

    /// Those of these users whose keys are there still, by their ids.
    pub(crate) async fn user_keys(
        &self,
        within: Within,
        users: &[UserId],
    ) -> Result<HashMap<UserId, Arc<DataKey>>, KeyringError> {
        let kept = self.store.read().await?.user_keys(within, users).await?;
        self.open_user_keys(&kept).await
    }

    async fn open_user_keys(
        &self,
        kept: &[WrappedUserKey],
    ) -> Result<HashMap<UserId, Arc<DataKey>>, KeyringError> {
        let mut opened = HashMap::new();
        let mut issuers: HashMap<Issuer, HashMap<u32, Arc<DataKey>>> = HashMap::new();
        for key in kept {
            let data_keys = match issuers.entry(key.issuer) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let wrapped = self.wrapped(key.issuer).await?;
                    new.insert(self.data_keys.open_all(&wrapped)?)
                }
            };
            let unopened = || KeyringError::Unopened(key.issuer);
            let data_key = data_keys.get(&key.data_key_version).ok_or_else(unopened)?;
            let user_key = data_key.unwrap(&key.wrapped, &place(key.directory, key.user));
            opened.insert(key.user, Arc::new(user_key.map_err(|_| unopened())?));
        }
        Ok(opened)
    }

    async fn make_user_key(
        &self,
        issuer: Issuer,
        directory: DirectoryId,
        user: UserId,
    ) -> Result<WrappedUserKey, KeyringError> {
        let keys = self.wrapped_or_made(issuer).await?;
        let newest = keys.last().ok_or(KeyringError::Unopened(issuer))?;
        let key = DataKey::generate(&*self.chance.entropy);
        Ok(WrappedUserKey {
            directory,
            user,
            issuer,
            data_key_version: newest.version,
            wrapped: self.data_keys.open(newest)?.wrap(&key, &place(directory, user)),
            created_at: self.chance.clock.now(),
        })
    }
}

fn place(directory: DirectoryId, user: UserId) -> Aad {
    Aad::new("user_keys", &[directory.as_bytes(), user.as_bytes()].concat(), "wrapped")
}

impl fmt::Debug for UserKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserKeys { … }")
    }
}
