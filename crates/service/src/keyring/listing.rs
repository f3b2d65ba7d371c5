//! The signing keys of an issuer, as operators see them.

use appkeep_domain::{Issuer, SigningAlgorithm, SigningKeyId, Timestamp, Within};
use appkeep_storage::{SealedSigningKey, Store};

use super::KeyringError;

/// One signing key, and what it is used for at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyView {
    pub id: SigningKeyId,
    pub algorithm: SigningAlgorithm,
    pub used_for: SigningKeyUse,
    pub created_at: Timestamp,
    pub activates_at: Timestamp,
    pub retires_at: Option<Timestamp>,
}

/// What a signing key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningKeyUse {
    /// It is published, and signs later.
    Published,
    Signing,
    /// It signs no more; what it signed is accepted.
    Verifying,
    /// Nothing any more.
    Retired,
}

impl SigningKeyUse {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Signing => "signing",
            Self::Verifying => "verifying",
            Self::Retired => "retired",
        }
    }
}

/// All keys of an issuer, the one that activates first before the others. No
/// private key is opened for it.
pub async fn list_signing_keys(
    store: &Store,
    issuer: Issuer,
    now: Timestamp,
) -> Result<Vec<SigningKeyView>, KeyringError> {
    let keys = store.read().await?.signing_keys(Within::Platform, issuer).await?;
    Ok(keys.iter().map(|key| view(key, &keys, now)).collect())
}

fn view(key: &SealedSigningKey, all: &[SealedSigningKey], now: Timestamp) -> SigningKeyView {
    let used_for = if key.has_retired(now) {
        SigningKeyUse::Retired
    } else if signer(all, key.algorithm, now) == Some(key.id) {
        SigningKeyUse::Signing
    } else if key.activates_at > now {
        SigningKeyUse::Published
    } else {
        SigningKeyUse::Verifying
    };
    SigningKeyView {
        id: key.id,
        algorithm: key.algorithm,
        used_for,
        created_at: key.created_at,
        activates_at: key.activates_at,
        retires_at: key.retires_at,
    }
}

/// The rule of [`IssuerKeys::signer`](super::IssuerKeys::signer).
fn signer(keys: &[SealedSigningKey], algorithm: SigningAlgorithm, now: Timestamp) -> Option<SigningKeyId> {
    let mut usable = keys.iter().filter(|key| key.algorithm == algorithm && !key.has_retired(now));
    let newest_active = usable.clone().rev().find(|key| key.activates_at <= now);
    newest_active.or_else(|| usable.next()).map(|key| key.id)
}
