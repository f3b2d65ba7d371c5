//! What agents have at the gateway.

use appkeep_api_types as api;
use appkeep_domain::UserAgent;
use appkeep_service::{AgentSessionQuery, AgentSessionView, PageQuery};

use super::words::session_state;
use super::{moment, text};

pub(crate) fn agent_session(view: AgentSessionView) -> api::AgentSession {
    let AgentSessionView { session, state } = view;
    api::AgentSession {
        id: session.id.to_string(),
        application_id: session.application.to_string(),
        user_id: session.caller.map(|caller| caller.user.to_string()),
        state: session_state(state),
        client: session.client.map(|client| api::AgentClient { name: client.name, version: client.version }),
        protocol_version: session.protocol,
        calls: session.calls,
        created_at: moment(session.created_at),
        last_seen_at: moment(session.last_seen_at),
        expires_at: moment(session.expires_at),
        ended_at: session.ended_at.map(moment),
        address: session.from.address.as_ref().map(text),
        user_agent: session.from.user_agent.as_ref().map(UserAgent::as_str).map(str::to_owned),
    }
}

pub(crate) fn agent_session_query(query: api::AgentSessionQuery) -> AgentSessionQuery {
    AgentSessionQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        state: query.state,
        live: None,
        user: query.user_id,
    }
}
