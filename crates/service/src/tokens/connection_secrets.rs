//! What applications prove with who they are to those who sign their people in,
//! sealed for its place.

use appkeep_domain::{Connection, Issuer};
use appkeep_keys::Aad;
use appkeep_storage::SealedSecret;

use super::Authority;
use crate::Error;

impl Authority {
    /// Seals the secret of a connection under the data key of the issuer.
    pub(crate) async fn seal_connection_secret(
        &self,
        issuer: Issuer,
        connection: &Connection,
        secret: &str,
    ) -> Result<SealedSecret, Error> {
        let place = place(connection);
        let (data_key_version, sealed) = self.0.keyring.seal(issuer, &place, secret.as_bytes()).await?;
        Ok(SealedSecret { issuer, data_key_version, sealed })
    }
}

/// Elsewhere it does not open.
pub(super) fn place(connection: &Connection) -> Aad {
    let row = [connection.directory.as_bytes(), connection.id.as_bytes()].concat();
    Aad::new("connections", &row, "sealed")
}
