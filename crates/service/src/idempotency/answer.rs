//! An answer as it is kept.

use std::fmt;

use appkeep_domain::{Issuer, Owner};
use appkeep_keys::Aad;
use appkeep_storage::{Attempt, SealedAnswer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode};
use crate::keyring::Keyring;

/// What was answered, whole. It may hold a secret that is shown nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    pub status: u16,
    /// Those that belong to the answer and not to the connection.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl KeptAnswer {
    pub(super) async fn seal(&self, keyring: &Keyring, attempt: &Attempt) -> Result<SealedAnswer, Error> {
        let plaintext = Zeroizing::new(serde_json::to_vec(self).map_err(unreadable)?);
        let sealed = keyring.seal(issuer(attempt), &place(attempt), &plaintext).await;
        let (data_key_version, sealed) = sealed.map_err(Error::from)?;
        Ok(SealedAnswer { sealed, data_key_version })
    }

    pub(super) async fn open(
        keyring: &Keyring,
        attempt: &Attempt,
        answer: &SealedAnswer,
    ) -> Result<Self, Error> {
        let sealed = (answer.data_key_version, answer.sealed.as_slice());
        let plaintext = keyring.open(issuer(attempt), &place(attempt), sealed).await?;
        serde_json::from_slice(&plaintext).map_err(unreadable)
    }
}

impl fmt::Debug for KeptAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Whose data key seals it.
const fn issuer(attempt: &Attempt) -> Issuer {
    match attempt.owner {
        Owner::Tenant(tenant) => Issuer::Tenant(tenant),
        Owner::Global | Owner::Partner(_) => Issuer::Platform,
    }
}

fn place(attempt: &Attempt) -> Aad {
    Aad::new("idempotency_keys", &attempt.fingerprint, "answer")
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::new(ErrorCode::Internal, "something went wrong here").because(error)
}
