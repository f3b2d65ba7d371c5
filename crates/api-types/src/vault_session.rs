//! Sessions of public applications with the vault.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{EnvironmentMode, Transform};

/// A session that nobody has authorized yet. Its key and its nonce are shown
/// this once; `Debug` shows neither.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StartedVaultSession {
    #[schema(example = "vses_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    /// Good for what the session is authorized for, and for nothing until then.
    #[schema(example = "key_prod_us_sess_2vJ8mQ4xWc7LkTn0bRzYf5HsGd1PqEu9aXo3iNwVt6")]
    pub session_key: String,
    /// For whoever authorizes it.
    #[schema(example = "nonce_7LkTn0bRzYf5HsGd1PqEu9aXo3iNwVt62vJ8mQ4xWc")]
    pub nonce: String,
    pub environment: EnvironmentMode,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub expires_at: String,
}

impl fmt::Debug for StartedVaultSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedVaultSession").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a session may do, at most what the application that says so could do
/// itself at each moment. Permissions or rules, or both. `Debug` does not show
/// the nonce.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultSessionAuthorization {
    #[schema(example = "nonce_7LkTn0bRzYf5HsGd1PqEu9aXo3iNwVt62vJ8mQ4xWc")]
    pub nonce: String,
    /// On every token.
    #[serde(default)]
    #[schema(required = false, max_items = 30, example = json!(["token:read"]))]
    pub permissions: Vec<String>,
    #[serde(default)]
    #[schema(required = false, max_items = 100)]
    pub rules: Vec<VaultSessionRule>,
    /// At most 7 days away; without it, the session ends when it would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = DateTime)]
    pub expires_at: Option<String>,
}

impl fmt::Debug for VaultSessionAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultSessionAuthorization")
            .field("permissions", &self.permissions)
            .field("rules", &self.rules)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Gives permissions on the tokens of a container, or on those of which all
/// conditions hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultSessionRule {
    #[serde(default)]
    #[schema(required = false, max_length = 200, example = "The card that was just entered")]
    pub description: String,
    /// The lower, the sooner the rule is asked. No two rules have the same.
    #[schema(minimum = 1, maximum = 2_147_483_647_i64, example = 1)]
    pub priority: i64,
    /// A path; what is within it is covered too. Not beside conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 200, pattern = r"^/([A-Za-z0-9_-]+/)*$", example = "/pci/")]
    pub container: Option<String>,
    #[serde(default)]
    #[schema(required = false, max_items = 20)]
    pub conditions: Vec<VaultSessionCondition>,
    #[schema(value_type = Transform)]
    pub transform: String,
    #[schema(min_items = 1, max_items = 30, example = json!(["token:read"]))]
    pub permissions: Vec<String>,
}

/// Something that holds of a token, or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultSessionCondition {
    /// `id` or `container`.
    #[schema(pattern = "^(id|container)$", example = "id")]
    pub attribute: String,
    /// `equals` or `starts_with`.
    #[schema(pattern = "^(equals|starts_with)$", example = "equals")]
    pub operator: String,
    /// Of containers, in any case; of ids, as they are.
    #[schema(min_length = 1, max_length = 400, example = "0a4e5e0f-1c53-4b3e-9a0c-5f6fd2a0c111")]
    pub value: String,
}
