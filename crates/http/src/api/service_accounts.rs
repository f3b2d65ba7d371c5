//! `/service-accounts`: programs that administer the tenant in their own name.

use appkeep_api_types::{
    Data, NewServiceAccount, Page, ServiceAccount, ServiceAccountPatch, ServiceAccountQuery,
    ServiceAccountWithSecret,
};
use appkeep_service::{EarlierTokens, Registry};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::Made;
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, Json as Body, ManageOperators, Query, ReadOperators, Segment};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_service_accounts, create_service_account))
        .routes(routes!(get_service_account, update_service_account, archive_service_account))
        .routes(routes!(rotate_service_account_secret))
}

/// List service accounts
///
/// The tenant's, the newest first; those that are archived with `archived=true`.
#[utoipa::path(
    get,
    path = "/service-accounts",
    tag = "service accounts",
    params(ServiceAccountQuery),
    security(("access_token" = ["operators:read"])),
    responses(
        (status = 200, description = "Some of them", body = Page<ServiceAccount>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_service_accounts(
    access: Access<ReadOperators>,
    State(registry): State<Registry>,
    Query(query): Query<ServiceAccountQuery>,
) -> Result<Json<Page<ServiceAccount>>, Problem> {
    let page = registry.service_accounts(&access.by, convert::service_account_query(query)).await?;
    Ok(Json(convert::page(page, |one| convert::service_account(&one))))
}

/// Make a service account
///
/// Its secret is in this answer and in no other. With it the account gets tokens
/// for this API by `client_credentials`, and no others. Nobody makes one with a
/// role that they could not give to somebody; only owners make owners.
#[utoipa::path(
    post,
    path = "/service-accounts",
    tag = "service accounts",
    request_body = NewServiceAccount,
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 201, description = "Made", body = Data<ServiceAccountWithSecret>, headers(("Location" = String, description = "Where it is"))),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_service_account(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Body(new): Body<NewServiceAccount>,
) -> Result<Made<Json<Data<ServiceAccountWithSecret>>>, Problem> {
    let made = registry.create_service_account(&access.by, convert::new_service_account(new)).await?;
    let location = format!("{}/service-accounts/{}", super::BASE, made.account.id.client_id());
    Ok(Made { location, answer: Json(Data { data: convert::with_secret(&made) }) })
}

/// Get a service account
///
/// Archived or not.
#[utoipa::path(
    get,
    path = "/service-accounts/{service_account_id}",
    tag = "service accounts",
    params(("service_account_id" = String, Path, description = "Its id", example = "sa_0199a8f0-5c52-7a31-9c3b-6c1f0e9d2a44")),
    security(("access_token" = ["operators:read"])),
    responses(
        (status = 200, description = "The account", body = Data<ServiceAccount>),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_service_account(
    access: Access<ReadOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Data<ServiceAccount>>, Problem> {
    let account = registry.service_account(&access.by, &id).await?;
    Ok(Json(Data { data: convert::service_account(&account) }))
}

/// Change a service account
///
/// What is left out stays. Another role decides about the tokens that it has as
/// well, from the next request on.
#[utoipa::path(
    patch,
    path = "/service-accounts/{service_account_id}",
    tag = "service accounts",
    params(("service_account_id" = String, Path, description = "Its id", example = "sa_0199a8f0-5c52-7a31-9c3b-6c1f0e9d2a44")),
    request_body = ServiceAccountPatch,
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 200, description = "As it is now", body = Data<ServiceAccount>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<422>,
    ),
)]
async fn update_service_account(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(patch): Body<ServiceAccountPatch>,
) -> Result<Json<Data<ServiceAccount>>, Problem> {
    let fields = convert::service_account_patch(patch);
    let account = registry.update_service_account(&access.by, &id, fields).await?;
    Ok(Json(Data { data: convert::service_account(&account) }))
}

/// Archive a service account
///
/// Its secret and the tokens that it has are worth nothing from then on, for
/// good.
#[utoipa::path(
    delete,
    path = "/service-accounts/{service_account_id}",
    tag = "service accounts",
    params(("service_account_id" = String, Path, description = "Its id", example = "sa_0199a8f0-5c52-7a31-9c3b-6c1f0e9d2a44")),
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 204, description = "Archived"),
        Guarded,
        Refused<404>,
    ),
)]
async fn archive_service_account(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.archive_service_account(&access.by, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate the secret of a service account
///
/// The one before is worth nothing from then on, nor the tokens that the account
/// got until then. The new one is in this answer and in no other.
#[utoipa::path(
    post,
    path = "/service-accounts/{service_account_id}/rotate-secret",
    tag = "service accounts",
    params(("service_account_id" = String, Path, description = "Its id", example = "sa_0199a8f0-5c52-7a31-9c3b-6c1f0e9d2a44")),
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 200, description = "With its new secret", body = Data<ServiceAccountWithSecret>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn rotate_service_account_secret(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Data<ServiceAccountWithSecret>>, Problem> {
    let made = registry.rotate_service_account_secret(&access.by, &id, EarlierTokens::End).await?;
    Ok(Json(Data { data: convert::with_secret(&made) }))
}
