//! `/applications/{application_id}/assignments` and
//! `/applications/{application_id}/effective-users`.

use appkeep_api_types::{Assignment, EffectiveUser, EffectiveUserQuery, Page, PageQuery};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, ManageAssignments, Query, ReadAssignments, ReadEffectiveUsers, Segment, Segments,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_assignments))
        .routes(routes!(add_assignment, remove_assignment))
        .routes(routes!(list_effective_users))
}

/// List who is assigned to an application
///
/// Groups, and then users, each in the order they were made.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/assignments",
    tag = "assignments",
    params(
        ("application_id" = String, Path, description = "The application's id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        PageQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the assignments", body = Page<Assignment>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_assignments(
    access: Access<ReadAssignments>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Assignment>>, Problem> {
    let page = registry.assignments(&access.by, &id, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, |assignment| convert::assignment(&assignment))))
}

/// Assign a user or a group to an application
///
/// A group stands for everybody in it, and in the groups in it. Doing it again
/// changes nothing.
#[utoipa::path(
    put,
    path = "/applications/{application_id}/assignments/{subject_id}",
    tag = "assignments",
    params(
        ("application_id" = String, Path, description = "The application's id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("subject_id" = String, Path, description = "The id of a user, `usr_…`, or of a group, `grp_…`", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Assigned"),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn add_assignment(
    access: Access<ManageAssignments>,
    State(registry): State<Registry>,
    Segments(application, subject): Segments,
) -> Result<StatusCode, Problem> {
    registry.add_assignment(&access.by, &application, &subject).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take an assignment back
///
/// Who has another way to the application keeps that.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/assignments/{subject_id}",
    tag = "assignments",
    params(
        ("application_id" = String, Path, description = "The application's id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("subject_id" = String, Path, description = "The id of a user, `usr_…`, or of a group, `grp_…`", example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Taken back"),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn remove_assignment(
    access: Access<ManageAssignments>,
    State(registry): State<Registry>,
    Segments(application, subject): Segments,
) -> Result<StatusCode, Problem> {
    registry.remove_assignment(&access.by, &application, &subject).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List who may use an application after all
///
/// Each user once to whom it is assigned, directly or by groups and the groups
/// in them, with every way and with their tenant; tenant by tenant, in the order
/// of their ids. Suspended users are among them, as their `status` says.
///
/// Whoever governs the application's owner is told of all tenants that it is
/// for: of a `global` application everybody's, of a `partner`'s those of its
/// tenants. Others are told of the tenant that is spoken to. An application may
/// ask about itself without a scope.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/effective-users",
    tag = "assignments",
    params(
        ("application_id" = String, Path, description = "The application's id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EffectiveUserQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the users", body = Page<EffectiveUser>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_effective_users(
    access: Access<ReadEffectiveUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<EffectiveUserQuery>,
) -> Result<Json<Page<EffectiveUser>>, Problem> {
    let page = registry.effective_users(&access.by, &id, convert::effective_user_query(query)).await?;
    Ok(Json(convert::page(page, |effective| convert::effective_user(&effective))))
}
