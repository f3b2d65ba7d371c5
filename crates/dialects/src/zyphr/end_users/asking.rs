//! Who asks: an application by its keys, and perhaps a user of it beside.

use appkeep_http::{AppState, Device, Problem};
use appkeep_service::{AppKeys, Browser, DeviceOf, EndUsers};
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde::Serialize;
use zeroize::Zeroizing;

use super::from_pages::Allowed;
use crate::zyphr::envelope::Envelope;
use crate::zyphr::errors;

const KEY: &str = "x-application-key";
const SECRET: &str = "x-application-secret";

/// An application that asks, and from where.
pub(super) struct Asking {
    pub(super) users: EndUsers,
    pub(super) device: Browser,
    bearer: Option<String>,
}

impl Asking {
    /// The user's access token.
    pub(super) fn bearer(&self) -> Result<&str, Problem> {
        let message = "this needs the user's access token, sent as `Authorization: Bearer …`";
        self.bearer.as_deref().ok_or_else(|| errors::unauthorized(message))
    }

    /// The same where it is no matter whether there is one.
    pub(super) fn any_bearer(&self) -> Option<&str> {
        self.bearer.as_deref()
    }

    /// The user's own device, where somebody is signed in.
    pub(super) fn device_of<'a>(&'a self, user: Option<&'a str>) -> DeviceOf<'a> {
        DeviceOf { user, bearer: self.bearer.as_deref() }
    }

    pub(super) fn answer<T: Serialize>(&self, data: T) -> axum::Json<Envelope<T>> {
        axum::Json(Envelope::of(data, self.device.origin.request_id))
    }
}

impl Asking {
    pub(super) fn answer_with_message<T: Serialize>(
        &self,
        data: T,
        message: &'static str,
    ) -> axum::Json<Envelope<T>> {
        axum::Json(Envelope::of(data, self.device.origin.request_id).message(message))
    }
}

impl FromRequestParts<AppState> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Ok(Device(device)) = Device::from_request_parts(parts, state).await;
        let message = "this needs the application's public key, sent as `X-Application-Key`";
        let public = header(&parts.headers, KEY).ok_or_else(|| errors::unauthorized(message))?;
        let secret = header(&parts.headers, SECRET).map(Zeroizing::new);
        let keys = AppKeys { public, secret };
        let users = state.authority.end_users(&keys, &device.origin).await.map_err(errors::of_end_user)?;
        Allowed::note(parts, |origin| users.allows_origin(origin));
        let bearer = header(&parts.headers, AUTHORIZATION.as_str());
        let bearer = bearer.and_then(|value| bearer_token(&value).map(str::to_owned));
        Ok(Self { users, device, bearer })
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The scheme is told in whatever case (RFC 9110 §11.1).
fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_behind_its_scheme() {
        for (value, token) in
            [("Bearer abc", Some("abc")), ("bearer  abc ", Some("abc")), ("Basic abc", None), ("abc", None)]
        {
            assert_eq!(bearer_token(value), token, "{value}");
        }
    }
}
