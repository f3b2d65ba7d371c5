//! Client secrets and issued tokens, where they are replaced or ended.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::edit::given;

/// How to rotate. The body may be left out whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateSecret {
    /// For how many seconds the previous secret is still accepted; 0 ends it at
    /// once. Without it, the tenant's `secret_rotation_overlap_s` decides.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 0, maximum = 604_800, example = 86_400)]
    pub overlap_s: Option<i64>,
}

/// A new secret, shown this once. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RotatedSecret {
    #[schema(example = "ias_2vJ8mQ4xWc7LkTn0bRzYf5HsGd1PqEu9aXo3iNwVt6")]
    pub client_secret: String,
    /// Until when the previous secret is accepted too.
    #[schema(format = DateTime, example = "2026-05-20T10:00:00Z")]
    pub previous_expires_at: String,
}

impl fmt::Debug for RotatedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotatedSecret")
            .field("previous_expires_at", &self.previous_expires_at)
            .finish_non_exhaustive()
    }
}

/// Which tokens are no longer accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevokedTokens {
    /// Everything issued before this moment.
    #[schema(format = DateTime, example = "2026-05-20T10:00:00Z")]
    pub issued_before: String,
}
