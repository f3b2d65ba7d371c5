//! `/operators`, `/operators/{operator_id}` and the roles of each.

use appkeep_api_types::{
    Data, NewOperator, Nothing, Operator, OperatorDetail, OperatorPatch, OperatorQuery, Page, Role,
};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::{Made, Versioned};
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, IfMatch, Json as Body, ManageOperators, OptionalJson, Query, ReadOperators, Segment,
    ThreeSegments,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_operators, create_operator))
        .routes(routes!(get_operator, update_operator, delete_operator))
        .routes(routes!(give_role, take_role))
        .routes(routes!(unlock_operator))
        .routes(routes!(mail_operator_password_link))
}

/// List operators
///
/// Those who hold a role in a place that the caller governs, with those roles only;
/// the newest first.
#[utoipa::path(
    get,
    path = "/operators",
    tag = "operators",
    params(OperatorQuery),
    security(("access_token" = ["operators:read"])),
    responses(
        (status = 200, description = "Some of the operators", body = Page<Operator>),
        Guarded,
        Refused<400>,
    ),
)]
async fn list_operators(
    access: Access<ReadOperators>,
    State(registry): State<Registry>,
    Query(query): Query<OperatorQuery>,
) -> Result<Json<Page<Operator>>, Problem> {
    let page = registry.operators(&access.by, convert::operator_query(query)).await?;
    Ok(Json(convert::page(page, |one| convert::operator(&one))))
}

/// Make somebody an operator
///
/// An operator of this address whom the caller sees is given the role as well.
/// Everybody else is invited, and accepts by choosing a password by a mailed link.
#[utoipa::path(
    post,
    path = "/operators",
    tag = "operators",
    request_body = NewOperator,
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 201, description = "Made", body = Data<OperatorDetail>, headers(
            ("ETag" = String, description = "Their version"),
            ("Location" = String, description = "Where they are"),
        )),
        Guarded,
        Misread,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_operator(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Body(new): Body<NewOperator>,
) -> Result<Made<Versioned<OperatorDetail>>, Problem> {
    let view = registry.create_operator(&access.by, convert::new_operator(new)).await?;
    let location = format!("{}/operators/{}", super::BASE, view.id);
    Ok(Made { location, answer: Versioned::operator(&view) })
}

/// Look up an operator
#[utoipa::path(
    get,
    path = "/operators/{operator_id}",
    tag = "operators",
    params(("operator_id" = String, Path, description = "Their id", example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["operators:read"])),
    responses(
        (status = 200, description = "The operator", body = Data<OperatorDetail>, headers(
            ("ETag" = String, description = "Their version"),
        )),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_operator(
    access: Access<ReadOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Versioned<OperatorDetail>, Problem> {
    let view = registry.operator(&access.by, &id).await?;
    Ok(Versioned::operator(&view))
}

/// Change an operator
///
/// By those who could give every role that the operator holds. `status` suspends
/// somebody, which signs them out, and lets them in again.
#[utoipa::path(
    patch,
    path = "/operators/{operator_id}",
    tag = "operators",
    params(
        ("operator_id" = String, Path, description = "Their id", example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that this is based on"),
    ),
    request_body = OperatorPatch,
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 200, description = "The operator as they are now", body = Data<OperatorDetail>, headers(
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
async fn update_operator(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
    Body(patch): Body<OperatorPatch>,
) -> Result<Versioned<OperatorDetail>, Problem> {
    let view = registry.update_operator(&access.by, &id, convert::operator_update(patch, expected)).await?;
    Ok(Versioned::operator(&view))
}

/// Delete an operator
///
/// For good and in every place, by those who could give every role that the
/// operator holds. The last owner of the platform stays.
#[utoipa::path(
    delete,
    path = "/operators/{operator_id}",
    tag = "operators",
    params(
        ("operator_id" = String, Path, description = "Their id", example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that this is based on"),
    ),
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 204, description = "Deleted"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<409>,
        Refused<412>,
    ),
)]
async fn delete_operator(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    registry.delete_operator(&access.by, &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a role
///
/// Only owners make owners. Doing it again changes nothing.
#[utoipa::path(
    put,
    path = "/operators/{operator_id}/roles/{at}/{role}",
    tag = "operators",
    params(
        ("operator_id" = String, Path, description = "Their id", example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("at" = String, Path, description = "`platform`, or the id of a partner or a tenant", example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("role" = Role, Path, description = "The role", example = "admin"),
    ),
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 200, description = "The operator as they are now", body = Data<OperatorDetail>, headers(
            ("ETag" = String, description = "Their version"),
        )),
        Guarded,
        Refused<404>,
        Refused<409>,
    ),
)]
async fn give_role(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    ThreeSegments(id, at, role): ThreeSegments,
) -> Result<Versioned<OperatorDetail>, Problem> {
    let view = registry.give_role(&access.by, &id, (at, role)).await?;
    Ok(Versioned::operator(&view))
}

/// Take a role
///
/// Whoever loses the last one stays without rights. The last owner of the platform
/// stays one.
#[utoipa::path(
    delete,
    path = "/operators/{operator_id}/roles/{at}/{role}",
    tag = "operators",
    params(
        ("operator_id" = String, Path, description = "Their id", example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("at" = String, Path, description = "`platform`, or the id of a partner or a tenant", example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("role" = Role, Path, description = "The role", example = "admin"),
    ),
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 204, description = "Taken"),
        Guarded,
        Refused<404>,
        Refused<409>,
    ),
)]
async fn take_role(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    ThreeSegments(id, at, role): ThreeSegments,
) -> Result<StatusCode, Problem> {
    registry.take_role(&access.by, &id, (at, role)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlock an operator
///
/// Their next password is looked at, however often somebody failed.
#[utoipa::path(
    post,
    path = "/operators/{operator_id}/unlock",
    tag = "operators",
    params(("operator_id" = String, Path, description = "Their id", example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 200, description = "The operator as they are now", body = Data<OperatorDetail>, headers(
            ("ETag" = String, description = "Their version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn unlock_operator(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<Versioned<OperatorDetail>, Problem> {
    let view = registry.unlock_operator(&access.by, &id).await?;
    Ok(Versioned::operator(&view))
}

/// Mail an operator a link to a new password
///
/// To their own address; good once, for an hour. Also how somebody who is `pending`
/// gets their first one.
#[utoipa::path(
    post,
    path = "/operators/{operator_id}/mail-password-link",
    tag = "operators",
    params(("operator_id" = String, Path, description = "Their id", example = "opr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<Nothing>,
    security(("access_token" = ["operators:write"])),
    responses(
        (status = 204, description = "The mail is on its way"),
        Guarded,
        Misread,
        Refused<404>,
    ),
)]
async fn mail_operator_password_link(
    access: Access<ManageOperators>,
    State(state): State<AppState>,
    Segment(id): Segment,
    OptionalJson(Nothing {}): OptionalJson<Nothing>,
) -> Result<StatusCode, Problem> {
    state.authority.mail_operator_link(&access.by, &id, state.mail.clone()).await?;
    Ok(StatusCode::NO_CONTENT)
}
