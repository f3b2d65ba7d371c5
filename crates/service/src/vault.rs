//! The vault: data that is kept sealed and shown only as far as rules say.
//!
//! Every function takes who asks first, and asks [`TokenRights::decide`] of each
//! token that it touches: whoever may not read one learns at the most that it
//! is there.

mod words;

use appkeep_domain::Environment;
use appkeep_domain::access::TokenRights;

pub use self::words::{CreatedToken, NewToken, TokenPatch, TokenQuery, TokenView, Tokenized, VaultField};
use crate::by::By;

/// Somebody who comes to a tenant's vault.
#[derive(Debug, Clone)]
pub struct VaultCaller {
    /// For the history; the tenant is the one that is spoken to.
    pub by: By,
    /// What test keys made is not there for live ones, nor the reverse.
    pub environment: Environment,
    pub rights: TokenRights,
}
