//! `/applications/{application_id}/impersonations`: operators who act as an
//! application's people.

use appkeep_api_types::{Data, Impersonation, NewImpersonation, Page, PageQuery, StartedImpersonation};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, Device, EndSessions, Impersonate, Json as Body, Query, ReadImpersonations, Segment, Segments,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_impersonations, start_impersonation))
        .routes(routes!(end_impersonation))
        .routes(routes!(list_impersonations_of_user))
}

/// Act as a user
///
/// For owners and admins, in person; no application does it. The answer has the
/// only token that there is for it, which names both people, changes nothing
/// about the user's account, and is refused everywhere once this is over. Nobody
/// acts as themselves, nor as somebody with as many rights as their own.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/impersonations",
    tag = "impersonations",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = NewImpersonation,
    security(("access_token" = ["users:write"])),
    responses(
        (status = 201, description = "Begun", body = Data<StartedImpersonation>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<422>,
    ),
)]
async fn start_impersonation(
    access: Access<Impersonate>,
    State(state): State<AppState>,
    Segment(id): Segment,
    Device(device): Device,
    Body(new): Body<NewImpersonation>,
) -> Result<(StatusCode, Json<Data<StartedImpersonation>>), Problem> {
    let fields = convert::new_impersonation(new, device.user_agent);
    let started = state.authority.impersonate(&access.by, &id, fields).await?;
    Ok((StatusCode::CREATED, Json(Data { data: convert::started_impersonation(started) })))
}

/// List who acts as whom
///
/// Those that go on at this moment, the newest first.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/impersonations",
    tag = "impersonations",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        PageQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of them", body = Page<Impersonation>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_impersonations(
    access: Access<ReadImpersonations>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Impersonation>>, Problem> {
    let page = registry.impersonations(&access.by, &id, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, convert::impersonation)))
}

/// End an impersonation
///
/// What was issued in it is refused at once, by every server. One that is over
/// already stays as it is.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/impersonations/{impersonation_id}",
    tag = "impersonations",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("impersonation_id" = String, Path, description = "The impersonation's id", example = "imp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Ended"),
        Guarded,
        Refused<404>,
    ),
)]
async fn end_impersonation(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segments(id, impersonation): Segments,
) -> Result<StatusCode, Problem> {
    registry.end_impersonation(&access.by, &id, &impersonation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List who ever acted as a user
///
/// Of the application, the newest first, over or not, for as long as there is
/// the user.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/users/{user_id}/impersonations",
    tag = "impersonations",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        PageQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of them", body = Page<Impersonation>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_impersonations_of_user(
    access: Access<ReadImpersonations>,
    State(registry): State<Registry>,
    Segments(id, user): Segments,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Impersonation>>, Problem> {
    let query = convert::page_query(query);
    let page = registry.impersonations_of_user(&access.by, (&id, &user), query).await?;
    Ok(Json(convert::page(page, convert::impersonation)))
}
