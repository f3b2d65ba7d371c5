//! The one form of a refusal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was refused. `docs/errors.md` lists the codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A stable word to match on.
    #[schema(example = "redirect_uri_invalid")]
    pub error: String,
    /// A sentence for people; it may change.
    #[schema(example = "redirect_uris[1]: contains a fragment")]
    pub message: String,
    /// Each field at fault, by its path in the body or its parameter's name.
    #[schema(example = json!({
        "redirect_uris[1]": { "code": "redirect_uri_invalid", "message": "contains a fragment" }
    }))]
    pub details: BTreeMap<String, Detail>,
    /// Also the `x-request-id` of the answer; every log line of the request has it.
    #[schema(example = "req_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub request_id: String,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Detail {
    #[schema(example = "redirect_uri_invalid")]
    pub code: String,
    #[schema(example = "contains a fragment")]
    pub message: String,
}
