//! The time that somebody spends with an application.

use crate::{ApplicationId, Owner, SessionId, Timestamp};

/// Keeps an application from being deleted while it is neither ended nor expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub owner: Owner,
    pub application: ApplicationId,
    pub created_at: Timestamp,
    /// From this moment on it is over, ended or not.
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}
