//! `/registration-tokens`: what lets applications register themselves.

use appkeep_api_types::{
    Data, MadeRegistrationToken, NewRegistrationToken, Page, PageQuery, RegistrationToken,
};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::Made;
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, Json as Body, Query, ReadTenant, Segment, UpdateTenant};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_registration_tokens, create_registration_token))
        .routes(routes!(get_registration_token, revoke_registration_token))
}

/// List registration tokens
///
/// The initial access tokens of the tenant (RFC 7591 §3), the newest first; those
/// too that let in nobody any more, for a month after their end.
#[utoipa::path(
    get,
    path = "/registration-tokens",
    tag = "tenant",
    params(PageQuery),
    security(("access_token" = ["tenant:read"])),
    responses(
        (status = 200, description = "Some of them", body = Page<RegistrationToken>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_registration_tokens(
    access: Access<ReadTenant>,
    State(registry): State<Registry>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<RegistrationToken>>, Problem> {
    let page = registry.registration_tokens(&access.by, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, convert::registration_token)))
}

/// Make a registration token
///
/// It is in this answer and in no other. Whoever holds it registers so many
/// applications at `/oauth2/register`, while the tenant's `client_registration` is
/// `token` or `open`.
#[utoipa::path(
    post,
    path = "/registration-tokens",
    tag = "tenant",
    request_body = NewRegistrationToken,
    security(("access_token" = ["tenant:write"])),
    responses(
        (status = 201, description = "Made", body = Data<MadeRegistrationToken>, headers(("Location" = String, description = "Where it is"))),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_registration_token(
    access: Access<UpdateTenant>,
    State(registry): State<Registry>,
    Body(new): Body<NewRegistrationToken>,
) -> Result<Made<Json<Data<MadeRegistrationToken>>>, Problem> {
    let fields = convert::new_registration_token(new);
    let made = registry.create_registration_token(&access.by, fields).await?;
    let location = format!("{}/registration-tokens/{}", super::BASE, made.token.id);
    Ok(Made { location, answer: Json(Data { data: convert::made_registration_token(made) }) })
}

/// Get a registration token
///
/// Not the token itself, which is shown once.
#[utoipa::path(
    get,
    path = "/registration-tokens/{registration_token_id}",
    tag = "tenant",
    params(("registration_token_id" = String, Path, description = "Its id", example = "rgt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["tenant:read"])),
    responses(
        (status = 200, description = "What is known of it", body = Data<RegistrationToken>),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_registration_token(
    access: Access<ReadTenant>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Data<RegistrationToken>>, Problem> {
    let token = registry.registration_token(&access.by, &id).await?;
    Ok(Json(Data { data: convert::registration_token(token) }))
}

/// Revoke a registration token
///
/// It lets in nobody from then on. Those that it let in stay.
#[utoipa::path(
    delete,
    path = "/registration-tokens/{registration_token_id}",
    tag = "tenant",
    params(("registration_token_id" = String, Path, description = "Its id", example = "rgt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["tenant:write"])),
    responses(
        (status = 204, description = "Revoked"),
        Guarded,
        Refused<404>,
    ),
)]
async fn revoke_registration_token(
    access: Access<UpdateTenant>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.revoke_registration_token(&access.by, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
