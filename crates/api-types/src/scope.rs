//! The tenant's registry of scopes.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A scope that the tenant's applications may be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Scope {
    #[schema(example = "invoices:read")]
    pub scope: String,
    #[schema(required = true, example = "Read invoices")]
    pub description: Option<String>,
    /// Those of OpenID Connect and of this API are there without being
    /// registered, and cannot be removed.
    pub built_in: bool,
    /// `null` for those built in.
    #[schema(required = true, format = DateTime)]
    pub created_at: Option<String>,
}

/// A scope to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScope {
    /// Printable ASCII without space, quote and backslash (RFC 6749 §3.3).
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[\x21\x23-\x5B\x5D-\x7E]+$",
        example = "invoices:read"
    )]
    pub scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500, example = "Read invoices")]
    pub description: Option<String>,
}

/// Which part of the list to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScopeQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
}
