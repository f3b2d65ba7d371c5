//! Secrets, passwords, signatures and sealed data: everything that holds only
//! because of cryptography.
//!
//! All of it stands on one crypto library, but for the password hash. Keys are
//! parsed once and used many times; whatever is secret is wiped when dropped
//! and shows nothing in `Debug`.
//!
//! **Invariant:** nothing here knows where keys are kept, who may use them, or
//! what time it is.

mod base62;
mod certificate;
mod crc32;
mod digest;
mod entropy;
mod jose;
mod keyed_digest;
mod mac;
mod password;
mod refresh_token;
mod rsa;
mod seal;
mod secret;
mod totp;

pub use certificate::{Certificate, InvalidCertificate};
pub use digest::{Sha256, sha256, sha384, sha512};
pub use entropy::SystemEntropy;
pub use jose::{
    InvalidJwk, InvalidJwks, InvalidJws, InvalidLentKey, InvalidSignature, InvalidSigningKey, Jwk, JwkSet,
    Jws, JwsAlgorithm, JwsHeader, LentKey, SigningKey, TokenType, VerifyingKey,
};
pub use keyed_digest::KeyedDigest;
pub use mac::MacKey;
pub use password::{PASSWORD_OF_NOBODY, PasswordCost, generate_password, hash_password, verify_password};
pub use refresh_token::{NewRefreshToken, PresentedRefreshToken};
pub use seal::{Aad, DataKey, InvalidMasterKey, MasterKey, Unopened};
pub use secret::{NewSecret, PresentedSecret, hashes_equal};
pub use totp::{TotpSecret, generate_backup_code};
