//! `/applications/bulk/…`: one verb for many applications.

use appkeep_api_types::{BulkIds, BulkOutcome};
use appkeep_service::{BulkVerb, Registry};
use axum::extract::State;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, DeleteApplication, DisableApplication, EnableApplication, Json as Body};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(disable_applications))
        .routes(routes!(enable_applications))
        .routes(routes!(delete_applications))
}

/// Disable many applications
///
/// Each stands or falls by itself: one that fails does not stop the others.
#[utoipa::path(
    post,
    path = "/applications/bulk/disable",
    tag = "applications",
    request_body = BulkIds,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "What became of each", body = BulkOutcome),
        Guarded,
        Misread,
    ),
)]
async fn disable_applications(
    access: Access<DisableApplication>,
    State(registry): State<Registry>,
    Body(BulkIds { ids }): Body<BulkIds>,
) -> Result<Json<BulkOutcome>, Problem> {
    let outcome = registry.bulk(&access.by, BulkVerb::Disable, ids).await?;
    Ok(Json(convert::bulk_outcome(outcome)))
}

/// Enable many applications
///
/// Each stands or falls by itself: one that fails does not stop the others.
#[utoipa::path(
    post,
    path = "/applications/bulk/enable",
    tag = "applications",
    request_body = BulkIds,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "What became of each", body = BulkOutcome),
        Guarded,
        Misread,
    ),
)]
async fn enable_applications(
    access: Access<EnableApplication>,
    State(registry): State<Registry>,
    Body(BulkIds { ids }): Body<BulkIds>,
) -> Result<Json<BulkOutcome>, Problem> {
    let outcome = registry.bulk(&access.by, BulkVerb::Enable, ids).await?;
    Ok(Json(convert::bulk_outcome(outcome)))
}

/// Delete many applications
///
/// Each stands or falls by itself: one that fails does not stop the others.
#[utoipa::path(
    post,
    path = "/applications/bulk/delete",
    tag = "applications",
    request_body = BulkIds,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "What became of each", body = BulkOutcome),
        Guarded,
        Misread,
    ),
)]
async fn delete_applications(
    access: Access<DeleteApplication>,
    State(registry): State<Registry>,
    Body(BulkIds { ids }): Body<BulkIds>,
) -> Result<Json<BulkOutcome>, Problem> {
    let outcome = registry.bulk(&access.by, BulkVerb::Delete, ids).await?;
    Ok(Json(convert::bulk_outcome(outcome)))
}
