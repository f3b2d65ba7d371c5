//! Data keys, opened once.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use appkeep_domain::Issuer;
use appkeep_keys::{DataKey, MasterKey};
use appkeep_storage::WrappedDataKey;
use parking_lot::Mutex;

use super::{KeyringError, sealing};

/// Opens data keys with the master key, and remembers them: the key of an
/// issuer and a version is the same for ever. So a server goes on when its
/// master key is exchanged beside it.
pub(super) struct DataKeys {
    master: MasterKey,
    opened: Mutex<HashMap<(Issuer, u32), Arc<DataKey>>>,
}

impl DataKeys {
    /// Two hundred bytes each.
    const MOST: usize = 20_000;

    pub(super) fn new(master: MasterKey) -> Self {
        Self { master, opened: Mutex::default() }
    }

    pub(super) const fn master(&self) -> &MasterKey {
        &self.master
    }

    pub(super) fn open(&self, wrapped: &WrappedDataKey) -> Result<Arc<DataKey>, KeyringError> {
        let name = (wrapped.issuer, wrapped.version);
        if let Some(key) = self.opened.lock().get(&name) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(sealing::unwrap(&self.master, wrapped)?);
        let mut opened = self.opened.lock();
        if opened.len() >= Self::MOST {
            let any = opened.keys().next().copied();
            any.and_then(|any| opened.remove(&any));
        }
        opened.insert(name, Arc::clone(&key));
        Ok(key)
    }

    /// By their versions.
    pub(super) fn open_all(
        &self,
        keys: &[WrappedDataKey],
    ) -> Result<HashMap<u32, Arc<DataKey>>, KeyringError> {
        keys.iter().map(|key| Ok((key.version, self.open(key)?))).collect()
    }
}

impl fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKeys { … }")
    }
}
