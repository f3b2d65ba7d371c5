//! The time that agents spend at the gateway.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SessionState;

/// What an agent of an application has at the gateway.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentSession {
    /// The `Mcp-Session-Id`, where the agent began a session.
    #[schema(example = "ags_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub application_id: String,
    /// For whom the agent speaks; null where the application does for itself.
    #[schema(required = true, example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub user_id: Option<String>,
    pub state: SessionState,
    /// What the agent calls itself, if it does.
    #[schema(required = true)]
    pub client: Option<AgentClient>,
    /// Which version of MCP it speaks.
    #[schema(example = "2025-06-18")]
    pub protocol_version: String,
    /// How many calls of tools were passed on, at most ten seconds late.
    pub calls: u64,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was last there, at most ten seconds late.
    #[schema(format = DateTime)]
    pub last_seen_at: String,
    /// When the last token that it showed is over; another moves it.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When the agent or somebody else ended it.
    #[schema(required = true, format = DateTime)]
    pub ended_at: Option<String>,
    /// The network address that it was begun from.
    #[schema(required = true, example = "203.0.113.7")]
    pub address: Option<String>,
    /// What it called itself in HTTP (RFC 9110 §10.1.5), cut to 255 characters.
    #[schema(required = true, example = "node")]
    pub user_agent: Option<String>,
}

/// What an agent calls itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentClient {
    #[schema(example = "claude-code")]
    pub name: String,
    #[schema(required = true, example = "2.1.0")]
    pub version: Option<String>,
}

/// Which sessions to show: those that fit every filter given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AgentSessionQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = SessionState, required = false)]
    pub state: Option<String>,
    /// Of agents that speak for whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub user_id: Option<String>,
}

/// Where somebody's agent is, is not for logs.
impl fmt::Debug for AgentSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentSession")
            .field("id", &self.id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
