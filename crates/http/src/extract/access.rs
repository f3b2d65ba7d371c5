//! The door of the native API: who asks, and may it do such a thing at all.

use std::marker::PhantomData;

use appkeep_domain::{Caller, Level};
use appkeep_oauth::bearer_token;
use appkeep_service::{By, Error, ErrorCode, Mount, Surface, require};
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::action::Asked;
use super::requester::Requester;
use crate::asker::Noted;
use crate::idempotency::{Ended, Repeatable};
use crate::mount::Here;
use crate::problem::Problem;
use crate::state::AppState;

/// Somebody who may do `A` to something, told by an access token.
///
/// Stands first in a handler's signature, so that a stranger's path and body
/// are not even read. What exactly the caller may do it to, the service decides.
#[derive(Debug)]
pub struct Access<A> {
    pub by: By,
    action: PhantomData<A>,
}

impl<A: Asked> FromRequestParts<AppState> for Access<A> {
    type Rejection = Ended;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Ended> {
        let caller = read_caller(parts, state).await?;
        require(&caller, A::ACTION)?;
        let Here(here) = Here::from_request_parts(parts, state).await?;
        let (tenant, partner) = match &caller {
            // Below the public URL a tenant's application speaks to its own.
            Caller::Application { level: Level::Tenant { id, partner }, .. } if here.is_root() => {
                (*id, *partner)
            }
            Caller::Application { .. } | Caller::Operator { .. } | Caller::System => {
                (here.tenant(), here.partner().await.map_err(Problem::from)?)
            }
        };
        let Requester { request_id, address } = Requester::of(parts, state);
        let mount = if here.is_root() { Mount::Root } else { Mount::Tenant };
        let surface = Surface::Native;
        let mut by = By { caller, tenant, partner, mount, request_id, address, surface, attempt: None };
        if let Some(repeatable) = parts.extensions.get::<Repeatable>() {
            repeatable.begin(&mut by, state).await?;
        }
        Ok(Self { by, action: PhantomData })
    }
}

/// Whom the access token tells of, at whichever address it was issued; whatever
/// it may do.
pub(crate) async fn read_caller(parts: &Parts, state: &AppState) -> Result<Caller, Problem> {
    let caller = state.authority.caller(read_token(&parts.headers)?).await?;
    Noted::of(&parts.extensions).caller(&caller);
    Ok(caller)
}

/// RFC 6750 §3.1: whoever brought no token learns only which scheme to use.
pub(crate) fn read_token(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (sent.next(), sent.next());
    let header = first.and_then(|value| value.to_str().ok()).filter(|_| second.is_none());
    match header.and_then(bearer_token) {
        Some(token) => Ok(token),
        None if headers.get_all(AUTHORIZATION).iter().any(|value| is_bearer(value.as_bytes())) => {
            Err(Error::new(ErrorCode::InvalidToken, "the Authorization header holds no access token").into())
        }
        None => Err(Problem::no_token()),
    }
}

fn is_bearer(header: &[u8]) -> bool {
    header.get(.."Bearer".len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Bearer"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn one_bearer_token_is_read() {
        for (sent, expected) in [
            (vec!["Bearer abc.def"], Some("abc.def")),
            (vec!["bearer abc"], Some("abc")),
            (vec![], None),
            (vec!["Basic abc"], None),
            (vec!["Bearer"], None),
            (vec!["Bearer a b"], None),
            (vec!["Bearer a", "Bearer a"], None),
            (vec!["Bearer a", "Basic b"], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in &sent {
                headers.append(AUTHORIZATION, HeaderValue::from_str(value).expect("a header value"));
            }
            assert_eq!(read_token(&headers).ok(), expected, "{sent:?}");
        }
    }
}
