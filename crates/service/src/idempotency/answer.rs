//! An answer as it is kept.

use std::fmt;

use appkeep_domain::{Issuer, Owner, RequestId};
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

/// An answer, and what it may be given again for.
pub(super) struct Kept {
    /// Those that the caller held, whom it was first given to.
    pub(super) scopes: String,
    /// The first request's.
    pub(super) request_id: RequestId,
    pub(super) answer: KeptAnswer,
}

/// [`Kept`] as it is sealed.
#[derive(Serialize, Deserialize)]
struct Written {
    scopes: String,
    request_id: String,
    answer: KeptAnswer,
}

impl Kept {
    pub(super) async fn seal(&self, keyring: &Keyring, attempt: &Attempt) -> Result<SealedAnswer, Error> {
        let written = Written {
            scopes: self.scopes.clone(),
            request_id: self.request_id.to_string(),
            answer: self.answer.clone(),
        };
        let plaintext = Zeroizing::new(serde_json::to_vec(&written).map_err(unreadable)?);
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
        let Written { scopes, request_id, answer } =
            serde_json::from_slice(&plaintext).map_err(unreadable)?;
        let request_id = RequestId::parse(&request_id).map_err(unreadable)?;
        Ok(Self { scopes, request_id, answer })
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

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorCode::Internal, "something went wrong here").because(error)
}
