//! `/oauth2/…` and `/.well-known/…`

mod authorize;
mod cors;
mod discovery;
mod environments;
mod introspect;
mod logout;
mod nodes;
mod private_key_jwt;
mod register;
mod revoke;
mod sign_in;
mod token;
