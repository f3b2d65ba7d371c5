//! `/directory`: what the tenant asks of passwords.

use appkeep_api_types::{Data, Directory, DirectoryPatch};
use appkeep_service::{Pool, Registry};
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
    Routes::new().routes(routes!(get_directory, update_directory))
}

/// Look up the tenant's directory
#[utoipa::path(
    get,
    path = "/directory",
    tag = "directory",
    security(("access_token" = ["tenant:read"])),
    responses(
        (status = 200, description = "The directory", body = Data<Directory>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_directory(
    access: Access<ReadTenant>,
    State(registry): State<Registry>,
) -> Result<Versioned<Directory>, Problem> {
    let directory = registry.directory(&access.by, Pool::Tenant).await?;
    Ok(Versioned { version: directory.version, data: convert::directory(&directory) })
}

/// Change the tenant's directory
///
/// Members that are not in the body stay as they are. With `If-Match`, the
/// change is refused when somebody else's came first.
#[utoipa::path(
    patch,
    path = "/directory",
    tag = "directory",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on")),
    request_body = DirectoryPatch,
    security(("access_token" = ["tenant:write"])),
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
async fn update_directory(
    access: Access<UpdateTenant>,
    State(registry): State<Registry>,
    IfMatch(expected): IfMatch,
    Body(patch): Body<DirectoryPatch>,
) -> Result<Versioned<Directory>, Problem> {
    let update = convert::directory_update(patch, expected);
    let directory = registry.update_directory(&access.by, Pool::Tenant, update).await?;
    Ok(Versioned { version: directory.version, data: convert::directory(&directory) })
}
