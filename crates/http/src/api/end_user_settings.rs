//! `/applications/{application_id}/directory` and `…/lockouts`: what an
//! application asks of its own users' passwords, and from where too many failed.

use appkeep_api_types::{
    Data, Directory, DirectoryPatch, EndUserLockoutQuery, EnvironmentQuery, Lockout, Page,
};
use appkeep_service::{PageQuery, Pool, Registry};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::Versioned;
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, IfMatch, Json as Body, ManageUsers, Query, ReadApplication, ReadUsers, Segment, Segments,
    UpdateApplication,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(get_end_user_directory, update_end_user_directory))
        .routes(routes!(list_end_user_lockouts))
        .routes(routes!(unlock_end_user_address))
}

/// Look up an application's directory
///
/// What it asks of its own users' passwords, and when it locks an account, in
/// one environment, `live` when none is named.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/directory",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The directory", body = Data<Directory>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn get_end_user_directory(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(application): Segment,
    Query(query): Query<EnvironmentQuery>,
) -> Result<Versioned<Directory>, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let directory = registry.directory(&access.by, of).await?;
    Ok(Versioned { version: directory.version, data: convert::directory(&directory) })
}

/// Change an application's directory
///
/// Members that are not in the body stay as they are; the other environment's
/// is not touched. With `If-Match`, the change is refused when somebody else's
/// came first.
#[utoipa::path(
    patch,
    path = "/applications/{application_id}/directory",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on"),
    ),
    request_body = DirectoryPatch,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "The directory as it is now", body = Data<Directory>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn update_end_user_directory(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    place: (Segment, Query<EnvironmentQuery>),
    IfMatch(expected): IfMatch,
    Body(patch): Body<DirectoryPatch>,
) -> Result<Versioned<Directory>, Problem> {
    let (Segment(application), Query(query)) = place;
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let update = convert::directory_update(patch, expected);
    let directory = registry.update_directory(&access.by, of, update).await?;
    Ok(Versioned { version: directory.version, data: convert::directory(&directory) })
}

/// List addresses locked for an application's users
///
/// From where so many attempts to sign in failed in the last 24 hours that none
/// of its users signs in from there, or did not for a while.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/lockouts",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EndUserLockoutQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the addresses", body = Page<Lockout>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_end_user_lockouts(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segment(application): Segment,
    Query(query): Query<EndUserLockoutQuery>,
) -> Result<Json<Page<Lockout>>, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let wanted = PageQuery { cursor: query.cursor, limit: query.limit };
    let page = registry.locked_addresses(&access.by, of, wanted).await?;
    Ok(Json(convert::page(page, convert::lockout)))
}

/// Unlock an address for an application's users
///
/// Whoever is there may try again at once, and what failed there is forgotten;
/// accounts that are locked stay so.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/lockouts/{lockout_id}",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("lockout_id" = String, Path, description = "Its id", example = "lck_00000000000000007ZZZ5G0W87"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Unlocked"),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn unlock_end_user_address(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segments(application, id): Segments,
    Query(query): Query<EnvironmentQuery>,
) -> Result<StatusCode, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    registry.unlock_address(&access.by, of, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
