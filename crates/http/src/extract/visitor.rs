//! The door of the vault: an access token, or an API key.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::access::{Access, read_token};
use super::action::Asked;
use super::key::{Key, is_key};
use crate::idempotency::Ended;
use crate::state::AppState;

/// Somebody who comes to a vault: by an access token with which `A` may be done
/// to something, or by an API key, whose rules say what may be done.
///
/// Stands first in a handler's signature, so that a stranger's path and body
/// are not even read.
#[derive(Debug)]
pub(crate) enum Visitor<A> {
    ByToken(Access<A>),
    ByKey(Key),
}

impl<A: Asked + Send> FromRequestParts<AppState> for Visitor<A> {
    type Rejection = Ended;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Ended> {
        if read_token(&parts.headers).is_ok_and(is_key) {
            return Key::from_request_parts(parts, state).await.map(Self::ByKey);
        }
        Access::from_request_parts(parts, state).await.map(Self::ByToken)
    }
}
