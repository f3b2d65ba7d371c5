//! What somebody holds in their hand.

use std::convert::Infallible;

use appkeep_domain::UserAgent;
use appkeep_service::Browser;
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::USER_AGENT;
use http::request::Parts;

use super::Requester;
use crate::state::AppState;

/// Where a request came from, and with what. No cookie of ours counts.
#[derive(Debug, Clone)]
pub struct Device(pub Browser);

impl FromRequestParts<AppState> for Device {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let origin = Requester::of(parts, state).origin();
        Ok(Self(Browser { origin, user_agent: user_agent(&parts.headers), sign_in: None }))
    }
}

/// What it calls itself.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<UserAgent> {
    let sent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    sent.and_then(UserAgent::of_header)
}
