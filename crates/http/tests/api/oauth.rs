//! `/oauth2/…` and `/.well-known/…`

mod authorize;
mod discovery;
mod introspect;
mod private_key_jwt;
mod revoke;
mod sign_in;
mod token;
