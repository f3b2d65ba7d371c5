//! The door for those who bring an API key of their own.

use appkeep_service::{By, Error, ErrorCode, KeyNotAccepted, KeyPrincipal, RequestOrigin, Surface};
use axum::extract::FromRequestParts;
use http::request::Parts;

use super::access::read_token;
use super::requester::Requester;
use crate::asker::Noted;
use crate::idempotency::{Ended, begin_once};
use crate::problem::Problem;
use crate::state::AppState;

/// Somebody with an API key, sent as an access token is.
///
/// Stands first in a handler's signature, so that a stranger's path and body
/// are not even read. What the key may do, the service decides.
#[derive(Debug)]
pub struct Key {
    pub principal: KeyPrincipal,
    /// The application, to which nothing of the management API is open.
    pub by: By,
}

impl FromRequestParts<AppState> for Key {
    type Rejection = Ended;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Ended> {
        let principal = read_key(read_token(&parts.headers)?, parts, state).await?;
        let mut by = principal.by(&Requester::of(parts, state).origin(), Surface::Native);
        begin_once(parts, (&mut by, &principal), state).await?;
        Ok(Self { principal, by })
    }
}

/// Whom the key stands for, at whichever address that is; whatever it may do.
pub async fn read_key(key: &str, parts: &Parts, state: &AppState) -> Result<KeyPrincipal, Problem> {
    let Requester { request_id, address } = Requester::of(parts, state);
    let principal = state.authority.key_principal(key, address).await.map_err(refuse)?;
    let origin = RequestOrigin { request_id, address };
    Noted::of(&parts.extensions).caller(&principal.by(&origin, Surface::Native).caller);
    Ok(principal)
}

/// Whether a text could be an API key, which no access token is.
pub(crate) fn is_key(text: &str) -> bool {
    text.starts_with("key_")
}

fn refuse(refused: KeyNotAccepted) -> Problem {
    match refused {
        KeyNotAccepted::Worthless(why) => {
            let message = "the API key is unknown, has ended, or its application is not in use";
            Error::new(ErrorCode::InvalidToken, message).because(format!("{why:?}")).into()
        }
        KeyNotAccepted::NotAuthorized => {
            let message = "the session was not authorized";
            Error::new(ErrorCode::InvalidToken, message).into()
        }
        KeyNotAccepted::TooOften { retry_after_s } => {
            let message = "too many keys that are not good came from there; try again later";
            Problem::from(Error::new(ErrorCode::TooManyRequests, message)).after(retry_after_s)
        }
        KeyNotAccepted::Failed(error) => error.into(),
    }
}
