//! What is known of a request besides what it asks.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use appkeep_domain::RequestId;
use appkeep_service::RequestOrigin;
use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;

use crate::state::AppState;

/// Which request it is, and where it came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requester {
    pub(crate) request_id: RequestId,
    /// Of the connection; a proxy's when one stands before us.
    pub(crate) address: Option<IpAddr>,
}

impl Requester {
    pub(crate) fn of(parts: &Parts, state: &AppState) -> Self {
        let request_id = parts.extensions.get().copied().unwrap_or_else(|| state.make_request_id());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Self { request_id, address: peer.map(|ConnectInfo(peer)| peer.ip().to_canonical()) }
    }

    pub(crate) const fn origin(&self) -> RequestOrigin {
        RequestOrigin { request_id: self.request_id, address: self.address }
    }
}

impl FromRequestParts<AppState> for Requester {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(parts, state))
    }
}
