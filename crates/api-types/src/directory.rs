//! Where the tenant's people are kept, and what is asked of their passwords.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::edit::given;

/// The directory that the tenant's applications share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Directory {
    #[schema(example = "dir_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    /// How many characters a new password has at least. Nothing else is asked
    /// of one.
    #[schema(minimum = 8, maximum = 64, example = 12)]
    pub min_password_length: u32,
    /// How many wrong passwords in a row are free; each after them delays the
    /// next attempt for longer.
    #[schema(minimum = 1, maximum = 100, example = 5)]
    pub free_failures: u32,
    /// What that delay grows up to, in seconds.
    #[schema(minimum = 30, maximum = 86_400, example = 900)]
    pub longest_delay_s: u32,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// What to change of the directory; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectoryPatch {
    /// Holds for passwords that are set from now on.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 8, maximum = 64)]
    pub min_password_length: Option<i64>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 1, maximum = 100)]
    pub free_failures: Option<i64>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 30, maximum = 86_400)]
    pub longest_delay_s: Option<i64>,
}
