//! The authorization endpoint (RFC 6749 §4.1, OIDC Core §3.1.2): what a browser
//! brings there, and what it is sent back with.
//!
//! A request is read in three steps, whose types keep the browser from being
//! sent where nobody registered (RFC 6749 §4.1.2.1):
//!
//! 1. [`AuthorizeClaim`]: which client, and where its answer should go. What is
//!    wrong here is a [`Refusal`](crate::Refusal), which has no address: it can
//!    only be shown to the person.
//! 2. [`ProvedClaim`]: what the client registered agrees with it. Only here is
//!    a [`ReturnAddress`] made.
//! 3. [`AuthorizeRequest`]: everything else. What is wrong here is an
//!    [`AuthorizeError`], which goes to that address.

mod answer;
mod claim;
mod prompt;
mod request;
mod response_mode;
mod return_address;
#[cfg(test)]
mod tests;

pub use self::answer::{AuthorizeAnswer, AuthorizeError};
pub(crate) use self::claim::redirect_uri;
pub use self::claim::{AuthorizeClaim, ProvedClaim};
pub use self::prompt::{InvalidPrompt, Prompt};
pub use self::request::AuthorizeRequest;
pub use self::response_mode::{ResponseMode, UnknownResponseMode};
pub use self::return_address::ReturnAddress;
