//! `/scopes`: the tenant's registry of scopes.

use appkeep_api_types::{Data, NewScope, Page, Scope, ScopeQuery};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, ChangeScopes, Json as Body, Query, ReadScopes, Segment};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(list_scopes, create_scope)).routes(routes!(delete_scope))
}

/// List scopes
///
/// Those built in and those that the tenant registered, in the order of their names.
#[utoipa::path(
    get,
    path = "/scopes",
    tag = "scopes",
    params(ScopeQuery),
    security(("access_token" = ["scopes:read"])),
    responses(
        (status = 200, description = "Some of the scopes", body = Page<Scope>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_scopes(
    access: Access<ReadScopes>,
    State(registry): State<Registry>,
    Query(query): Query<ScopeQuery>,
) -> Result<Json<Page<Scope>>, Problem> {
    let page = registry.scopes(&access.by, convert::scope_query(query)).await?;
    Ok(Json(convert::page(page, convert::scope)))
}

/// Register a scope
///
/// From now on applications can be allowed it.
#[utoipa::path(
    post,
    path = "/scopes",
    tag = "scopes",
    request_body = NewScope,
    security(("access_token" = ["scopes:write"])),
    responses(
        (status = 201, description = "Registered", body = Data<Scope>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_scope(
    access: Access<ChangeScopes>,
    State(registry): State<Registry>,
    Body(new): Body<NewScope>,
) -> Result<(StatusCode, Json<Data<Scope>>), Problem> {
    let entry = registry.create_scope(&access.by, &new.scope, new.description.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(Data { data: convert::scope(entry) })))
}

/// Remove a scope
///
/// Nobody is granted it from now on. Those built in stay.
#[utoipa::path(
    delete,
    path = "/scopes/{scope}",
    tag = "scopes",
    params(("scope" = String, Path, description = "Its name, percent-encoded", example = "invoices:read")),
    security(("access_token" = ["scopes:write"])),
    responses(
        (status = 204, description = "Removed"),
        Guarded,
        Refused<404>,
    ),
)]
async fn delete_scope(
    access: Access<ChangeScopes>,
    State(registry): State<Registry>,
    Segment(scope): Segment,
) -> Result<StatusCode, Problem> {
    registry.delete_scope(&access.by, &scope).await?;
    Ok(StatusCode::NO_CONTENT)
}
