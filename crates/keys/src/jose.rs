//! JSON Web Signatures and Keys (RFC 7515, RFC 7517), no more of them than
//! OAuth needs: compact, asymmetric, one algorithm a key.
//!
//! The algorithm is never taken from the token alone: a key says which it
//! verifies, and a token that names another is refused (RFC 8725 §3.1).

mod algorithm;
mod header;
mod jwk;
mod jwk_set;
mod jws;
mod lent_key;
mod signing_key;
mod token_type;
mod verifying_key;

pub use algorithm::JwsAlgorithm;
pub use header::JwsHeader;
pub use jwk::{InvalidJwk, Jwk};
pub use jwk_set::{InvalidJwks, JwkSet};
pub use jws::{InvalidJws, InvalidSignature, Jws};
pub use lent_key::{InvalidLentKey, LentKey};
pub use signing_key::{InvalidSigningKey, SigningKey};
pub use token_type::TokenType;
pub use verifying_key::VerifyingKey;
