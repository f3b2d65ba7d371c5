//! `/audit`: what was changed, by whom.

use appkeep_api_types::{AuditEntry, AuditQuery, Page};
use axum::extract::State;
use utoipa_axum::routes;

use super::refused::{Guarded, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, Query, ReadAudit};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(list_audit_entries))
}

/// List changes
///
/// Those that fit every filter given, the newest first.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    params(AuditQuery),
    security(("access_token" = ["audit:read"])),
    responses(
        (status = 200, description = "Some of the changes", body = Page<AuditEntry>),
        Guarded,
        Refused<400>,
    ),
)]
async fn list_audit_entries(
    access: Access<ReadAudit>,
    State(state): State<AppState>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let query = convert::audit_query(query);
    let page = state.authority.audit_entries(&state.registry, &access.by, query).await?;
    Ok(Json(convert::page(page, convert::audit_entry)))
}
