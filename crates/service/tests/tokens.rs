//! The authorization server: who gets which token, what it is worth, and when
//! it ends. Each test runs once per database.

#![expect(clippy::disallowed_methods, reason = "tests run callers side by side and measure")]

#[path = "tokens/assertions.rs"]
mod assertions;
#[path = "tokens/authentication.rs"]
mod authentication;
#[path = "tokens/client_credentials.rs"]
mod client_credentials;
#[path = "tokens/introspection.rs"]
mod introspection;
#[path = "tokens/limits.rs"]
mod limits;
#[path = "tokens/node.rs"]
mod node;
#[path = "tokens/nodes.rs"]
mod nodes;
#[path = "tokens/published_keys.rs"]
mod published_keys;
#[path = "tokens/revocation.rs"]
mod revocation;
#[path = "tokens/standing.rs"]
mod standing;
#[path = "tokens/uses.rs"]
mod uses;
#[path = "tokens/verification.rs"]
mod verification;
