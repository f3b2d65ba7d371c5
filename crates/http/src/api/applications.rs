//! `/applications` and `/applications/{application_id}`.

use appkeep_api_types::{
    Application, ApplicationDetail, ApplicationPatch, ApplicationQuery, CreatedApplication, Data,
    NewApplication, Page, RotateSecret, RotatedSecret,
};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::{Made, Versioned};
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, CreateApplication, DeleteApplication, IfMatch, Json as Body, OptionalJson, Query,
    ReadApplication, RotateSecret as MayRotate, Segment, UpdateApplication,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_applications, create_application))
        .routes(routes!(get_application, update_application, delete_application))
        .routes(routes!(rotate_secret))
}

/// List applications
///
/// Those that fit every filter given, the newest first. Pages stay in step
/// while applications are added.
///
/// A tenant sees its own, its partner's and the platform's (`global`); a partner
/// its own, its tenants' and the platform's; the platform all. A filter that
/// names a tenant or a partner whom the caller does not see finds nothing.
#[utoipa::path(
    get,
    path = "/applications",
    tag = "applications",
    params(ApplicationQuery),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "Some of the applications", body = Page<Application>),
        Guarded,
        Refused<400>,
    ),
)]
async fn list_applications(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Query(query): Query<ApplicationQuery>,
) -> Result<Json<Page<Application>>, Problem> {
    let page = registry.applications(&access.by, convert::application_query(query)).await?;
    Ok(Json(convert::page(page, |application| convert::summary(&application))))
}

/// Register an application
///
/// The client secret of an `m2m` or `server` application is in this answer and
/// in no other.
///
/// It belongs to the tenant that is spoken to, unless `ownership` says
/// otherwise. `global` and `partner` applications can be allowed built-in scopes
/// only.
#[utoipa::path(
    post,
    path = "/applications",
    tag = "applications",
    request_body = NewApplication,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 201, description = "Registered", body = Data<CreatedApplication>, headers(
            ("ETag" = String, description = "Its version"),
            ("Location" = String, description = "Where it is"),
        )),
        Guarded,
        Misread,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_application(
    access: Access<CreateApplication>,
    State(registry): State<Registry>,
    Body(new): Body<NewApplication>,
) -> Result<Made<Versioned<CreatedApplication>>, Problem> {
    let (kind, fields) = convert::new_application(new);
    let created = registry.create_application(&access.by, &kind, fields).await?;
    let application = &created.view.application;
    let location = format!("{}/applications/{}", super::BASE, application.id);
    let answer = Versioned { version: application.version, data: convert::created(&created) };
    Ok(Made { location, answer })
}

/// Look up an application
///
/// Its whole configuration, and in `can_…` what this caller may do to it.
#[utoipa::path(
    get,
    path = "/applications/{application_id}",
    tag = "applications",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The application", body = Data<ApplicationDetail>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_application(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Versioned<ApplicationDetail>, Problem> {
    let view = registry.application(&access.by, &id).await?;
    Ok(Versioned::application(&view))
}

/// Change an application
///
/// Members that are not in the body stay as they are. `type` and `client_id`
/// are fixed at creation. With `If-Match`, the change is refused when somebody
/// else's came first.
#[utoipa::path(
    patch,
    path = "/applications/{application_id}",
    tag = "applications",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on"),
    ),
    request_body = ApplicationPatch,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "The application as it is now", body = Data<ApplicationDetail>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn update_application(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
    Body(patch): Body<ApplicationPatch>,
) -> Result<Versioned<ApplicationDetail>, Problem> {
    let update = convert::application_update(patch, expected);
    let view = registry.update_application(&access.by, &id, update).await?;
    Ok(Versioned::application(&view))
}

/// Delete an application
///
/// For good: its id is never given to another. Refused while it has active
/// sessions.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}",
    tag = "applications",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of what is to be deleted"),
    ),
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 204, description = "Deleted"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<409>,
        Refused<412>,
    ),
)]
async fn delete_application(
    access: Access<DeleteApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    registry.delete_application(&access.by, &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate the client secret
///
/// The new secret is in this answer and in no other; the previous one is
/// accepted until `previous_expires_at`. For `m2m` and `server` applications
/// that have a secret; others answer 400 `not_applicable`.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/rotate-secret",
    tag = "applications",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<RotateSecret>,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "Rotated", body = Data<RotatedSecret>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn rotate_secret(
    access: Access<MayRotate>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(rotation): OptionalJson<RotateSecret>,
) -> Result<Json<Data<RotatedSecret>>, Problem> {
    let rotated = registry.rotate_secret(&access.by, &id, rotation.overlap_s).await?;
    Ok(Json(Data { data: convert::rotated(&rotated) }))
}
