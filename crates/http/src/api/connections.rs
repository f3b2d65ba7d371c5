//! `/applications/{application_id}/connections`: with whom an application's own
//! users may sign in.

use appkeep_api_types::{Connection, ConnectionPatch, Data, EnvironmentQuery, NewConnection};
use appkeep_service::{Pool, Registry};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::{Made, Versioned};
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, IfMatch, Json as Body, Query, ReadApplication, Segment, Segments, UpdateApplication,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(list_connections, create_connection)).routes(routes!(
        get_connection,
        update_connection,
        delete_connection
    ))
}

/// List the connections of an application
///
/// With whom its users may sign in, by the providers' names, in one environment,
/// `live` when none is named. For applications with `user_pool` `application`;
/// others answer 400 `not_applicable`.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/connections",
    tag = "connections",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The connections", body = Data<Vec<Connection>>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_connections(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(application): Segment,
    Query(query): Query<EnvironmentQuery>,
) -> Result<Json<Data<Vec<Connection>>>, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let connections = registry.connections(&access.by, of).await?;
    Ok(Json(Data { data: connections.iter().map(convert::connection).collect() }))
}

/// Connect an application with a provider
///
/// Its users may sign in with the provider from now on, unless `enabled` says
/// otherwise. There are at most 20 in each environment, and one with a provider.
/// The redirect URIs that it uses are to be registered with the provider too.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/connections",
    tag = "connections",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        EnvironmentQuery,
    ),
    request_body = NewConnection,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 201, description = "Connected", body = Data<Connection>, headers(
            ("ETag" = String, description = "Its version"),
            ("Location" = String, description = "Where it is"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_connection(
    access: Access<UpdateApplication>,
    State(state): State<AppState>,
    Segment(application): Segment,
    Query(query): Query<EnvironmentQuery>,
    Body(new): Body<NewConnection>,
) -> Result<Made<Versioned<Connection>>, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let new = convert::new_connection(new);
    let made = state.registry.create_connection(&access.by, of, new, &state.authority).await?;
    let environment = query.environment.map(|named| format!("?environment={named}")).unwrap_or_default();
    let location =
        format!("{}/applications/{application}/connections/{}{environment}", super::BASE, made.provider);
    Ok(Made { location, answer: Versioned::connection(&made) })
}

/// Look up a connection of an application
#[utoipa::path(
    get,
    path = "/applications/{application_id}/connections/{provider}",
    tag = "connections",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("provider" = String, Path, description = "The provider's name", example = "google"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The connection", body = Data<Connection>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn get_connection(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segments(application, provider): Segments,
    Query(query): Query<EnvironmentQuery>,
) -> Result<Versioned<Connection>, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let connection = registry.connection(&access.by, of, &provider).await?;
    Ok(Versioned::connection(&connection))
}

/// Change a connection of an application
///
/// Members that are not in the body stay as they are; a secret that is sent
/// takes the place of the one before. With whom it is, and where they are, is
/// fixed. With `If-Match`, the change is refused when somebody else's came first.
#[utoipa::path(
    patch,
    path = "/applications/{application_id}/connections/{provider}",
    tag = "connections",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("provider" = String, Path, description = "The provider's name", example = "google"),
        EnvironmentQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on"),
    ),
    request_body = ConnectionPatch,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "The connection as it is now", body = Data<Connection>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn update_connection(
    access: Access<UpdateApplication>,
    State(state): State<AppState>,
    place: (Segments, Query<EnvironmentQuery>),
    IfMatch(expected): IfMatch,
    Body(patch): Body<ConnectionPatch>,
) -> Result<Versioned<Connection>, Problem> {
    let (Segments(application, provider), Query(query)) = place;
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    let update = convert::connection_update(patch, expected);
    let which = (of, provider.as_str());
    let changed = state.registry.update_connection(&access.by, which, update, &state.authority).await?;
    Ok(Versioned::connection(&changed))
}

/// Disconnect an application from a provider
///
/// Nobody signs in by it any more, and what tied users to their accounts there
/// is gone: another connection with the same provider does not bring it back. To
/// stop it for a while, set `enabled` to `false`.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/connections/{provider}",
    tag = "connections",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("provider" = String, Path, description = "The provider's name", example = "google"),
        EnvironmentQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of what is to be deleted"),
    ),
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 204, description = "Disconnected"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<412>,
    ),
)]
async fn delete_connection(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    Segments(application, provider): Segments,
    Query(query): Query<EnvironmentQuery>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let of = Pool::of_application(&application, query.environment.as_deref())?;
    registry.delete_connection(&access.by, (of, &provider), expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
