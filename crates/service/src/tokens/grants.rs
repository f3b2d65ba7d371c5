//! One file a grant: what a client trades for a token.

mod authorization_code;
mod client_credentials;
mod exchange;
mod for_person;
mod refresh_token;
mod scope;

pub(super) use authorization_code::{OFFLINE_ACCESS, Trade};
pub(super) use refresh_token::Refresh;
pub(super) use scope::grantable;
