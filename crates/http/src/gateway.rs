//! `/mcp`: where agents reach the tools of what their application is attached to
//! (MCP's streamable HTTP), and what tells them who gives out tokens for it
//! (RFC 9728).

use appkeep_domain::SeenFrom;
use appkeep_service::{
    AgentAsks, AgentMessage, Authority, Error, ErrorCode, FROM_GATEWAY, Gateway, GatewayReply,
};
use axum::Router;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequestParts, State};
use axum::middleware::{from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cors;
use crate::extract::{Requester, read_token, user_agent};
use crate::mount::Here;
use crate::oauth::cacheable;
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

/// Where it is, from the issuer on.
const PATH: &str = "/mcp";
/// Where it is for whoever comes to the gateway of all issuers, behind the public
/// URL.
const OTHER_GATEWAY: &str = "/kontext/mcp";
/// Before the path of what it describes (RFC 9728 §3.1).
const METADATA: &str = "/.well-known/oauth-protected-resource";

const SESSION: &str = "mcp-session-id";

pub(crate) fn routes() -> Router<AppState> {
    let (known, other) = (format!("{METADATA}{PATH}"), format!("{METADATA}{OTHER_GATEWAY}"));
    let published = Router::new().route(&known, get(get_metadata));
    let published = published.route(&other, get(get_other_metadata));
    let published = published.layer(map_response(cacheable)).layer(from_fn(cors::public));
    Router::new().route(PATH, post(tell).get(listen).delete(end)).merge(published)
}

/// What describes the gateways below this path.
pub(crate) fn routes_before(path: &str) -> Router<AppState> {
    let known = format!("{METADATA}{path}{PATH}");
    let published = Router::new().route(&known, get(get_metadata));
    published.layer(map_response(cacheable)).layer(from_fn(cors::public))
}

/// Where the address of the issuer begins, after the public URL, that the token of
/// a request names; nothing where it names none.
pub async fn find_mount_of_bearer(headers: &HeaderMap, state: &AppState) -> Result<String, Problem> {
    let Ok(bearer) = read_token(headers) else { return Ok(String::new()) };
    let Some(here) = state.authority.of_token(bearer).await? else { return Ok(String::new()) };
    let below = here.issuer().strip_prefix(state.authority.issuer());
    Ok(below.unwrap_or_default().to_owned())
}

/// Says of a request that it came to the gateway beside it.
#[derive(Debug, Clone, Copy)]
pub struct ByOtherGateway;

/// An agent, by the access token that it shows.
struct Agent {
    bearer: Zeroizing<String>,
    here: Authority,
    requester: Requester,
    from: SeenFrom,
    /// Where it is said who gives out tokens.
    metadata: String,
}

impl FromRequestParts<AppState> for Agent {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if parts.headers.contains_key(FROM_GATEWAY) {
            let message = "an integration may not be the gateway itself";
            return Err(Error::new(ErrorCode::Forbidden, message).into());
        }
        let Here(here) = Here::from_request_parts(parts, state).await?;
        let below = here.issuer().strip_prefix(state.authority.issuer()).unwrap_or_default();
        // Of a tenant's it is the tenant's own, which says who gives out its tokens.
        let is_other = below.is_empty() && parts.extensions.get::<ByOtherGateway>().is_some();
        let path = if is_other { OTHER_GATEWAY } else { PATH };
        let metadata = format!("{}{METADATA}{below}{path}", state.authority.issuer());
        let bearer = read_token(&parts.headers).map_err(|problem| problem.pointing_to(&metadata))?;
        let bearer = Zeroizing::new(bearer.to_owned());
        let requester = Requester::of(parts, state);
        let from = SeenFrom { address: requester.address, user_agent: user_agent(&parts.headers) };
        Ok(Self { bearer, here, requester, from, metadata })
    }
}

impl Agent {
    fn asks(&self) -> AgentAsks<'_> {
        AgentAsks {
            here: &self.here,
            bearer: &self.bearer,
            request_id: self.requester.request_id,
            from: self.from.clone(),
        }
    }

    /// Whoever is refused for their token learns where to get one.
    fn refused(&self, error: Error) -> Problem {
        Problem::from(error).pointing_to(&self.metadata)
    }
}

/// Takes one message, and answers it as JSON.
async fn tell(
    agent: Agent,
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|_| Problem::payload_too_large())?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let message = AgentMessage {
        body: serde_json::from_slice(&body).ok(),
        version: text("mcp-protocol-version"),
        session: text(SESSION),
        method: text("mcp-method"),
        name: text("mcp-name"),
    };
    let reply = Box::pin(gateway.answer(agent.asks(), message)).await;
    Ok(written(reply.map_err(|error| agent.refused(error))?))
}

/// Nothing is told here that nobody asked for: there is no stream to listen to.
async fn listen(agent: Agent, State(gateway): State<Gateway>) -> Result<Response, Problem> {
    gateway.admit(agent.asks()).await.map_err(|error| agent.refused(error))?;
    let mut response = Problem::method_not_allowed().into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, DELETE"));
    Ok(response)
}

async fn end(
    agent: Agent,
    State(gateway): State<Gateway>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let session = headers.get(SESSION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let ended = gateway.end(agent.asks(), session).await.map_err(|error| agent.refused(error))?;
    let none = || Error::new(ErrorCode::SessionNotFound, "there is no such session, or no longer");
    ended.ok_or_else(none)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn get_metadata(Here(here): Here) -> Json<Value> {
    metadata(&here, here.gateway())
}

async fn get_other_metadata(Here(here): Here) -> Json<Value> {
    metadata(&here, &format!("{}{OTHER_GATEWAY}", here.issuer()))
}

fn metadata(here: &Authority, resource: &str) -> Json<Value> {
    Json(json!({
        "resource": resource,
        "authorization_servers": [here.issuer()],
        "scopes_supported": ["mcp:invoke"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Appkeep",
    }))
}

fn written(reply: GatewayReply) -> Response {
    match reply {
        GatewayReply::Noted => StatusCode::ACCEPTED.into_response(),
        GatewayReply::Answered { message, session } => {
            let mut response = Json(message).into_response();
            if let Some(named) = session.and_then(|session| HeaderValue::try_from(session).ok()) {
                response.headers_mut().insert(SESSION, named);
            }
            response
        }
        GatewayReply::Malformed(message) => (StatusCode::BAD_REQUEST, Json(message)).into_response(),
        GatewayReply::NoSession(message) | GatewayReply::NoMethod(message) => {
            (StatusCode::NOT_FOUND, Json(message)).into_response()
        }
    }
}
