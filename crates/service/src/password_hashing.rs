//! Hashing passwords away from the threads that serve.

use appkeep_domain::PasswordHash;
use appkeep_keys::hash_password;

use crate::error::{Error, ErrorCode};
use crate::registry::Registry;

impl Registry {
    /// Takes some 40 ms and 19 MiB on purpose.
    pub(crate) async fn hash_password(&self, password: String) -> Result<PasswordHash, Error> {
        let entropy = self.entropy();
        let hashing = tokio::task::spawn_blocking(move || hash_password(&password, &*entropy));
        let hash = hashing
            .await
            .map_err(|error| Error::new(ErrorCode::Internal, "something went wrong here").because(error))?;
        Ok(PasswordHash::from_phc(hash))
    }
}
