//! One verb for many applications.

use appkeep_api_types as api;
use appkeep_service::{BulkOutcome, BulkResult};

pub(crate) fn bulk_outcome(outcome: BulkOutcome) -> api::BulkOutcome {
    api::BulkOutcome {
        data: api::BulkResults { results: outcome.results.into_iter().map(result).collect() },
        meta: api::BulkMeta { succeeded: outcome.succeeded, failed: outcome.failed },
    }
}

fn result(BulkResult { id, outcome }: BulkResult) -> api::BulkResult {
    match outcome {
        Ok(()) => api::BulkResult { id, status: api::BulkStatus::Ok, error: None, message: None },
        Err(error) => api::BulkResult {
            id,
            status: api::BulkStatus::Error,
            error: Some(error.code().as_str().to_owned()),
            message: Some(error.to_string()),
        },
    }
}
