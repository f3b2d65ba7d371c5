//! The time that a person spends with an application.

use crate::{
    ApplicationId, DirectoryId, ImpersonationId, Lifetime, Owner, SeenFrom, SessionId, SignInId, Timestamp,
    UserId,
};

/// Its id is the `sid` of ID tokens. Keeps its application from being deleted
/// while it is neither ended nor expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    /// Of the application.
    pub owner: Owner,
    pub application: ApplicationId,
    /// Where the user is.
    pub directory: DirectoryId,
    pub user: UserId,
    /// Under which it was begun; ends with it.
    pub sign_in: Option<SignInId>,
    /// By which somebody else acts as the user in it; nothing when it is the
    /// user's own.
    pub impersonation: Option<ImpersonationId>,
    pub from: SeenFrom,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// From this moment on it is over, ended or not.
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// How a session stands at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// Live, and seen a little while ago.
    Active,
    /// Live, and not seen for a while.
    Idle,
    /// Somebody ended it.
    Ended,
    /// Nobody did, and its time is over.
    Expired,
}

/// A word that names no state of a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of active, idle, ended, expired")]
pub struct UnknownSessionState;

impl SessionState {
    pub const ALL: [Self; 4] = [Self::Active, Self::Idle, Self::Ended, Self::Expired];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Ended => "ended",
            Self::Expired => "expired",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownSessionState> {
        Self::ALL.into_iter().find(|state| state.as_str() == raw).ok_or(UnknownSessionState)
    }

    /// Whether something can still be done in it.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Idle)
    }
}

impl Session {
    /// From how long after it was last seen it is idle.
    pub const IDLE_AFTER: Lifetime = Lifetime::from_minutes(5);

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

    /// Whether it is neither ended nor expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state(now).is_live()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_active_then_idle_then_over() {
        let at = Timestamp::from_seconds;
        let session = Session {
            id: SessionId::from_bytes([1; 16]),
            owner: Owner::Global,
            application: ApplicationId::from_bytes([2; 16]),
            directory: DirectoryId::from_bytes([3; 16]),
            user: UserId::from_bytes([4; 16]),
            sign_in: None,
            impersonation: None,
            from: SeenFrom::default(),
            created_at: at(0),
            last_seen_at: at(100),
            expires_at: at(1_000),
            ended_at: None,
        };
        let ended = Session { ended_at: Some(at(200)), ..session.clone() };
        let short = Session { expires_at: at(150), ..session.clone() };
        for (session, second, state) in [
            (&session, 100, SessionState::Active),
            (&session, 399, SessionState::Active),
            (&session, 400, SessionState::Idle),
            (&session, 999, SessionState::Idle),
            (&session, 1_000, SessionState::Expired),
            (&short, 149, SessionState::Active),
            (&short, 150, SessionState::Expired),
            (&ended, 201, SessionState::Ended),
            (&ended, 1_001, SessionState::Ended),
        ] {
            assert_eq!(session.state(at(second)), state, "{second}");
            assert_eq!(session.is_live(at(second)), state.is_live(), "{second}");
        }
    }

    #[test]
    fn every_state_is_read_back() {
        for state in SessionState::ALL {
            assert_eq!(SessionState::parse(state.as_str()), Ok(state));
        }
        assert_eq!(SessionState::parse("live"), Err(UnknownSessionState));
    }
}
