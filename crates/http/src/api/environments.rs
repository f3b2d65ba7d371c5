//! `/applications/{application_id}/environments`: live and test, and their
//! secrets.

use appkeep_api_types::{ApplicationEnvironment, Data, RotateSecret, RotatedEnvironment};
use appkeep_service::Registry;
use axum::extract::State;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, OptionalJson, ReadApplication, RotateSecret as MayRotate, Segment, Segments};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(list_environments)).routes(routes!(rotate_environment_keys))
}

/// List the environments of an application
///
/// Live and then test, of one that has users of its own (`user_pool`
/// `application`); none of any other. Their secrets are not shown again.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/environments",
    tag = "environments",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The environments", body = Data<Vec<ApplicationEnvironment>>),
        Guarded,
        Refused<404>,
    ),
)]
async fn list_environments(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Data<Vec<ApplicationEnvironment>>>, Problem> {
    let environments = registry.environments(&access.by, &id).await?;
    Ok(Json(Data { data: environments.iter().map(convert::environment).collect() }))
}

/// Rotate the secret of an environment
///
/// The other environment's, and the application's client secrets, are not
/// touched, and the public key stays. The new secret is in this answer and in
/// no other; the one before it is accepted for `overlap_s` more. An application
/// without environments answers 400 `not_applicable`.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/environments/{mode}/rotate-keys",
    tag = "environments",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("mode" = String, Path, description = "`live` or `test`", example = "live"),
    ),
    request_body = Option<RotateSecret>,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "Rotated", body = Data<RotatedEnvironment>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn rotate_environment_keys(
    access: Access<MayRotate>,
    State(registry): State<Registry>,
    Segments(id, mode): Segments,
    OptionalJson(rotate): OptionalJson<RotateSecret>,
) -> Result<Json<Data<RotatedEnvironment>>, Problem> {
    let rotated = registry.rotate_environment(&access.by, (&id, &mode), rotate.overlap_s).await?;
    Ok(Json(Data { data: convert::rotated_environment(&rotated) }))
}
