//! `/lockouts` and `/operators/lockouts`: from where too many attempts to sign in
//! failed.

use appkeep_api_types::{Lockout, Page, PageQuery};
use appkeep_service::{Pool, Registry};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, ManageOperators, ManageUsers, Query, ReadOperators, ReadUsers, Segment};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_lockouts))
        .routes(routes!(unlock_address))
        .routes(routes!(list_operator_lockouts))
        .routes(routes!(unlock_operator_address))
}

/// List locked addresses
///
/// From where so many attempts to sign in to the tenant's applications failed
/// in the last 24 hours that nobody signs in from there, or did not for a
/// while. Accounts that are locked show it themselves.
#[utoipa::path(
    get,
    path = "/lockouts",
    tag = "users",
    params(PageQuery),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the addresses", body = Page<Lockout>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_lockouts(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Lockout>>, Problem> {
    let page = registry.locked_addresses(&access.by, Pool::Tenant, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, convert::lockout)))
}

/// Unlock an address
///
/// Whoever is there may try again at once, and what failed there is forgotten;
/// accounts that are locked stay so.
#[utoipa::path(
    delete,
    path = "/lockouts/{lockout_id}",
    tag = "users",
    params(("lockout_id" = String, Path, description = "Its id", example = "lck_00000000000000007ZZZ5G0W87")),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Unlocked"),
        Guarded,
        Refused<404>,
    ),
)]
async fn unlock_address(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.unlock_address(&access.by, Pool::Tenant, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List addresses locked for operators
///
/// The same for attempts to sign in as an operator. Only whoever looks after
/// operators at the platform is told of any.
#[utoipa::path(
    get,
    path = "/operators/lockouts",
    tag = "operators",
    params(PageQuery),
    security(("access_token" = ["operators:read"])),
    responses(
        (status = 200, description = "Some of the addresses", body = Page<Lockout>),
        Guarded,
        Refused<400>,
    ),
)]
async fn list_operator_lockouts(
    access: Access<ReadOperators>,
    State(registry): State<Registry>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Lockout>>, Problem> {
    let page = registry.locked_operator_addresses(&access.by, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, convert::lockout)))
}

/// Unlock an address for operators
#[utoipa::path(
    delete,
    path = "/operators/lockouts/{lockout_id}",
    tag = "operators",
    params(("lockout_id" = String, Path, description = "Its id", example = "lck_00000000000000007ZZZ5G0W87")),
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 204, description = "Unlocked"),
        Guarded,
        Refused<404>,
    ),
)]
async fn unlock_operator_address(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.unlock_operator_address(&access.by, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
