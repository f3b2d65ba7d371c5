//! What proves that an application is itself.

use std::fmt;
use std::net::IpAddr;

use crate::{Actor, CredentialId, Environment, Lifetime, Name, Timestamp};

/// The SHA-256 of a secret: enough to recognise it, useless to present.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether they are one, in the same time wherever they differ.
    pub fn is(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).fold(0, |different, (ours, theirs)| different | (ours ^ theirs)) == 0
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// How a credential came to be, which decides what a rotation does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialOrigin {
    /// Made with the application or by a rotation: the next rotation replaces it.
    Rotation,
    /// Added on its own: no rotation touches it.
    Added,
}

/// What a secret proves. Secrets of one class know nothing of those of another:
/// none is replaced with them, counted among them, or taken in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialClass {
    /// That somebody is the application.
    ClientSecret,
    /// That somebody is the application in one of its environments.
    EnvironmentSecret(Environment),
    /// That somebody may do what the application's access says: the key is all
    /// there is, and names the application by itself.
    ApiKey(Environment),
}

impl CredentialClass {
    /// Every class that an application's secrets may have.
    pub const ALL: [Self; 5] = [
        Self::ClientSecret,
        Self::EnvironmentSecret(Environment::Live),
        Self::EnvironmentSecret(Environment::Test),
        Self::ApiKey(Environment::Live),
        Self::ApiKey(Environment::Test),
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::EnvironmentSecret(_) => "environment_secret",
            Self::ApiKey(_) => "api_key",
        }
    }

    /// Of which environment it is, if it is of one only.
    pub const fn environment(self) -> Option<Environment> {
        match self {
            Self::ClientSecret => None,
            Self::EnvironmentSecret(environment) | Self::ApiKey(environment) => Some(environment),
        }
    }
}

/// A secret of an application, as far as anybody may still know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    pub class: CredentialClass,
    pub origin: CredentialOrigin,
    /// What people call it, if they call it something.
    pub name: Option<Name>,
    /// What stands before the random part, such as `ias_`.
    pub prefix: String,
    pub hash: SecretHash,
    pub last_four: String,
    pub created_at: Timestamp,
    /// Unknown for what was made before this was written down.
    pub created_by: Option<Actor>,
    /// From this moment on it is refused.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl Credential {
    /// Most live secrets of one class an application may have at once.
    pub const MAX_LIVE: usize = 10;
    /// Most live API keys of an application, of both environments together:
    /// one in use, the next, and one to spare.
    pub const MAX_LIVE_KEYS: usize = 3;
    /// Of the form that API keys have: prefix, random part, checksum.
    pub const KEY_VERSION: &str = "1";

    /// Whether it is still good at `now`; refused from its deadline on, to the microsecond.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now.is_before(self.expires_at)
    }
}

/// How a credential was used, as far as nodes have told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialUse {
    pub last_used_at: Timestamp,
    /// Where that came from, if from a network.
    pub last_used_from: Option<IpAddr>,
    /// The longest time between two uses; zero after a single one.
    pub longest_gap: Lifetime,
}

/// A credential, and how it was used if it ever was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedCredential {
    pub credential: Credential,
    pub used: Option<CredentialUse>,
}
