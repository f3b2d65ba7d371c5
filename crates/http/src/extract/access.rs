//! The door of the native API: who asks, and may it do such a thing at all.

use std::marker::PhantomData;

use appkeep_domain::{Caller, Level, PartnerId, RoleGrant, TenantId};
use appkeep_oauth::bearer_token;
use appkeep_service::{Authority, By, Error, ErrorCode, Mount, Surface, require};
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
        let (caller, issuer) = read_caller(parts, state).await?;
        require(&caller, A::ACTION)?;
        let dialect = parts.extensions.get::<Dialect>().copied().unwrap_or_default();
        let here = match dialect.speaks_to {
            SpeaksTo::Address => Here::from_request_parts(parts, state).await?.0,
            SpeaksTo::OwnTenant => issuer,
        };
        let (tenant, partner) = match &caller {
            // Below the public URL a tenant's application speaks to its own.
            Caller::Application { level: Level::Tenant { id, partner }, .. } if here.is_root() => {
                (*id, *partner)
            }
            // And so does its service account, at whichever address.
            Caller::ServiceAccount { roles, .. } if here.is_root() => {
                own_tenant(roles, &here).await.map_err(Problem::from)?
            }
            Caller::Application { .. }
            | Caller::Operator { .. }
            | Caller::ServiceAccount { .. }
            | Caller::System => (here.tenant(), here.partner().await.map_err(Problem::from)?),
        };
        let Requester { request_id, address } = Requester::of(parts, state);
        let (mount, surface) = (dialect.mount(&here), dialect.surface);
        let mut by =
            By { caller, tenant, partner, mount, request_id, address, surface, attempt: None, key: None };
        if let Some(repeatable) = parts.extensions.get::<Repeatable>() {
            repeatable.begin(&mut by, state).await?;
        }
        Ok(Self { by, action: PhantomData })
    }
}

/// The tenant where a service account has its role.
async fn own_tenant(roles: &[RoleGrant], here: &Authority) -> Result<(TenantId, Option<PartnerId>), Error> {
    match roles.first().map(|grant| grant.at) {
        Some(Level::Tenant { id, partner }) => Ok((id, partner)),
        _ => Ok((here.tenant(), here.partner().await?)),
    }
}

/// How callers speak by another surface, in the extensions of their requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dialect {
    pub surface: Surface,
    pub speaks_to: SpeaksTo,
}

/// Which tenant a request is about that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpeaksTo {
    /// That at whose address it came in.
    #[default]
    Address,
    /// That whose issuer gave out the access token.
    OwnTenant,
}

impl Dialect {
    /// Whoever speaks to a tenant sees what is seen from there.
    fn mount(self, here: &Authority) -> Mount {
        match self.speaks_to {
            SpeaksTo::Address if here.is_root() => Mount::Root,
            SpeaksTo::Address | SpeaksTo::OwnTenant => Mount::Tenant,
        }
    }
}

/// Whom the access token tells of, and the issuer of it, at whichever address
/// that is; whatever it may do.
pub async fn read_caller(parts: &Parts, state: &AppState) -> Result<(Caller, Authority), Problem> {
    let (caller, issuer) = state.authority.caller(read_token(&parts.headers)?).await?;
    Noted::of(&parts.extensions).caller(&caller);
    Ok((caller, issuer))
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
