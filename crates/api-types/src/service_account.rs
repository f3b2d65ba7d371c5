//! Programs that administer a tenant in their own name.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Role;
use crate::audit::Actor;
use crate::edit::{Edit, given};

/// A program with a role in the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceAccount {
    /// Also its `client_id` at the token endpoint.
    #[schema(example = "sa_0199a8f0-5c52-7a31-9c3b-6c1f0e9d2a44")]
    pub id: String,
    #[schema(example = "Deployments")]
    pub name: String,
    #[schema(required = true)]
    pub description: Option<String>,
    pub role: Role,
    /// How its secret ends.
    #[schema(example = "1nPa")]
    pub secret_last_four: String,
    /// Since when it has this secret.
    #[schema(format = DateTime)]
    pub secret_created_at: String,
    pub created_by: Actor,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Since when it gets no tokens.
    #[schema(required = true, format = DateTime)]
    pub archived_at: Option<String>,
}

/// A service account with its new secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceAccountWithSecret {
    #[serde(flatten)]
    pub account: ServiceAccount,
    /// Shown this once.
    #[schema(example = "sa_secret_…")]
    pub client_secret: String,
}

/// A service account to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServiceAccount {
    #[schema(min_length = 1, max_length = 255, example = "Deployments")]
    pub name: String,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 2_000)]
    pub description: Edit<String>,
    /// `admin` when left out; none that the caller could not give to somebody.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Role, required = false)]
    pub role: Option<String>,
}

/// What to change of a service account; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccountPatch {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, max_length = 2_000)]
    pub description: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Role, required = false)]
    pub role: Option<String>,
}

/// Which service accounts to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ServiceAccountQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
    /// `true` for those that are archived as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = bool, required = false, default = false)]
    pub archived: Option<bool>,
}

/// Whoever reads a log is not the account.
impl fmt::Debug for ServiceAccountWithSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccountWithSecret").field("account", &self.account).finish_non_exhaustive()
    }
}
