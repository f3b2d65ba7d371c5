//! `/applications/{application_id}/access`: what keys of an application may do.

use appkeep_api_types::{
    Access as KeyAccess, AccessExplanation, AccessQuestion, Data, NewAccess, Permission, PermissionQuery,
};
use appkeep_service::Registry;
use appkeep_service::access::permissions;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, IfMatch, Json as Body, Query, ReadApplication, Segment, UpdateApplication};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_permissions))
        .routes(routes!(get_access, set_access, delete_access))
        .routes(routes!(explain_access))
}

/// List permissions
///
/// Everything that a key may be allowed to do. The list is the same for
/// everybody.
#[utoipa::path(
    get,
    path = "/permissions",
    tag = "access",
    params(PermissionQuery),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The permissions", body = Data<Vec<Permission>>),
        Guarded,
        Refused<400>,
    ),
)]
async fn list_permissions(
    _: Access<ReadApplication>,
    Query(query): Query<PermissionQuery>,
) -> Result<Json<Data<Vec<Permission>>>, Problem> {
    let found = permissions(query.application_type.as_deref())?;
    Ok(Json(Data { data: found.into_iter().map(convert::permission).collect() }))
}

/// Get what keys of an application may do
///
/// `null` where that was never said; the application then has no keys. For
/// those at the application's level, and above.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/access",
    tag = "access",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "Permissions and rules", body = Data<Option<KeyAccess>>),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_access(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Data<Option<KeyAccess>>>, Problem> {
    let view = registry.access(&access.by, &id).await?;
    Ok(Json(Data { data: view.as_ref().map(convert::access) }))
}

/// Set what keys of an application may do
///
/// Permissions and rules replace all that there were, at once and for every
/// key. `kind` is fixed the first time: `private` and `management` are for
/// `m2m` applications, `public` for `spa`; others answer 400 `not_applicable`.
/// Of permissions that open a part of this API, a caller gives only those whose
/// scopes it holds. It makes a new version of the application, to which
/// `If-Match` refers.
#[utoipa::path(
    put,
    path = "/applications/{application_id}/access",
    tag = "access",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the application that the change was based on"),
    ),
    request_body = NewAccess,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "As it is now", body = Data<KeyAccess>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn set_access(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
    Body(new): Body<NewAccess>,
) -> Result<Json<Data<KeyAccess>>, Problem> {
    let view = registry.set_access(&access.by, &id, (expected, convert::new_access(new))).await?;
    Ok(Json(Data { data: convert::access(&view) }))
}

/// Delete what keys of an application may do
///
/// Every key of the application is revoked. What was never said stays unsaid.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/access",
    tag = "access",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the application that this was based on"),
    ),
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 204, description = "Deleted"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<412>,
    ),
)]
async fn delete_access(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    registry.clear_access(&access.by, &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Explain what a key of an application could do
///
/// The rules in the order in which they are asked, what becomes of each, and
/// the decision. Whether there is a key that is good does not matter.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/access/explain",
    tag = "access",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = AccessQuestion,
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The decision, and why", body = Data<AccessExplanation>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<422>,
    ),
)]
async fn explain_access(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(question): Body<AccessQuestion>,
) -> Result<Json<Data<AccessExplanation>>, Problem> {
    let explained = registry.explain_access(&access.by, &id, convert::access_question(question)).await?;
    Ok(Json(Data { data: convert::explanation(&explained) }))
}
