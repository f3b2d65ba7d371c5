//! A session in ScaiKey's JSON.

use appkeep_domain::UserAgent;
use appkeep_http::Body;
use appkeep_service::{SessionView, TenantLabel};
use serde::{Deserialize, Serialize};

use crate::scaikey::people::Tenant;
use crate::scaikey::words;

/// As it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Session {
    id: String,
    user_id: String,
    application_id: String,
    tenant_id: String,
    tenant: Tenant,
    status: &'static str,
    ip_address: Option<String>,
    user_agent: Option<String>,
    created_at: String,
    last_seen_at: String,
    expires_at: String,
    ended_at: Option<String>,
}

/// How many are over now.
#[derive(Debug, Serialize)]
pub(super) struct Revoked {
    pub(super) revoked: u64,
}

impl Session {
    pub(super) fn of(view: &SessionView, tenant: &TenantLabel) -> Self {
        let session = &view.session;
        Self {
            id: session.id.to_string(),
            user_id: session.user.to_string(),
            application_id: session.application.to_string(),
            tenant_id: tenant.id.to_string(),
            tenant: Tenant::of(tenant),
            status: words::session_state(view.state),
            ip_address: session.from.address.as_ref().map(ToString::to_string),
            user_agent: session.from.user_agent.as_ref().map(UserAgent::as_str).map(str::to_owned),
            created_at: session.created_at.to_string(),
            last_seen_at: session.last_seen_at.to_string(),
            expires_at: session.expires_at.to_string(),
            ended_at: session.ended_at.map(|moment| moment.to_string()),
        }
    }
}

/// Whose sessions are to end.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Said")]
pub(super) enum Whom {
    User { id: String, tenant: Option<String> },
    Tenant { id: String },
}

/// Either will do; what is told to be missing is the narrower one.
impl Body for Whom {
    const REQUIRED: &'static [&'static str] = &["user_id"];
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    user_id: Option<String>,
    tenant_id: Option<String>,
}

impl TryFrom<Said> for Whom {
    type Error = &'static str;

    fn try_from(said: Said) -> Result<Self, &'static str> {
        match (said.user_id, said.tenant_id) {
            (Some(id), tenant) => Ok(Self::User { id, tenant }),
            (None, Some(id)) => Ok(Self::Tenant { id }),
            (None, None) => Err("neither is there"),
        }
    }
}
