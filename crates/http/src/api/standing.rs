//! How partners and tenants stand: suspended and resumed, archived and restored.
//! Each can be repeated without harm.

use appkeep_api_types::{Data, Nothing, Partner, Tenant};
use appkeep_service::{Registry, Turn};
use axum::extract::State;
use utoipa_axum::routes;

use super::answer::Versioned;
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::extract::{Access, ManagePartners, ManageTenants, OptionalJson, Segment};
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(suspend_partner))
        .routes(routes!(resume_partner))
        .routes(routes!(archive_partner))
        .routes(routes!(restore_partner))
        .routes(routes!(suspend_tenant))
        .routes(routes!(resume_tenant))
        .routes(routes!(archive_tenant))
        .routes(routes!(restore_tenant))
}

/// Suspend a partner
///
/// Of each of its tenants, nothing new is issued to what belongs to it, nobody
/// signs in there, and those who run it look on.
#[utoipa::path(
    post,
    path = "/partners/{partner_id}/suspend",
    tag = "partners",
    params(("partner_id" = String, Path, description = "Its id", example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["partners:write"])),
    responses(
        (status = 200, description = "The partner as it is now", body = Data<Partner>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn suspend_partner(
    access: Access<ManagePartners>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<Partner>, Problem> {
    let view = registry.turn_partner(&access.by, &id, Turn::Suspend).await?;
    Ok(Versioned::partner(&view))
}

/// Resume a partner
///
/// As it was before it was suspended.
#[utoipa::path(
    post,
    path = "/partners/{partner_id}/resume",
    tag = "partners",
    params(("partner_id" = String, Path, description = "Its id", example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["partners:write"])),
    responses(
        (status = 200, description = "The partner as it is now", body = Data<Partner>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn resume_partner(
    access: Access<ManagePartners>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<Partner>, Problem> {
    let view = registry.turn_partner(&access.by, &id, Turn::Resume).await?;
    Ok(Versioned::partner(&view))
}

/// Archive a partner
///
/// It and its tenants act as suspended, and it is there for the platform alone.
#[utoipa::path(
    post,
    path = "/partners/{partner_id}/archive",
    tag = "partners",
    params(("partner_id" = String, Path, description = "Its id", example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["partners:write"])),
    responses(
        (status = 200, description = "The partner as it is now", body = Data<Partner>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn archive_partner(
    access: Access<ManagePartners>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<Partner>, Problem> {
    let view = registry.turn_partner(&access.by, &id, Turn::Archive).await?;
    Ok(Versioned::partner(&view))
}

/// Restore a partner
///
/// As it was before it was archived.
#[utoipa::path(
    post,
    path = "/partners/{partner_id}/restore",
    tag = "partners",
    params(("partner_id" = String, Path, description = "Its id", example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["partners:write"])),
    responses(
        (status = 200, description = "The partner as it is now", body = Data<Partner>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn restore_partner(
    access: Access<ManagePartners>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<Partner>, Problem> {
    let view = registry.turn_partner(&access.by, &id, Turn::Restore).await?;
    Ok(Versioned::partner(&view))
}

/// Suspend a tenant
///
/// Nothing new is issued to what belongs to it, nobody signs in there, and
/// those who run it look on. Tokens that are out live on until they expire.
#[utoipa::path(
    post,
    path = "/tenants/{tenant_id}/suspend",
    tag = "tenants",
    params(("tenant_id" = String, Path, description = "Its id", example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["tenants:write"])),
    responses(
        (status = 200, description = "The tenant as it is now", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn suspend_tenant(
    access: Access<ManageTenants>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<Tenant>, Problem> {
    let tenant = registry.turn_tenant(&access.by, &id, Turn::Suspend).await?;
    Ok(Versioned::tenant(&tenant))
}

/// Resume a tenant
///
/// As it was before it was suspended.
#[utoipa::path(
    post,
    path = "/tenants/{tenant_id}/resume",
    tag = "tenants",
    params(("tenant_id" = String, Path, description = "Its id", example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["tenants:write"])),
    responses(
        (status = 200, description = "The tenant as it is now", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn resume_tenant(
    access: Access<ManageTenants>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<Tenant>, Problem> {
    let tenant = registry.turn_tenant(&access.by, &id, Turn::Resume).await?;
    Ok(Versioned::tenant(&tenant))
}

/// Archive a tenant
///
/// It acts as one that is suspended, and is there for the platform alone.
#[utoipa::path(
    post,
    path = "/tenants/{tenant_id}/archive",
    tag = "tenants",
    params(("tenant_id" = String, Path, description = "Its id", example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["tenants:write"])),
    responses(
        (status = 200, description = "The tenant as it is now", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn archive_tenant(
    access: Access<ManageTenants>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<Tenant>, Problem> {
    let tenant = registry.turn_tenant(&access.by, &id, Turn::Archive).await?;
    Ok(Versioned::tenant(&tenant))
}

/// Restore a tenant
///
/// As it was before it was archived, if the caps allow one more.
#[utoipa::path(
    post,
    path = "/tenants/{tenant_id}/restore",
    tag = "tenants",
    params(("tenant_id" = String, Path, description = "Its id", example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["tenants:write"])),
    responses(
        (status = 200, description = "The tenant as it is now", body = Data<Tenant>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
    ),
)]
async fn restore_tenant(
    access: Access<ManageTenants>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<Tenant>, Problem> {
    let tenant = registry.turn_tenant(&access.by, &id, Turn::Restore).await?;
    Ok(Versioned::tenant(&tenant))
}
