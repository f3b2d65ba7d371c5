//! A session in Kontext's JSON.

use appkeep_domain::{Owner, UserAgent};
use appkeep_service::AgentSessionView;
use serde::Serialize;

use crate::kontext::words;

/// As it is shown. On which host an agent runs nobody tells us.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    id: String,
    /// What the agent calls itself, or else its user agent, or else its id.
    name: String,
    status: &'static str,
    derived_status: &'static str,
    token_expires_at: String,
    last_active_at: String,
    connected_at: String,
    disconnected_at: Option<String>,
    created_at: String,
    agent_id: String,
    user_id: Option<String>,
    organization_id: Option<String>,
    hostname: Option<String>,
    user_agent: Option<String>,
    client_info: Option<ClientInfo>,
}

/// What the agent calls itself.
#[derive(Debug, Serialize)]
struct ClientInfo {
    name: String,
    version: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Single {
    pub(super) session: Session,
}

/// As older clients know it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SingleInstance {
    pub(super) agent_instance: Session,
}

/// How many are over now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Disconnected {
    success: bool,
    disconnected_count: u64,
}

impl Session {
    pub(super) fn of(AgentSessionView { session, state }: &AgentSessionView) -> Self {
        let user_agent = session.from.user_agent.as_ref().map(UserAgent::as_str).map(str::to_owned);
        let client = session.client.as_ref();
        let named = client.map(|client| client.name.clone()).or_else(|| user_agent.clone());
        Self {
            id: session.id.to_uuid(),
            name: named.unwrap_or_else(|| session.id.to_string()),
            status: words::status(*state),
            derived_status: words::derived_status(*state),
            token_expires_at: session.expires_at.to_string(),
            last_active_at: session.last_seen_at.to_string(),
            connected_at: session.created_at.to_string(),
            disconnected_at: session.ended_at.map(|at| at.to_string()),
            created_at: session.created_at.to_string(),
            agent_id: session.application.to_uuid(),
            user_id: session.caller.map(|caller| caller.user.to_uuid()),
            organization_id: words::organization_id(Owner::Tenant(session.tenant)),
            hostname: None,
            user_agent,
            client_info: client
                .map(|client| ClientInfo { name: client.name.clone(), version: client.version.clone() }),
        }
    }
}

impl Disconnected {
    pub(super) const fn of(ended: u64) -> Self {
        Self { success: true, disconnected_count: ended }
    }
}
