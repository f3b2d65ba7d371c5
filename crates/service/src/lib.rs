//! What callers may do with the registry: one module a noun, one function a verb.
//!
//! **Invariant:** nothing here knows of HTTP or SQL.

mod cache;
mod error;
mod keyring;
mod tokens;

pub use error::{Error, ErrorCode, Fault};
pub use keyring::{IssuerKeys, Keyring, KeyringError};
pub use tokens::{
    ActiveToken, Authority, AuthorityParts, FetchError, FetchText, Introspection, IssuedToken, RequestOrigin,
};
