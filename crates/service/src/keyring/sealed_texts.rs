//! Whatever else is sealed under an issuer's data key.

use appkeep_domain::{Issuer, Within};
use appkeep_keys::{Aad, MacKey};
use appkeep_storage::WrappedDataKey;
use zeroize::Zeroizing;

use super::{Keyring, KeyringError};

impl Keyring {
    /// Seals a text for its place under the newest data key of the issuer,
    /// whose version stands beside it.
    pub(crate) async fn seal(
        &self,
        issuer: Issuer,
        place: &Aad,
        plaintext: &[u8],
    ) -> Result<(u32, Vec<u8>), KeyringError> {
        let keys = self.wrapped_or_made(issuer).await?;
        let newest = keys.last().ok_or(KeyringError::Unopened(issuer))?;
        Ok((newest.version, self.data_keys.open(newest)?.seal(place, plaintext)))
    }

    /// Opens what was sealed for the place under that version of the data key.
    pub(crate) async fn open(
        &self,
        issuer: Issuer,
        place: &Aad,
        (version, sealed): (u32, &[u8]),
    ) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        let keys = self.wrapped(issuer).await?;
        let key = keys.iter().find(|key| key.version == version).ok_or(KeyringError::Unopened(issuer))?;
        self.data_keys.open(key)?.open(place, sealed).map_err(|_| KeyringError::Unopened(issuer))
    }

    /// A key for authenticating, derived from the oldest data key, which stays.
    pub(crate) async fn mac_key(&self, issuer: Issuer, purpose: &str) -> Result<MacKey, KeyringError> {
        let keys = self.wrapped_or_made(issuer).await?;
        let oldest = keys.first().ok_or(KeyringError::Unopened(issuer))?;
        Ok(self.data_keys.open(oldest)?.mac_key(purpose))
    }

    /// Of an issuer that has none yet they are made, with its other keys.
    pub(super) async fn wrapped_or_made(&self, issuer: Issuer) -> Result<Vec<WrappedDataKey>, KeyringError> {
        let keys = self.wrapped(issuer).await?;
        if !keys.is_empty() {
            return Ok(keys);
        }
        self.ensure(issuer).await?;
        self.wrapped(issuer).await
    }

    pub(super) async fn wrapped(&self, issuer: Issuer) -> Result<Vec<WrappedDataKey>, KeyringError> {
        let mut tx = self.store.read().await?;
        Ok(tx.data_keys(Within::Platform, issuer).await?)
    }
}
