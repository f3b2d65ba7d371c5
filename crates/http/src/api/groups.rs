//! `/groups` and `/groups/{group_id}`.

use appkeep_api_types::{Data, Group, GroupPatch, GroupQuery, NewGroup, Page};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::{Made, Versioned};
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, IfMatch, Json as Body, ManageGroups, Query, ReadGroups, Segment};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(list_groups, create_group)).routes(routes!(
        get_group,
        update_group,
        delete_group
    ))
}

/// List groups
///
/// The newest first. Pages stay in step while groups are added.
#[utoipa::path(
    get,
    path = "/groups",
    tag = "groups",
    params(GroupQuery),
    security(("access_token" = ["groups:read"])),
    responses(
        (status = 200, description = "Some of the groups", body = Page<Group>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_groups(
    access: Access<ReadGroups>,
    State(registry): State<Registry>,
    Query(query): Query<GroupQuery>,
) -> Result<Json<Page<Group>>, Problem> {
    let page = registry.groups(&access.by, convert::group_query(query)).await?;
    Ok(Json(convert::page(page, |group| convert::group(&group))))
}

/// Make a group
#[utoipa::path(
    post,
    path = "/groups",
    tag = "groups",
    request_body = NewGroup,
    security(("access_token" = ["groups:write"])),
    responses(
        (status = 201, description = "Made", body = Data<Group>, headers(
            ("ETag" = String, description = "Its version"),
            ("Location" = String, description = "Where it is"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_group(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Body(new): Body<NewGroup>,
) -> Result<Made<Versioned<Group>>, Problem> {
    let group = registry.create_group(&access.by, convert::new_group(new)).await?;
    let location = format!("{}/groups/{}", super::BASE, group.id);
    Ok(Made { location, answer: Versioned::group(&group) })
}

/// Look up a group
#[utoipa::path(
    get,
    path = "/groups/{group_id}",
    tag = "groups",
    params(("group_id" = String, Path, description = "Its id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["groups:read"])),
    responses(
        (status = 200, description = "The group", body = Data<Group>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_group(
    access: Access<ReadGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Versioned<Group>, Problem> {
    let group = registry.group(&access.by, &id).await?;
    Ok(Versioned::group(&group))
}

/// Change a group
///
/// Members that are not in the body stay as they are. With `If-Match`, the
/// change is refused when somebody else's came first.
#[utoipa::path(
    patch,
    path = "/groups/{group_id}",
    tag = "groups",
    params(
        ("group_id" = String, Path, description = "Its id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on"),
    ),
    request_body = GroupPatch,
    security(("access_token" = ["groups:write"])),
    responses(
        (status = 200, description = "The group as it is now", body = Data<Group>, headers(
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
async fn update_group(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
    Body(patch): Body<GroupPatch>,
) -> Result<Versioned<Group>, Problem> {
    let group = registry.update_group(&access.by, &id, convert::group_update(patch, expected)).await?;
    Ok(Versioned::group(&group))
}

/// Delete a group
///
/// For good. Who was in it stays, and may no longer use what was assigned to it
/// alone.
#[utoipa::path(
    delete,
    path = "/groups/{group_id}",
    tag = "groups",
    params(
        ("group_id" = String, Path, description = "Its id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of what is to be deleted"),
    ),
    security(("access_token" = ["groups:write"])),
    responses(
        (status = 204, description = "Deleted"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<412>,
    ),
)]
async fn delete_group(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    registry.delete_group(&access.by, &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
