//! Who asks, noted where it becomes known, for the history of refusals.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use appkeep_domain::{ApplicationId, Caller, Owner, RequestId, TenantId};
use appkeep_oauth::ClientAuthentication;
use appkeep_service::{RefusedBy, RefusedRequest, owner_of};
use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::response::Response;
use http::{Extensions, Uri};

use crate::mount;
use crate::problem::{Problem, ShownProblem};
use crate::refusal::Refused;
use crate::state::AppState;

/// What is known of a request before it is answered.
pub(crate) struct Asker {
    pub(crate) who: Noted,
    pub(crate) route: Option<MatchedPath>,
    peer: Option<SocketAddr>,
    asked: Uri,
}

/// That an answer refuses somebody because of who asked.
pub(crate) struct Refusal {
    action: &'static str,
    code: &'static str,
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
    /// Told by an access token; and whose they are.
    Caller(RefusedBy, Option<Owner>),
    /// What a client says its id is; any text.
    Claim(String),
}

impl Noted {
    /// That of a request; of no request, where nobody listens.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Notes a caller that an access token tells of.
    pub(crate) fn caller(&self, caller: &Caller) {
        let _ = self.0.who.set(Known::Caller(RefusedBy::of(caller), owner_of(caller)));
    }

    /// Notes the client that an access token was given to.
    pub(crate) fn client(&self, id: ApplicationId) {
        let _ = self.0.who.set(Known::Caller(RefusedBy::Application(id), None));
    }

    /// Notes at whose address it is asked.
    pub(crate) fn at(&self, tenant: TenantId) {
        let _ = self.0.tenant.set(tenant);
    }

    /// Which client asks, or says that it does.
    pub(crate) fn claimed_client(&self) -> Option<String> {
        match self.0.who.get()? {
            Known::Caller(RefusedBy::Application(id), _) => Some(id.to_string()),
            Known::Caller(..) => None,
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
            asked: request.uri().clone(),
        }
    }

    pub(crate) fn refusal(response: &Response) -> Option<Refusal> {
        let shown = response.extensions().get::<ShownProblem>().and_then(ShownProblem::refused_code);
        let problem = response.extensions().get::<Problem>().and_then(Problem::refused_code).or(shown);
        let refused = response.extensions().get::<Refused>().and_then(Refused::refused_code);
        match (problem, refused) {
            (Some(code), _) => Some(Refusal { action: "request.refused", code }),
            (_, Some(code)) => Some(Refusal { action: "token.refused", code }),
            (None, None) => None,
        }
    }

    /// Tells the history of whoever asked; of a stranger, that of the tenant at
    /// whose address they did.
    pub(crate) async fn tell(&self, refusal: Refusal, request_id: RequestId, state: &AppState) {
        let Refusal { action, code } = refusal;
        let owner = match self.who.0.who.get() {
            Some(Known::Caller(_, Some(owner))) => *owner,
            Some(Known::Caller(_, None) | Known::Claim(_)) | None => Owner::Tenant(self.tenant(state).await),
        };
        state.registry.refusals().tell(RefusedRequest {
            owner,
            action,
            by: self.by(),
            code,
            route: self.route.as_ref().map_or("unmatched", MatchedPath::as_str).to_owned(),
            address: self.peer.map(|peer| peer.ip().to_canonical()),
            request_id,
            at: state.clock.now(),
        });
    }

    /// That of the address: the root's, where no tenant has it.
    async fn tenant(&self, state: &AppState) -> TenantId {
        if let Some(tenant) = self.who.0.tenant.get() {
            return *tenant;
        }
        let found = match mount::split(self.asked.path()).0 {
            Some(slug) => state.authority.at(slug).await.ok().flatten(),
            None => None,
        };
        found.as_ref().unwrap_or(&state.authority).tenant()
    }

    /// A claim that is no id is not repeated: it may be a secret in the wrong
    /// place.
    fn by(&self) -> RefusedBy {
        match self.who.0.who.get() {
            Some(Known::Caller(by, _)) => *by,
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
