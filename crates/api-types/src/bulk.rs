//! One verb for many applications.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which applications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkIds {
    /// Duplicates count against the limit.
    #[schema(min_items = 1, max_items = 250, example = json!(["app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"]))]
    pub ids: Vec<String>,
}

/// What became of each: every id stands or falls by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkOutcome {
    pub data: BulkResults,
    pub meta: BulkMeta,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkResults {
    /// In the order of the request.
    pub results: Vec<BulkResult>,
}

/// How many ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkMeta {
    pub succeeded: usize,
    pub failed: usize,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkResult {
    /// As it was sent.
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    pub status: BulkStatus,
    /// The code of the refusal, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "app_not_found")]
    pub error: Option<String>,
    /// The sentence of the refusal, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "there is no such application")]
    pub message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BulkStatus {
    Ok,
    Error,
}
