//! Verbs that change what an application may do, and leave its configuration.
//! Each can be repeated without harm.

use appkeep_api_types::{ApplicationDetail, Data, Nothing, RevokedTokens};
use appkeep_service::Registry;
use axum::extract::State;
use utoipa_axum::routes;

use super::answer::Versioned;
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, ArchiveApplication, DisableApplication, EnableApplication, OptionalJson, RestoreApplication,
    RevokeTokens, Segment,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(disable_application))
        .routes(routes!(enable_application))
        .routes(routes!(archive_application))
        .routes(routes!(restore_application))
        .routes(routes!(revoke_tokens))
}

/// Disable an application
///
/// It acquires no token from now on. Tokens that it has live on until they
/// expire; end them with `revoke-tokens`.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/disable",
    tag = "applications",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "The application as it is now", body = Data<ApplicationDetail>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn disable_application(
    access: Access<DisableApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<ApplicationDetail>, Problem> {
    let view = registry.disable_application(&access.by, &id).await?;
    Ok(Versioned::application(&view))
}

/// Enable an application
///
/// It may acquire tokens again.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/enable",
    tag = "applications",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "The application as it is now", body = Data<ApplicationDetail>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn enable_application(
    access: Access<EnableApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<ApplicationDetail>, Problem> {
    let view = registry.enable_application(&access.by, &id).await?;
    Ok(Versioned::application(&view))
}

/// Archive an application
///
/// It is put away: it acquires no token, and lists leave it out unless asked
/// for archived ones. Nothing of it is lost.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/archive",
    tag = "applications",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "The application as it is now", body = Data<ApplicationDetail>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn archive_application(
    access: Access<ArchiveApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<ApplicationDetail>, Problem> {
    let view = registry.archive_application(&access.by, &id).await?;
    Ok(Versioned::application(&view))
}

/// Restore an archived application
///
/// It is as it was before it was archived.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/restore",
    tag = "applications",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "The application as it is now", body = Data<ApplicationDetail>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn restore_application(
    access: Access<RestoreApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<ApplicationDetail>, Problem> {
    let view = registry.restore_application(&access.by, &id).await?;
    Ok(Versioned::application(&view))
}

/// Revoke all tokens of an application
///
/// Every token that was issued to it before now is refused from now on, and
/// every session that people have with it ends. It may acquire new tokens,
/// unless it is disabled.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/revoke-tokens",
    tag = "applications",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "Revoked", body = Data<RevokedTokens>),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn revoke_tokens(
    access: Access<RevokeTokens>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Json<Data<RevokedTokens>>, Problem> {
    let issued_before = registry.revoke_tokens(&access.by, &id).await?;
    Ok(Json(Data { data: convert::revoked(issued_before) }))
}
