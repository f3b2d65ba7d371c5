//! `/applications/{application_id}/integrations`: what an application reaches.

use appkeep_api_types::{AttachedIntegration, Data, IntegrationIds};
use appkeep_service::Integrations;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, Json as Body, ReadApplication, Segment, Segments, UpdateApplication};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_attached_integrations, replace_attached_integrations))
        .routes(routes!(attach_integration, detach_integration))
}

/// List the integrations that an application reaches
///
/// Those that are not archived, by their ids, at most 200. For a tenant's
/// application; others answer 400 `not_applicable`, here and below.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/integrations",
    tag = "integrations",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The integrations", body = Data<Vec<AttachedIntegration>>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_attached_integrations(
    access: Access<ReadApplication>,
    State(integrations): State<Integrations>,
    Segment(application): Segment,
) -> Result<Json<Data<Vec<AttachedIntegration>>>, Problem> {
    let attached = integrations.attached(&access.by, &application).await?;
    Ok(Json(Data { data: attached.iter().map(convert::attached_integration).collect() }))
}

/// Replace the integrations that an application reaches
///
/// These and no others from now on. When one of them is not there, archived or
/// another tenant's, nothing changes.
#[utoipa::path(
    put,
    path = "/applications/{application_id}/integrations",
    tag = "integrations",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = IntegrationIds,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "As it is now", body = Data<Vec<AttachedIntegration>>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn replace_attached_integrations(
    access: Access<UpdateApplication>,
    State(integrations): State<Integrations>,
    Segment(application): Segment,
    Body(wanted): Body<IntegrationIds>,
) -> Result<Json<Data<Vec<AttachedIntegration>>>, Problem> {
    let attached = integrations.replace_attached(&access.by, &application, &wanted.integration_ids).await?;
    Ok(Json(Data { data: attached.iter().map(convert::attached_integration).collect() }))
}

/// Attach an application to an integration
///
/// Nothing changes where it reaches it already.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/integrations/{integration_id}",
    tag = "integrations",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("integration_id" = String, Path, description = "The integration's", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 204, description = "It reaches it"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<409>,
        Refused<412>,
    ),
)]
async fn attach_integration(
    access: Access<UpdateApplication>,
    State(integrations): State<Integrations>,
    Segments(application, integration): Segments,
) -> Result<StatusCode, Problem> {
    integrations.attach(&access.by, &application, &integration).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Detach an application from an integration
///
/// What people have with the integration stays, and is of no use to the
/// application until it is attached again. Nothing changes where it does not
/// reach it.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/integrations/{integration_id}",
    tag = "integrations",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("integration_id" = String, Path, description = "The integration's", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 204, description = "It does not reach it"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<412>,
    ),
)]
async fn detach_integration(
    access: Access<UpdateApplication>,
    State(integrations): State<Integrations>,
    Segments(application, integration): Segments,
) -> Result<StatusCode, Problem> {
    integrations.detach(&access.by, &application, &integration).await?;
    Ok(StatusCode::NO_CONTENT)
}
