//! What people have with applications: `/applications/{application_id}/sessions`
//! and `/users/{user_id}/sessions`.

use appkeep_api_types::{Data, EndedSessions, Page, Session, SessionQuery, UserSessionQuery};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, EndSessions, Query, ReadSessions, Segment, Segments};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_sessions, end_sessions))
        .routes(routes!(get_session, end_session))
        .routes(routes!(list_sessions_of_user, end_sessions_of_user))
        .routes(routes!(get_session_of_user, end_session_of_user))
}

/// List the sessions of an application
///
/// Those that fit every filter given, the newest first. One that is over is
/// listed for 30 days more.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/sessions",
    tag = "sessions",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        SessionQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the sessions", body = Page<Session>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_sessions(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<SessionQuery>,
) -> Result<Json<Page<Session>>, Problem> {
    let page = registry.sessions(&access.by, &id, convert::session_query(query)).await?;
    Ok(Json(convert::page(page, convert::session)))
}

/// End every session of an application
///
/// Whatever was issued in one is refused at once, by every server; tokens that
/// the application got in its own name live on. People stay signed in here, and
/// may begin another session. A few sessions at a time: when the answer is
/// 503, send it again.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/sessions",
    tag = "sessions",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 200, description = "Ended", body = Data<EndedSessions>),
        Guarded,
        Refused<404>,
    ),
)]
async fn end_sessions(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Data<EndedSessions>>, Problem> {
    let ended = registry.end_sessions(&access.by, &id).await?;
    Ok(Json(Data { data: EndedSessions { ended } }))
}

/// Look up a session
#[utoipa::path(
    get,
    path = "/applications/{application_id}/sessions/{session_id}",
    tag = "sessions",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("session_id" = String, Path, description = "The session's id", example = "ses_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "The session", body = Data<Session>),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_session(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segments(id, session): Segments,
) -> Result<Json<Data<Session>>, Problem> {
    let view = registry.session(&access.by, &id, &session).await?;
    Ok(Json(Data { data: convert::session(view) }))
}

/// End a session
///
/// What was issued in it is refused at once, by every server. One that is over
/// already stays as it is.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/sessions/{session_id}",
    tag = "sessions",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("session_id" = String, Path, description = "The session's id", example = "ses_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Ended"),
        Guarded,
        Refused<404>,
    ),
)]
async fn end_session(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segments(id, session): Segments,
) -> Result<StatusCode, Problem> {
    registry.end_session(&access.by, &id, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the sessions of a user
///
/// With whatever application: those that fit every filter given, the newest
/// first. One that is over is listed for 30 days more.
#[utoipa::path(
    get,
    path = "/users/{user_id}/sessions",
    tag = "users",
    params(
        ("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        UserSessionQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the sessions", body = Page<Session>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_sessions_of_user(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<UserSessionQuery>,
) -> Result<Json<Page<Session>>, Problem> {
    let page = registry.sessions_of_user(&access.by, &id, convert::user_session_query(query)).await?;
    Ok(Json(convert::page(page, convert::session)))
}

/// Sign a user out everywhere
///
/// Every session of theirs ends, and no browser is signed in as them any more.
/// Whatever was issued to them until now is refused at once, by every server.
#[utoipa::path(
    delete,
    path = "/users/{user_id}/sessions",
    tag = "users",
    params(("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 200, description = "Signed out", body = Data<EndedSessions>),
        Guarded,
        Refused<404>,
    ),
)]
async fn end_sessions_of_user(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Data<EndedSessions>>, Problem> {
    let ended = registry.end_sessions_of_user(&access.by, &id).await?;
    Ok(Json(Data { data: EndedSessions { ended } }))
}

/// Look up a session of a user
#[utoipa::path(
    get,
    path = "/users/{user_id}/sessions/{session_id}",
    tag = "users",
    params(
        ("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("session_id" = String, Path, description = "The session's id", example = "ses_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "The session", body = Data<Session>),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_session_of_user(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segments(id, session): Segments,
) -> Result<Json<Data<Session>>, Problem> {
    let view = registry.session_of_user(&access.by, &id, &session).await?;
    Ok(Json(Data { data: convert::session(view) }))
}

/// End a session of a user
///
/// What was issued in it is refused at once, by every server. One that is over
/// already stays as it is.
#[utoipa::path(
    delete,
    path = "/users/{user_id}/sessions/{session_id}",
    tag = "users",
    params(
        ("user_id" = String, Path, description = "The user's id", example = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("session_id" = String, Path, description = "The session's id", example = "ses_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Ended"),
        Guarded,
        Refused<404>,
    ),
)]
async fn end_session_of_user(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segments(id, session): Segments,
) -> Result<StatusCode, Problem> {
    registry.end_session_of_user(&access.by, &id, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}
