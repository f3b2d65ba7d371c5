//! `/applications/{application_id}/users`: those whom an application has for
//! itself, of live or of test.

use appkeep_api_types::{
    Data, EndUserQuery, EnvironmentQuery, NewUser, Nothing, Page, SetPassword, User, UserDetail, UserPatch,
};
use appkeep_service::{Pool, Registry};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::{Made, Versioned};
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, IfMatch, Json as Body, ManageUsers, OptionalJson, Query, ReadUsers, Segment, Segments,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_end_users, create_end_user))
        .routes(routes!(get_end_user, update_end_user, delete_end_user))
        .routes(routes!(set_end_user_password, remove_end_user_password))
        .routes(routes!(remove_end_user_second_factor))
        .routes(routes!(unlock_end_user))
}

/// List the users of an application
///
/// Those of one environment, `live` when none is named, who fit every filter
/// given, the newest first. For applications with `user_pool` `application`;
/// others answer 400 `not_applicable`.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/users",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EndUserQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the users", body = Page<User>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_end_users(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segment(application): Segment,
    Query(query): Query<EndUserQuery>,
) -> Result<Json<Page<User>>, Problem> {
    let (environment, query) = convert::end_user_query(query);
    let of = Pool::of_application(&application, environment.as_deref())?;
    let page = registry.users(&access.by, of, query).await?;
    Ok(Json(convert::page(page, |user| convert::user(&user))))
}

/// Register a user of an application
///
/// In one environment, `live` when none is named, and without a password.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/users",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    request_body = NewUser,
    security(("access_token" = ["users:write"])),
    responses(
        (status = 201, description = "Registered", body = Data<UserDetail>, headers(
            ("ETag" = String, description = "Their version"),
            ("Location" = String, description = "Where they are"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_end_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(application): Segment,
    Query(query): Query<EnvironmentQuery>,
    Body(new): Body<NewUser>,
) -> Result<Made<Versioned<UserDetail>>, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let view = registry.create_user(&access.by, of, convert::new_user(new)).await?;
    let environment = query.environment.map(|named| format!("?environment={named}")).unwrap_or_default();
    let location = format!("{}/applications/{application}/users/{}{environment}", super::BASE, view.user.id);
    Ok(Made { location, answer: Versioned::user(&view) })
}

/// Look up a user of an application
#[utoipa::path(
    get,
    path = "/applications/{application_id}/users/{user_id}",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "The user", body = Data<UserDetail>, headers(
            ("ETag" = String, description = "Their version"),
        )),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn get_end_user(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segments(application, id): Segments,
    Query(query): Query<EnvironmentQuery>,
) -> Result<Versioned<UserDetail>, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let view = registry.user(&access.by, of, &id).await?;
    Ok(Versioned::user(&view))
}

/// Change a user of an application
///
/// Members that are not in the body stay as they are; `status` suspends
/// somebody, which signs them out, and lets them in again. With `If-Match`, the
/// change is refused when somebody else's came first.
#[utoipa::path(
    patch,
    path = "/applications/{application_id}/users/{user_id}",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on"),
    ),
    request_body = UserPatch,
    security(("access_token" = ["users:write"])),
    responses(
        (status = 200, description = "The user as they are now", body = Data<UserDetail>, headers(
            ("ETag" = String, description = "Their version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn update_end_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    place: (Segments, Query<EnvironmentQuery>),
    IfMatch(expected): IfMatch,
    Body(patch): Body<UserPatch>,
) -> Result<Versioned<UserDetail>, Problem> {
    let (Segments(application, id), Query(query)) = place;
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let view = registry.update_user(&access.by, of, &id, convert::user_update(patch, expected)).await?;
    Ok(Versioned::user(&view))
}

/// Delete a user of an application
///
/// For good, with their password and whatever they signed in with: their id is
/// never given to another. The history keeps the id, and nothing else of theirs.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/users/{user_id}",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of what is to be deleted"),
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Deleted"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<412>,
    ),
)]
async fn delete_end_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segments(application, id): Segments,
    Query(query): Query<EnvironmentQuery>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    registry.delete_user(&access.by, of, &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set the password of a user of an application
///
/// The one before it is refused from now on, and the user is signed out. It is
/// kept as an Argon2id hash, and nothing shows it again.
#[utoipa::path(
    put,
    path = "/applications/{application_id}/users/{user_id}/password",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    request_body = SetPassword,
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Set"),
        Guarded,
        Misread,
        Refused<404>,
        Refused<422>,
    ),
)]
async fn set_end_user_password(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segments(application, id): Segments,
    Query(query): Query<EnvironmentQuery>,
    Body(set): Body<SetPassword>,
) -> Result<StatusCode, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    registry.set_password(&access.by, of, &id, set.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove the password of a user of an application
///
/// No password lets them in from now on, and they are signed out. When they
/// have none, nothing changes.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/users/{user_id}/password",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Removed"),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn remove_end_user_password(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segments(application, id): Segments,
    Query(query): Query<EnvironmentQuery>,
) -> Result<StatusCode, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    registry.remove_password(&access.by, of, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove the second factor of a user of an application
///
/// For somebody who has lost the device that shows their codes: they sign in by
/// their password alone. When they have none, nothing changes.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/users/{user_id}/mfa",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Removed"),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn remove_end_user_second_factor(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segments(application, id): Segments,
    Query(query): Query<EnvironmentQuery>,
) -> Result<StatusCode, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    registry.remove_second_factor(&access.by, of, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlock a user of an application
///
/// Their next password is looked at, though too many before it were wrong.
/// When none was, nothing changes.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/users/{user_id}/unlock",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    request_body = Option<Nothing>,
    security(("access_token" = ["users:write"])),
    responses(
        (status = 200, description = "The user as they are now", body = Data<UserDetail>, headers(
            ("ETag" = String, description = "Their version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn unlock_end_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segments(application, id): Segments,
    Query(query): Query<EnvironmentQuery>,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<UserDetail>, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let view = registry.unlock_user(&access.by, of, &id).await?;
    Ok(Versioned::user(&view))
}
