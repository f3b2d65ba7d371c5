//! Who brings an API key, and what for.

use std::convert::Infallible;
use std::marker::PhantomData;

use appkeep_domain::access::Permission;
use appkeep_http::{AppState, Device, Ended, Problem, begin_once, read_key};
use appkeep_service::{By, Error, ErrorCode, KeyPrincipal, RequestOrigin, Surface};
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName};

/// Where the key is.
pub(super) const API_KEY: HeaderName = HeaderName::from_static("bt-api-key");

/// Somebody with a good key, whatever it may do.
///
/// Stands first in a handler's signature, so that a stranger's path and body
/// are not even read.
pub(super) struct Holder {
    pub(super) principal: KeyPrincipal,
    /// To whom nothing of the management API is open.
    pub(super) by: By,
}

/// Somebody whose key has the permission `P`.
pub(super) struct Holding<P> {
    pub(super) principal: KeyPrincipal,
    pub(super) by: By,
    permission: PhantomData<P>,
}

/// A permission as a type.
pub(super) trait Wanted {
    const PERMISSION: Permission;
}

macro_rules! wanted {
    ($($name:ident)*) => {
        /// What a key is to allow.
        pub(super) mod may {
            $(pub(in super::super) struct $name;

            impl super::Wanted for $name {
                const PERMISSION: super::Permission = super::Permission::$name;
            })*
        }
    };
}

wanted! {
    ApplicationCreate
    ApplicationRead
    ApplicationUpdate
    ApplicationDelete
    TenantRead
    TenantUpdate
    TenantDelete
    LogRead
}

impl FromRequestParts<AppState> for Holder {
    type Rejection = Ended;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Ended> {
        let (principal, origin) = read(parts, state).await?;
        let mut by = principal.by(&origin, Surface::BasisTheory);
        begin_once(parts, (&mut by, &principal), state).await?;
        Ok(Self { principal, by })
    }
}

impl<P: Wanted> FromRequestParts<AppState> for Holding<P> {
    type Rejection = Ended;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Ended> {
        let (principal, origin) = read(parts, state).await?;
        let mut by = principal.by_permission(P::PERMISSION, (&origin, Surface::BasisTheory))?;
        begin_once(parts, (&mut by, &principal), state).await?;
        Ok(Self { principal, by, permission: PhantomData })
    }
}

async fn read(parts: &mut Parts, state: &AppState) -> Result<(KeyPrincipal, RequestOrigin), Problem> {
    let principal = read_key(sent(&parts.headers)?, parts, state).await?;
    let device: Result<Device, Infallible> = Device::from_request_parts(parts, state).await;
    let Ok(Device(browser)) = device;
    Ok((principal, browser.origin))
}

/// Two are as good as none.
fn sent(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut sent = headers.get_all(API_KEY).iter();
    let only = sent.next().filter(|_| sent.next().is_none());
    only.and_then(|key| key.to_str().ok()).ok_or_else(|| {
        let message = "this needs an API key, sent as `BT-API-KEY`";
        Error::new(ErrorCode::InvalidToken, message).into()
    })
}
