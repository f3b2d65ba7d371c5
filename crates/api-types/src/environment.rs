//! Live and test of an application that has users of its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{EnvironmentMode, UserStatus};

/// One of the two environments of an application, which know nothing of each
/// other. `Debug` does not show its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationEnvironment {
    #[schema(example = "env_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    pub mode: EnvironmentMode,
    /// Names the application and this environment of it; no secret, and a
    /// `client_id`.
    #[schema(example = "za_pub_live_8f2v9x3c5n8r1t6zd4k7m0q2")]
    pub public_key: String,
    /// Proves whoever uses `public_key`. In the answers that make one, and in no
    /// other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "za_sec_live_2vJ8mQ4xWc7LkTn0bRzYf5HsGd1PqEu9aXo3iNwVt6")]
    pub secret_key: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When its secret was last replaced.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

impl fmt::Debug for ApplicationEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationEnvironment").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

/// An environment, with its new secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RotatedEnvironment {
    #[serde(flatten)]
    pub environment: ApplicationEnvironment,
    /// From this moment on the secrets before are refused.
    #[schema(format = DateTime)]
    pub previous_expires_at: String,
}

/// Whose users are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EnvironmentQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = EnvironmentMode, required = false)]
    pub environment: Option<String>,
}

/// From where nobody signs in, of which environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EndUserLockoutQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = EnvironmentMode, required = false)]
    pub environment: Option<String>,
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
}

/// Which of an application's own users to show; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EndUserQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = EnvironmentMode, required = false)]
    pub environment: Option<String>,
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = UserStatus, required = false)]
    pub status: Option<String>,
    /// The whole address; upper and lower case are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub email: Option<String>,
    /// The whole user name; upper and lower case are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub username: Option<String>,
    /// A part of the address, the user name, a name, the phone or the id; upper
    /// and lower case are the same, and no character has a meaning of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, max_length = 255)]
    pub q: Option<String>,
}
