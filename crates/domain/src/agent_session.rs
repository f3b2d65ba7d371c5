//! The time that an agent spends at the gateway.

use crate::name::printable;
use crate::{
    AgentSessionId, ApplicationId, DirectoryId, Lifetime, SecretHash, SeenFrom, Session, SessionState,
    TenantId, Timestamp, UserId,
};

/// What an agent of an application has at the gateway, from its first word to its
/// last. It opens nothing by itself: each call is decided by the token that comes
/// with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSession {
    pub id: AgentSessionId,
    /// Whose the application is.
    pub tenant: TenantId,
    pub application: ApplicationId,
    /// For whom the agent speaks; nobody, where the application does for itself.
    pub caller: Option<AgentCaller>,
    /// What finds it when nobody names it: of an agent that begins no session.
    pub found_by: Option<SecretHash>,
    pub client: Option<AgentClient>,
    /// Which version of the protocol was agreed on.
    pub protocol: String,
    pub from: SeenFrom,
    /// Calls of tools that were passed on.
    pub calls: u64,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// When the last token that was shown in it is over; one that is shown later
    /// moves it.
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// The person for whom an agent speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AgentCaller {
    pub directory: DirectoryId,
    pub user: UserId,
}

/// What an agent calls itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentClient {
    pub name: String,
    pub version: Option<String>,
}

/// A name that cannot be shown in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not 1 to {max} characters, or holds control characters", max = AgentClient::MAX)]
pub struct InvalidAgentClient;

impl AgentSession {
    /// From how long after it was last seen it is idle.
    pub const IDLE_AFTER: Lifetime = Session::IDLE_AFTER;

    pub fn state(&self, now: Timestamp) -> SessionState {
        if self.ended_at.is_some() {
            SessionState::Ended
        } else if self.expires_at <= now {
            SessionState::Expired
        } else if self.last_seen_at.plus(Self::IDLE_AFTER) <= now {
            SessionState::Idle
        } else {
            SessionState::Active
        }
    }
}

impl AgentClient {
    /// In characters, of the name and of the version.
    pub const MAX: usize = 255;

    /// A version that cannot be shown is left out; a name is not.
    pub fn new(name: &str, version: Option<&str>) -> Result<Self, InvalidAgentClient> {
        let name = shown(name).ok_or(InvalidAgentClient)?;
        Ok(Self { name, version: version.and_then(shown) })
    }
}

fn shown(raw: &str) -> Option<String> {
    let text = raw.trim();
    printable(text, AgentClient::MAX).is_ok().then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_session_is_active_then_idle_then_over() {
        let at = Timestamp::from_seconds;
        let session = AgentSession {
            id: AgentSessionId::from_bytes([1; 16]),
            tenant: TenantId::from_bytes([2; 16]),
            application: ApplicationId::from_bytes([3; 16]),
            caller: None,
            found_by: None,
            client: None,
            protocol: "2025-06-18".to_owned(),
            from: SeenFrom::default(),
            calls: 0,
            created_at: at(0),
            last_seen_at: at(100),
            expires_at: at(1_000),
            ended_at: None,
        };
        let ended = AgentSession { ended_at: Some(at(200)), ..session.clone() };
        for (session, second, state) in [
            (&session, 399, SessionState::Active),
            (&session, 400, SessionState::Idle),
            (&session, 999, SessionState::Idle),
            (&session, 1_000, SessionState::Expired),
            (&ended, 201, SessionState::Ended),
            (&ended, 1_001, SessionState::Ended),
        ] {
            assert_eq!(session.state(at(second)), state, "{second}");
        }
    }

    #[test]
    fn an_agent_has_a_name_that_can_be_shown() {
        let long = "x".repeat(256);
        for (name, version, outcome) in [
            ("claude", Some("1.0"), Ok(("claude", Some("1.0")))),
            (" claude ", None, Ok(("claude", None))),
            ("claude", Some("1\n0"), Ok(("claude", None))),
            ("", None, Err(InvalidAgentClient)),
            ("a\u{7}b", None, Err(InvalidAgentClient)),
            (&long, None, Err(InvalidAgentClient)),
        ] {
            let found = AgentClient::new(name, version);
            let found = found.as_ref().map(|client| (client.name.as_str(), client.version.as_deref()));
            assert_eq!(found.map_err(|error| *error), outcome, "{name:?}");
        }
    }
}
