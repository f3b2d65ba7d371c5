//! Another master key: what the one before wrapped is wrapped anew.

use std::sync::Arc;

use appkeep_domain::Within;
use appkeep_keys::MasterKey;
use appkeep_storage::{Store, WriteTx};

use super::{KeyringError, sealing};

/// Wraps every data key under `new`, all in one transaction, and says how many
/// there are. Nothing has changed when one of them does not open with `present`.
///
/// Servers that run go on with the data keys that they have opened; those of
/// issuers that nobody has asked them for do not open before they are started
/// with the new key.
pub async fn rewrap(store: &Store, present: MasterKey, new: MasterKey) -> Result<usize, KeyringError> {
    let (present, new) = (Arc::new(present), Arc::new(new));
    let rewrap = async move |tx: &mut WriteTx| -> Result<usize, KeyringError> {
        let wrapped = tx.all_data_keys(Within::Platform).await?;
        for key in &wrapped {
            let anew = sealing::rewrap(&present, &new, key)?;
            tx.rewrap_data_key(Within::Platform, &anew).await?;
        }
        Ok(wrapped.len())
    };
    store.write(rewrap).await
}
