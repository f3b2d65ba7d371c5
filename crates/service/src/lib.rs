//! What callers may do with the registry: one module a noun, one function a verb.
//!
//! **Invariant:** nothing here knows of HTTP or SQL.

mod error;
mod keyring;

pub use error::{Error, ErrorCode, Fault};
pub use keyring::{IssuerKeys, Keyring, KeyringError};
