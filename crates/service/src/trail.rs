//! The audit trail that proves itself (docs/audit.md): every entry is sealed
//! in the chain of its owner, the chains are signed, and an export of both is
//! verified anywhere.

mod checkpoint;
mod export;
mod inspect;
mod line;
mod seal;
mod verify;

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{Clock, Issuer, Lifetime, SigningAlgorithm, Timestamp};
use appkeep_keys::SigningKey;
use appkeep_storage::Store;

pub use self::export::{ExportError, Exported};
pub use self::inspect::{Flaw, InspectedHistory};
pub use self::verify::{Reason, Trust, UnprovenExport, VerifiedChain, VerifiedExport, verify_export};
use crate::error::{Error, ErrorCode};
use crate::keyring::Keyring;

/// Seals, signs and exports the histories of every owner.
#[derive(Clone)]
pub struct AuditTrail {
    store: Store,
    keyring: Arc<Keyring>,
    /// Whose keys sign, also the chains of others: an installation has one
    /// signer, whose public keys are published.
    issuer: Issuer,
    clock: Arc<dyn Clock>,
}

impl AuditTrail {
    pub fn new(store: &Store, keyring: Arc<Keyring>, issuer: Issuer, clock: Arc<dyn Clock>) -> Self {
        Self { store: store.background(), keyring, issuer, clock }
    }

    /// What a server does again and again.
    pub(crate) async fn seal_and_sign(&self, age: Lifetime) -> Result<(), Error> {
        self.seal().await?;
        self.checkpoint(age).await.map(drop)
    }

    /// Removes what nobody needs: signatures close beside each other of long
    /// ago, and what a crash left in the queue.
    pub async fn tidy(&self) -> Result<(), Error> {
        self.tidy_queue().await?;
        self.thin_checkpoints().await.map(drop)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn signer(&self) -> Result<Arc<SigningKey>, Error> {
        let keys = self.keyring.keys(self.issuer).await?;
        let missing =
            || Error::new(ErrorCode::Internal, "there is no key to sign with; start the server once");
        keys.signer(SigningAlgorithm::Es256, self.now()).ok_or_else(missing)
    }
}

impl fmt::Debug for AuditTrail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditTrail").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
