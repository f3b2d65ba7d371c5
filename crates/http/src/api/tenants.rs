//! `/tenants` and `/tenants/{tenant_id}`.

use appkeep_api_types::{Data, NewTenant, Page, Tenant, TenantChange, TenantQuery, TransferTenant};
use appkeep_service::Registry;
use axum::extract::State;
use utoipa_axum::routes;

use super::answer::{Made, Versioned};
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, IfMatch, Json as Body, ManageTenants, Query, ReadTenant, Segment};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_tenants, create_tenant))
        .routes(routes!(get_tenant_by_id, change_tenant))
        .routes(routes!(transfer_tenant))
}

/// List tenants
///
/// Those that the caller sees, the newest first: all for the platform, its own for
/// a partner, itself for a tenant.
#[utoipa::path(
    get,
    path = "/tenants",
    tag = "tenants",
    params(TenantQuery),
    security(("access_token" = ["tenant:read"])),
    responses(
        (status = 200, description = "Some of the tenants", body = Page<Tenant>),
        Guarded,
        Refused<400>,
    ),
)]
async fn list_tenants(
    access: Access<ReadTenant>,
    State(registry): State<Registry>,
    Query(query): Query<TenantQuery>,
) -> Result<Json<Page<Tenant>>, Problem> {
    let page = registry.tenants(&access.by, convert::tenant_query(query)).await?;
    Ok(Json(convert::page(page, |one| convert::tenant(&one))))
}

/// Make a tenant
///
/// For those who run the platform. It has signing keys of its own before this is
/// answered.
#[utoipa::path(
    post,
    path = "/tenants",
    tag = "tenants",
    request_body = NewTenant,
    security(("access_token" = ["tenants:write"])),
    responses(
        (status = 201, description = "Made", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Its version"),
            ("Location" = String, description = "Where it is"),
        )),
        Guarded,
        Misread,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_tenant(
    access: Access<ManageTenants>,
    State(state): State<AppState>,
    Body(new): Body<NewTenant>,
) -> Result<Made<Versioned<Tenant>>, Problem> {
    let tenant = state.authority.create_tenant(&state.registry, &access.by, convert::new_tenant(new)).await?;
    let location = format!("{}/tenants/{}", super::BASE, tenant.id);
    Ok(Made { location, answer: Versioned::tenant(&tenant) })
}

/// Look up a tenant
#[utoipa::path(
    get,
    path = "/tenants/{tenant_id}",
    tag = "tenants",
    params(("tenant_id" = String, Path, description = "Its id", example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["tenant:read"])),
    responses(
        (status = 200, description = "The tenant", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_tenant_by_id(
    access: Access<ReadTenant>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Versioned<Tenant>, Problem> {
    let tenant = registry.tenant_by_id(&access.by, &id).await?;
    Ok(Versioned::tenant(&tenant))
}

/// Change a tenant
///
/// For those who run the platform. What a tenant decides about itself is under
/// `/tenant`.
#[utoipa::path(
    patch,
    path = "/tenants/{tenant_id}",
    tag = "tenants",
    params(
        ("tenant_id" = String, Path, description = "Its id", example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on"),
    ),
    request_body = TenantChange,
    security(("access_token" = ["tenants:write"])),
    responses(
        (status = 200, description = "The tenant as it is now", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn change_tenant(
    access: Access<ManageTenants>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
    Body(patch): Body<TenantChange>,
) -> Result<Versioned<Tenant>, Problem> {
    let tenant = registry.change_tenant(&access.by, &id, convert::tenant_change(patch, expected)).await?;
    Ok(Versioned::tenant(&tenant))
}

/// Transfer a tenant
///
/// To another partner, or to none. Who sees it follows within a second, on every
/// node; what it has stays, though it be more than its new partner's caps allow.
#[utoipa::path(
    post,
    path = "/tenants/{tenant_id}/transfer",
    tag = "tenants",
    params(("tenant_id" = String, Path, description = "Its id", example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = TransferTenant,
    security(("access_token" = ["tenants:write"])),
    responses(
        (status = 200, description = "The tenant as it is now", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn transfer_tenant(
    access: Access<ManageTenants>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(body): Body<TransferTenant>,
) -> Result<Versioned<Tenant>, Problem> {
    let tenant = registry.transfer_tenant(&access.by, &id, body.partner_id).await?;
    Ok(Versioned::tenant(&tenant))
}
