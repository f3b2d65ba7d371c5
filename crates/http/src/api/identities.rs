//! `/applications/{application_id}/users/{user_id}/identities`: who an
//! application's users are with those who sign them in.

use appkeep_api_types::{Data, EnvironmentQuery, Identity};
use appkeep_service::{Pool, Registry};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, ManageUsers, Query, ReadUsers, Segments, ThreeSegments};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(list_identities)).routes(routes!(delete_identity))
}

/// List who a user of an application is elsewhere
///
/// The accounts by which they sign in, by the providers' names.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/users/{user_id}/identities",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Their accounts", body = Data<Vec<Identity>>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_identities(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segments(application, user): Segments,
    Query(query): Query<EnvironmentQuery>,
) -> Result<Json<Data<Vec<Identity>>>, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let identities = registry.identities(&access.by, of, &user).await?;
    Ok(Json(Data { data: identities.iter().map(convert::identity).collect() }))
}

/// Take from a user of an application an account elsewhere
///
/// They do not sign in by it any more, though they have no password and no other
/// account. Where they are signed in, they stay.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/users/{user_id}/identities/{provider}",
    tag = "end users",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("user_id" = String, Path, description = "Their id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("provider" = String, Path, description = "The provider's name", example = "google"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Taken away"),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn delete_identity(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    ThreeSegments(application, user, provider): ThreeSegments,
    Query(query): Query<EnvironmentQuery>,
) -> Result<StatusCode, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    registry.delete_identity(&access.by, of, (&user, &provider)).await?;
    Ok(StatusCode::NO_CONTENT)
}
