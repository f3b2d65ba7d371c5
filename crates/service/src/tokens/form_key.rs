//! What the forms on our pages are authenticated with.

use appkeep_keys::MacKey;

use super::Authority;
use crate::Error;

const PURPOSE: &str = "forms";

impl Authority {
    /// The same on every node, and always.
    pub async fn form_key(&self) -> Result<MacKey, Error> {
        let making = || async { Ok(self.0.keyring.mac_key(self.0.issuer(), PURPOSE).await?) };
        self.0.address.form_key.get_or_try_init(making).await.cloned()
    }
}
