//! The time that people spend with applications.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SessionState;

/// What a person has with an application since they signed in to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The `sid` of ID tokens.
    #[schema(example = "ses_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub application_id: String,
    #[schema(example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub user_id: String,
    pub state: SessionState,
    /// By which an operator acts as the user in it; null when it is their own.
    #[schema(required = true, example = "imp_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub impersonation_id: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When something of it was last used, at most ten seconds late.
    #[schema(format = DateTime)]
    pub last_seen_at: String,
    /// From this moment on it is over, unless it is renewed.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When somebody ended it.
    #[schema(required = true, format = DateTime)]
    pub ended_at: Option<String>,
    /// The network address that it was begun from.
    #[schema(required = true, example = "203.0.113.7")]
    pub address: Option<String>,
    /// What the browser called itself (RFC 9110 §10.1.5), cut to 255 characters.
    #[schema(
        required = true,
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )]
    pub user_agent: Option<String>,
}

/// How many sessions an application has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionCounts {
    /// Neither ended nor expired: the active and the idle.
    pub live: u64,
    /// Seen in the last five minutes.
    pub active: u64,
    pub idle: u64,
    /// All there ever were.
    pub total: u64,
}

/// How many sessions were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndedSessions {
    pub ended: u64,
}

/// What a user allowed an application, which is asked for no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub application_id: String,
    #[schema(example = json!(["openid", "profile", "email"]))]
    pub scopes: Vec<String>,
    /// When they first allowed something.
    #[schema(format = DateTime)]
    pub granted_at: String,
    /// When they last did.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// Which sessions to show: those that fit every filter given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SessionQuery {
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
    /// Whose.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub user_id: Option<String>,
}

/// Which sessions of a user to show: those that fit every filter given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserSessionQuery {
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
    /// With which application.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub application_id: Option<String>,
}

/// Where a person is, is not for logs.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}
