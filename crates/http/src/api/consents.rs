//! `/users/{user_id}/consents`: what people allowed applications.

use appkeep_api_types::{Consent, Page, PageQuery};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, ManageUsers, Query, ReadUsers, Segment, Segments};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(list_consents)).routes(routes!(withdraw_consent))
}

/// List what a user allowed
///
/// One for each application that asked them, the newest applications first.
#[utoipa::path(
    get,
    path = "/users/{user_id}/consents",
    tag = "users",
    params(
        ("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        PageQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the consents", body = Page<Consent>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_consents(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Consent>>, Problem> {
    let page = registry.consents(&access.by, &id, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, convert::consent)))
}

/// Withdraw what a user allowed an application
///
/// Their sessions with it end, what was issued in them is refused at once, and
/// the next time they are asked again.
#[utoipa::path(
    delete,
    path = "/users/{user_id}/consents/{application_id}",
    tag = "users",
    params(
        ("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("application_id" = String, Path, description = "The application's id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Withdrawn"),
        Guarded,
        Refused<404>,
    ),
)]
async fn withdraw_consent(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segments(user, application): Segments,
) -> Result<StatusCode, Problem> {
    registry.withdraw_consent(&access.by, &user, &application).await?;
    Ok(StatusCode::NO_CONTENT)
}
