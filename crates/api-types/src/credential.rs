//! What proves that an application is itself, one by one.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Actor, CredentialClass, Edit, EnvironmentMode, SafeToRetire};

/// A credential of an application; what it proves itself with is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Credential {
    #[schema(example = "cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    pub class: CredentialClass,
    /// Of which environment, for an `environment_secret`.
    #[schema(required = true, example = json!(null))]
    pub environment: Option<EnvironmentMode>,
    #[schema(required = true, example = "Billing in Frankfurt")]
    pub name: Option<String>,
    /// What it begins with.
    #[schema(example = "ias_")]
    pub prefix: String,
    /// What it ends with.
    #[schema(example = "wVt6")]
    pub last_four: String,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// `null` for one that is older than this record.
    #[schema(required = true)]
    pub created_by: Option<Actor>,
    /// From this moment on it is refused.
    #[schema(required = true, format = DateTime)]
    pub expires_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    pub revoked_at: Option<String>,
    /// At most ten seconds late. `null` when it was never used.
    #[schema(required = true, format = DateTime)]
    pub last_used_at: Option<String>,
    /// The network address that this came from.
    #[schema(required = true, example = "203.0.113.7")]
    pub last_used_from: Option<String>,
    pub safe_to_retire: SafeToRetire,
    /// Until when every use is known, and so when `safe_to_retire` held.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// A secret to add. The body may be left out whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSecret {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255, example = "Billing in Frankfurt")]
    pub name: Edit<String>,
    /// From this moment on it is refused; without it, never.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = DateTime)]
    pub expires_at: Edit<String>,
}

/// A further secret, shown this once. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddedSecret {
    #[schema(example = "cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "ias_2vJ8mQ4xWc7LkTn0bRzYf5HsGd1PqEu9aXo3iNwVt6")]
    pub client_secret: String,
    #[schema(required = true, example = "Billing in Frankfurt")]
    pub name: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(required = true, format = DateTime)]
    pub expires_at: Option<String>,
}

impl fmt::Debug for AddedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddedSecret").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Which part of the list to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CredentialQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
}
