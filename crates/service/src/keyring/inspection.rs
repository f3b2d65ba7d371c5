//! Whether the keys in a database can be used at all.

use appkeep_domain::Within;
use appkeep_keys::MasterKey;
use appkeep_storage::{ReadTx, Store};

use super::data_keys::DataKeys;
use super::{IssuerKeys, KeyringError};

/// Opens every data key once, and says how many there are. Nothing is kept and
/// nothing is changed.
pub async fn open_data_keys(store: &Store, master: MasterKey) -> Result<usize, KeyringError> {
    open_data_keys_in(&mut store.read().await?, &DataKeys::new(master)).await
}

/// Opens every data key and every signing key once, and says how many signing
/// keys there are. Nothing is kept and nothing is changed.
pub async fn open_every_key(store: &Store, master: MasterKey) -> Result<usize, KeyringError> {
    let data_keys = DataKeys::new(master);
    let mut tx = store.read().await?;
    open_data_keys_in(&mut tx, &data_keys).await?;
    let mut count = 0;
    for issuer in tx.issuers(Within::Platform).await? {
        let sealed = tx.signing_keys(Within::Platform, issuer).await?;
        // Read after the keys it opens, so that none of them is newer.
        let opened = data_keys.open_all(&tx.data_keys(Within::Platform, issuer).await?)?;
        count += sealed.len();
        IssuerKeys::open(sealed, &opened)?;
    }
    Ok(count)
}

async fn open_data_keys_in(tx: &mut ReadTx, data_keys: &DataKeys) -> Result<usize, KeyringError> {
    let wrapped = tx.all_data_keys(Within::Platform).await?;
    data_keys.open_all(&wrapped)?;
    Ok(wrapped.len())
}
