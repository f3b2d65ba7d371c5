//! `/tenant`: the settings of the tenant that the caller speaks for.

use appkeep_api_types::{Data, Tenant, TenantPatch};
use appkeep_service::Registry;
use axum::extract::State;
use utoipa_axum::routes;

use super::answer::Versioned;
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, IfMatch, Json as Body, ReadTenant, UpdateTenant};
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(get_tenant, update_tenant))
}

/// Look up the tenant's settings
#[utoipa::path(
    get,
    path = "/tenant",
    tag = "tenant",
    security(("access_token" = ["tenant:read"])),
    responses(
        (status = 200, description = "The settings", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Their version"),
        )),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_tenant(
    access: Access<ReadTenant>,
    State(registry): State<Registry>,
) -> Result<Versioned<Tenant>, Problem> {
    let tenant = registry.tenant(&access.by).await?;
    Ok(Versioned::tenant(&tenant))
}

/// Change the tenant's settings
///
/// Members that are not in the body stay as they are.
#[utoipa::path(
    patch,
    path = "/tenant",
    tag = "tenant",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on")),
    request_body = TenantPatch,
    security(("access_token" = ["tenant:write"])),
    responses(
        (status = 200, description = "The settings as they are now", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Their version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn update_tenant(
    access: Access<UpdateTenant>,
    State(registry): State<Registry>,
    IfMatch(expected): IfMatch,
    Body(patch): Body<TenantPatch>,
) -> Result<Versioned<Tenant>, Problem> {
    let tenant = registry.update_tenant(&access.by, convert::tenant_update(patch, expected)).await?;
    Ok(Versioned::tenant(&tenant))
}
