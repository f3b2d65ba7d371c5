//! Who asks, noted where it becomes known, for the history of refusals.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use appkeep_domain::{ApplicationId, RequestId, TenantId};
use appkeep_oauth::ClientAuthentication;
use appkeep_service::{RefusedBy, RefusedRequest};
use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::response::Response;
use http::Extensions;

use crate::problem::Problem;
use crate::refusal::Refused;
use crate::state::AppState;

/// What is known of a request before it is answered.
pub(crate) struct Asker {
    pub(crate) who: Noted,
    pub(crate) route: Option<MatchedPath>,
    peer: Option<SocketAddr>,
}

/// In the request's extensions; written once, by the extractor that learns it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noted(Arc<Notes>);

#[derive(Debug, Default)]
struct Notes {
    who: OnceLock<Known>,
    /// At whose address, where that is not the root.
    tenant: OnceLock<TenantId>,
}

/// Who it is, as far as that is known.
#[derive(Debug)]
enum Known {
    /// Told by an access token.
    Caller(RefusedBy),
    /// What a client says its id is; any text.
    Claim(String),
}

impl Noted {
    /// That of a request; of no request, where nobody listens.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Notes a caller that an access token tells of.
    pub(crate) fn caller(&self, caller: RefusedBy) {
        let _ = self.0.who.set(Known::Caller(caller));
    }

    /// Notes at whose address it is asked.
    pub(crate) fn at(&self, tenant: TenantId) {
        let _ = self.0.tenant.set(tenant);
    }

    /// Which client asks, or says that it does.
    pub(crate) fn client(&self) -> Option<String> {
        match self.0.who.get()? {
            Known::Caller(RefusedBy::Application(id)) => Some(id.to_string()),
            Known::Caller(_) => None,
            Known::Claim(claim) => Some(claim.clone()),
        }
    }

    /// Notes which client somebody says to be.
    pub(crate) fn claim(&self, client: &ClientAuthentication) {
        const LONGEST_ID: usize = 64;
        if let Some(claim) = claimed_id(client).filter(|id| id.len() <= LONGEST_ID) {
            let _ = self.0.who.set(Known::Claim(claim.to_owned()));
        }
    }
}

impl Asker {
    pub(crate) fn follow(request: &mut Request) -> Self {
        let who = Noted::default();
        request.extensions_mut().insert(who.clone());
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        Self {
            who,
            route: request.extensions().get::<MatchedPath>().cloned(),
            peer: peer.map(|ConnectInfo(peer)| *peer),
        }
    }

    /// Tells the history, if the answer is a refusal because of who asked.
    pub(crate) fn tell_if_refused(&self, response: &Response, request_id: RequestId, state: &AppState) {
        let (problem, refused) =
            (response.extensions().get::<Problem>(), response.extensions().get::<Refused>());
        let (action, code) =
            match (problem.and_then(Problem::refused_code), refused.and_then(Refused::refused_code)) {
                (Some(code), _) => ("request.refused", code),
                (_, Some(code)) => ("token.refused", code),
                (None, None) => return,
            };
        state.registry.refusals().tell(RefusedRequest {
            tenant: self.who.0.tenant.get().copied().unwrap_or_else(|| state.authority.tenant()),
            action,
            by: self.by(),
            code,
            route: self.route.as_ref().map_or("unmatched", MatchedPath::as_str).to_owned(),
            address: self.peer.map(|peer| peer.ip().to_canonical()),
            request_id,
            at: state.clock.now(),
        });
    }

    /// A claim that is no id is not repeated: it may be a secret in the wrong
    /// place.
    fn by(&self) -> RefusedBy {
        match self.who.0.who.get() {
            Some(Known::Caller(by)) => *by,
            Some(Known::Claim(raw)) => {
                ApplicationId::parse(raw).map_or(RefusedBy::Nobody, RefusedBy::Claimed)
            }
            None => RefusedBy::Nobody,
        }
    }
}

fn claimed_id(client: &ClientAuthentication) -> Option<&str> {
    match client {
        ClientAuthentication::Basic { client_id, .. }
        | ClientAuthentication::Post { client_id, .. }
        | ClientAuthentication::Public { client_id } => Some(client_id),
        ClientAuthentication::Assertion { client_id, .. } => client_id.as_deref(),
    }
}
