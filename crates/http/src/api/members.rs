//! Who is in a group: `/groups/{group_id}/members`, `/groups/{group_id}/subgroups`
//! and `/users/{user_id}/groups`.

use appkeep_api_types::{Group, Member, Page, PageQuery};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, ManageGroups, Query, ReadGroups, Segment, Segments};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_group_members))
        .routes(routes!(add_group_member, remove_group_member))
        .routes(routes!(list_subgroups))
        .routes(routes!(add_subgroup, remove_subgroup))
        .routes(routes!(list_groups_of_user))
}

/// List the users in a group
///
/// Not those who are in it by way of another group. Who they are,
/// `GET /users?group=…` tells those who may read users.
#[utoipa::path(
    get,
    path = "/groups/{group_id}/members",
    tag = "groups",
    params(
        ("group_id" = String, Path, description = "The group's id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        PageQuery,
    ),
    security(("access_token" = ["groups:read"])),
    responses(
        (status = 200, description = "Some of the users, the newest first", body = Page<Member>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_group_members(
    access: Access<ReadGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Member>>, Problem> {
    let page = registry.group_members(&access.by, &id, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, |member| convert::member(&member))))
}

/// Put a user into a group
///
/// One who is in it already stays as they are.
#[utoipa::path(
    put,
    path = "/groups/{group_id}/members/{user_id}",
    tag = "groups",
    params(
        ("group_id" = String, Path, description = "The group's id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["groups:write"])),
    responses(
        (status = 204, description = "In the group"),
        Guarded,
        Refused<404>,
    ),
)]
async fn add_group_member(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segments(group, user): Segments,
) -> Result<StatusCode, Problem> {
    registry.add_group_member(&access.by, &group, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a user out of a group
#[utoipa::path(
    delete,
    path = "/groups/{group_id}/members/{user_id}",
    tag = "groups",
    params(
        ("group_id" = String, Path, description = "The group's id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["groups:write"])),
    responses(
        (status = 204, description = "Out of the group"),
        Guarded,
        Refused<404>,
    ),
)]
async fn remove_group_member(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segments(group, user): Segments,
) -> Result<StatusCode, Problem> {
    registry.remove_group_member(&access.by, &group, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the groups in a group
///
/// Not those that are in it by way of another.
#[utoipa::path(
    get,
    path = "/groups/{group_id}/subgroups",
    tag = "groups",
    params(
        ("group_id" = String, Path, description = "The group's id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        PageQuery,
    ),
    security(("access_token" = ["groups:read"])),
    responses(
        (status = 200, description = "Some of the groups, the newest first", body = Page<Group>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_subgroups(
    access: Access<ReadGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Group>>, Problem> {
    let page = registry.subgroups(&access.by, &id, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, |group| convert::group(&group))))
}

/// Put a group into a group
///
/// Its users, and those of the groups in it, are then in the other too. Groups
/// are at most ten deep, at most a thousand are in one or around one, and none
/// is in itself. One that is in it already stays as it is.
#[utoipa::path(
    put,
    path = "/groups/{group_id}/subgroups/{subgroup_id}",
    tag = "groups",
    params(
        ("group_id" = String, Path, description = "The outer group's id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("subgroup_id" = String, Path, description = "The inner group's id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZE"),
    ),
    security(("access_token" = ["groups:write"])),
    responses(
        (status = 204, description = "In the group"),
        Guarded,
        Refused<404>,
        Refused<409>,
    ),
)]
async fn add_subgroup(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segments(group, subgroup): Segments,
) -> Result<StatusCode, Problem> {
    registry.add_subgroup(&access.by, &group, &subgroup).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a group out of a group
#[utoipa::path(
    delete,
    path = "/groups/{group_id}/subgroups/{subgroup_id}",
    tag = "groups",
    params(
        ("group_id" = String, Path, description = "The outer group's id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("subgroup_id" = String, Path, description = "The inner group's id", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZE"),
    ),
    security(("access_token" = ["groups:write"])),
    responses(
        (status = 204, description = "Out of the group"),
        Guarded,
        Refused<404>,
    ),
)]
async fn remove_subgroup(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segments(group, subgroup): Segments,
) -> Result<StatusCode, Problem> {
    registry.remove_subgroup(&access.by, &group, &subgroup).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the groups of a user
///
/// Those that the user is in, not by way of another.
#[utoipa::path(
    get,
    path = "/users/{user_id}/groups",
    tag = "users",
    params(
        ("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        PageQuery,
    ),
    security(("access_token" = ["groups:read"])),
    responses(
        (status = 200, description = "Some of the groups, the newest first", body = Page<Group>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_groups_of_user(
    access: Access<ReadGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Group>>, Problem> {
    let page = registry.groups_of_user(&access.by, &id, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, |group| convert::group(&group))))
}
