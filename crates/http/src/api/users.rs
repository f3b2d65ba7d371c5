//! `/users` and `/users/{user_id}`, their passwords and their failures.

use appkeep_api_types::{Data, NewUser, Nothing, Page, SetPassword, User, UserDetail, UserPatch, UserQuery};
use appkeep_domain::LinkPurpose;
use appkeep_service::{Pool, Registry};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::{Made, Versioned};
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, IfMatch, Json as Body, ManageUsers, OptionalJson, Query, ReadUsers, Segment};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_users, create_user))
        .routes(routes!(get_user, update_user, delete_user))
        .routes(routes!(set_password, remove_password))
        .routes(routes!(remove_second_factor))
        .routes(routes!(unlock_user))
        .routes(routes!(mail_password_link))
        .routes(routes!(mail_verification_link))
}

/// List users
///
/// Those who fit every filter given, the newest first. Pages stay in step
/// while users are added.
#[utoipa::path(
    get,
    path = "/users",
    tag = "users",
    params(UserQuery),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the users", body = Page<User>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_users(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Query(query): Query<UserQuery>,
) -> Result<Json<Page<User>>, Problem> {
    let page = registry.users(&access.by, Pool::Tenant, convert::user_query(query)).await?;
    Ok(Json(convert::page(page, |user| convert::user(&user))))
}

/// Register a user
///
/// In the directory that the tenant's applications share, and without a
/// password: set one, or let them choose it.
#[utoipa::path(
    post,
    path = "/users",
    tag = "users",
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
async fn create_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Body(new): Body<NewUser>,
) -> Result<Made<Versioned<UserDetail>>, Problem> {
    let view = registry.create_user(&access.by, Pool::Tenant, convert::new_user(new)).await?;
    let location = format!("{}/users/{}", super::BASE, view.user.id);
    Ok(Made { location, answer: Versioned::user(&view) })
}

/// Look up a user
#[utoipa::path(
    get,
    path = "/users/{user_id}",
    tag = "users",
    params(("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "The user", body = Data<UserDetail>, headers(
            ("ETag" = String, description = "Their version"),
        )),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_user(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Versioned<UserDetail>, Problem> {
    let view = registry.user(&access.by, Pool::Tenant, &id).await?;
    Ok(Versioned::user(&view))
}

/// Change a user
///
/// Members that are not in the body stay as they are; `status` suspends
/// somebody, which signs them out everywhere, and lets them in again. With `If-Match`, the change is refused when
/// somebody else's came first.
#[utoipa::path(
    patch,
    path = "/users/{user_id}",
    tag = "users",
    params(
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
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
async fn update_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
    Body(patch): Body<UserPatch>,
) -> Result<Versioned<UserDetail>, Problem> {
    let view =
        registry.update_user(&access.by, Pool::Tenant, &id, convert::user_update(patch, expected)).await?;
    Ok(Versioned::user(&view))
}

/// Delete a user
///
/// For good, with their password, their groups and their assignments: their id
/// is never given to another. The history keeps the id, and nothing else of
/// theirs.
#[utoipa::path(
    delete,
    path = "/users/{user_id}",
    tag = "users",
    params(
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
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
async fn delete_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    registry.delete_user(&access.by, Pool::Tenant, &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set a user's password
///
/// The one before it is refused from now on, and the user is signed out
/// everywhere. It is kept as an Argon2id hash, and nothing shows it again.
#[utoipa::path(
    put,
    path = "/users/{user_id}/password",
    tag = "users",
    params(("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
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
async fn set_password(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(set): Body<SetPassword>,
) -> Result<StatusCode, Problem> {
    registry.set_password(&access.by, Pool::Tenant, &id, set.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a user's password
///
/// No password lets them in from now on, and they are signed out everywhere.
/// When they have none, nothing changes.
#[utoipa::path(
    delete,
    path = "/users/{user_id}/password",
    tag = "users",
    params(("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Removed"),
        Guarded,
        Refused<404>,
    ),
)]
async fn remove_password(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.remove_password(&access.by, Pool::Tenant, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a user's second factor
///
/// For somebody who has lost the device that shows their codes: they sign in by
/// their password alone. When they have none, nothing changes.
#[utoipa::path(
    delete,
    path = "/users/{user_id}/mfa",
    tag = "users",
    params(("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Removed"),
        Guarded,
        Refused<404>,
    ),
)]
async fn remove_second_factor(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.remove_second_factor(&access.by, Pool::Tenant, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlock a user
///
/// Their next password is looked at, though too many before it were wrong.
/// When none was, nothing changes.
#[utoipa::path(
    post,
    path = "/users/{user_id}/unlock",
    tag = "users",
    params(("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
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
async fn unlock_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<UserDetail>, Problem> {
    let view = registry.unlock_user(&access.by, Pool::Tenant, &id).await?;
    Ok(Versioned::user(&view))
}

/// Mail a link to a new password
///
/// To the user's own address; good once, for an hour. Also how somebody who was
/// invited (`pending`) gets their first one.
#[utoipa::path(
    post,
    path = "/users/{user_id}/mail-password-link",
    tag = "users",
    params(("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "The mail is on its way"),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn mail_password_link(
    access: Access<ManageUsers>,
    State(state): State<AppState>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<StatusCode, Problem> {
    let purpose = LinkPurpose::ResetPassword;
    state.authority.mail_link(&access.by, (&id, purpose), state.mail.clone()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mail a link that verifies the address
///
/// To the user's own address; good once, for a day.
#[utoipa::path(
    post,
    path = "/users/{user_id}/mail-verification-link",
    tag = "users",
    params(("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "The mail is on its way"),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn mail_verification_link(
    access: Access<ManageUsers>,
    State(state): State<AppState>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<StatusCode, Problem> {
    let purpose = LinkPurpose::VerifyEmail;
    state.authority.mail_link(&access.by, (&id, purpose), state.mail.clone()).await?;
    Ok(StatusCode::NO_CONTENT)
}
