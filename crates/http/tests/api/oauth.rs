//! `/oauth2/…` and `/.well-known/…`

mod discovery;
mod introspect;
mod revoke;
mod token;
