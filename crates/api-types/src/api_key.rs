//! API keys: made, and asked about.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AccessKind, Edit, EnvironmentMode, KeyRefusal, Transform};

/// A key to make. The body may be left out whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// `live` without it. A service that is shown the key learns which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = EnvironmentMode, required = false, default = "live")]
    pub environment: Option<String>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255, example = "Billing in Frankfurt")]
    pub name: Edit<String>,
    /// From this moment on it is refused; without it, never.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = DateTime)]
    pub expires_at: Edit<String>,
}

/// A new key, shown this once. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddedApiKey {
    #[schema(example = "cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "key_prod_us_pvt_2vJ8mQ4xWc7LkTn0bRzYf5HsGd1PqEu9aXo3iNwVt6")]
    pub key: String,
    pub environment: EnvironmentMode,
    #[schema(required = true, example = "Billing in Frankfurt")]
    pub name: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(required = true, format = DateTime)]
    pub expires_at: Option<String>,
}

impl fmt::Debug for AddedApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddedApiKey").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A key that somebody was shown, and what its holder would do. `Debug` does not
/// show the key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownApiKey {
    #[schema(example = "key_prod_us_pvt_2vJ8mQ4xWc7LkTn0bRzYf5HsGd1PqEu9aXo3iNwVt6")]
    pub key: String,
    /// Whether its holder may do this is looked at as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, required = false, example = "token:read")]
    pub permission: Option<String>,
    /// To tokens of this container; without it, to any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, required = false, max_length = 200, example = "/pci/high/")]
    pub container: Option<String>,
}

impl fmt::Debug for ShownApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownApiKey").field("permission", &self.permission).finish_non_exhaustive()
    }
}

/// What a key is worth at this moment. Of a key that is not known, or is of an
/// application that the caller does not see, everything but the reason is `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyVerification {
    /// Whether it is good, and good for what was asked.
    pub valid: bool,
    /// Why it is not.
    #[schema(required = true)]
    pub reason: Option<KeyRefusal>,
    #[schema(required = true, example = "cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub key_id: Option<String>,
    #[schema(required = true, example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub application_id: Option<String>,
    /// The same, as OAuth calls it.
    #[schema(required = true, example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub client_id: Option<String>,
    /// The application's.
    #[schema(required = true, example = "Billing")]
    pub name: Option<String>,
    #[schema(required = true)]
    pub kind: Option<AccessKind>,
    #[schema(required = true)]
    pub environment: Option<EnvironmentMode>,
    /// What it may do everywhere. What its rules give, name a permission to learn.
    #[schema(required = true, example = json!(["token:create"]))]
    pub permissions: Option<Vec<String>>,
    /// When it ends: by itself, or with its application.
    #[schema(required = true, format = DateTime)]
    pub expires_at: Option<String>,
    /// How much of the container's tokens its holder is shown, where a
    /// container was named.
    #[schema(required = true)]
    pub transform: Option<Transform>,
}
