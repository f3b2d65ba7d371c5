//! What the forms on our pages are authenticated with.

use appkeep_domain::Issuer;
use appkeep_keys::MacKey;

use super::Authority;
use crate::Error;

const PURPOSE: &str = "forms";

impl Authority {
    /// The same on every node, and always.
    pub async fn form_key(&self) -> Result<MacKey, Error> {
        let issuer = Issuer::Tenant(self.0.address.tenant);
        let making = || async { Ok(self.0.keyring.mac_key(issuer, PURPOSE).await?) };
        self.0.address.form_key.get_or_try_init(making).await.cloned()
    }
}
