//! Operators who act as an application's people.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ImpersonationEndReason;

/// An operator acts, or acted, as a user of an application.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Impersonation {
    /// The `impersonation_id` of its token.
    #[schema(example = "imp_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub application_id: String,
    #[schema(example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub user_id: String,
    #[schema(required = true, example = "ada@example.com")]
    pub user_email: Option<String>,
    #[schema(example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub operator_id: String,
    /// For owners and admins, who know who administers; null for others.
    #[schema(required = true, example = "grace@example.com")]
    pub operator_email: Option<String>,
    /// In which it happens: the `sid` of its token.
    #[schema(example = "ses_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub session_id: String,
    #[schema(example = "Ticket 4711: the invoice does not open")]
    pub reason: String,
    #[schema(format = DateTime)]
    pub started_at: String,
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When it was over; null while it goes on.
    #[schema(required = true, format = DateTime)]
    pub ended_at: Option<String>,
    #[schema(required = true)]
    pub end_reason: Option<ImpersonationEndReason>,
    /// Where the operator was; for owners and admins.
    #[schema(required = true, example = "203.0.113.7")]
    pub address: Option<String>,
    /// With what; for owners and admins.
    #[schema(required = true, example = "curl/8.5.0")]
    pub user_agent: Option<String>,
}

/// As whom somebody wants to act, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewImpersonation {
    #[schema(example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub user_id: String,
    /// For whoever looks into it later.
    #[schema(min_length = 1, max_length = 500, example = "Ticket 4711: the invoice does not open")]
    pub reason: String,
    /// For how long, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 60, maximum = 3_600, default = 1_800)]
    pub duration_s: Option<i64>,
}

/// An impersonation that has begun, with its token. `Debug` does not show that.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StartedImpersonation {
    #[serde(flatten)]
    pub impersonation: Impersonation,
    /// Shown this once. There is no other, and nothing renews it.
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// In seconds: as long as the application's tokens live, and no longer than
    /// the impersonation.
    #[schema(example = 1_800)]
    pub expires_in: u32,
    /// What the token opens, separated by spaces.
    #[schema(example = "openid profile email")]
    pub scope: String,
}

/// Who somebody is, is not for logs.
impl fmt::Debug for Impersonation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Impersonation").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for StartedImpersonation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedImpersonation")
            .field("impersonation", &self.impersonation)
            .finish_non_exhaustive()
    }
}
