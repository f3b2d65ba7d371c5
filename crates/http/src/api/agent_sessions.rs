//! What agents have at the gateway:
//! `/applications/{application_id}/agent-sessions`.

use appkeep_api_types::{AgentSession, AgentSessionQuery, Data, EndedSessions, Page};
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
        .routes(routes!(list_agent_sessions, end_agent_sessions))
        .routes(routes!(get_agent_session, end_agent_session))
}

/// List the sessions of an application's agents
///
/// Those that fit every filter given, the newest first. One that is over is
/// listed for 30 days more.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/agent-sessions",
    tag = "sessions",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        AgentSessionQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of the sessions", body = Page<AgentSession>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_agent_sessions(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<AgentSessionQuery>,
) -> Result<Json<Page<AgentSession>>, Problem> {
    let page = registry.agent_sessions(&access.by, &id, convert::agent_session_query(query)).await?;
    Ok(Json(convert::page(page, convert::agent_session)))
}

/// End every session of an application's agents
///
/// Each has to begin another, for which it needs a token that is good: to keep
/// them out, revoke their tokens, or archive the application.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/agent-sessions",
    tag = "sessions",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 200, description = "Ended", body = Data<EndedSessions>),
        Guarded,
        Refused<404>,
    ),
)]
async fn end_agent_sessions(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Data<EndedSessions>>, Problem> {
    let ended = registry.end_agent_sessions(&access.by, &id).await?;
    Ok(Json(Data { data: EndedSessions { ended } }))
}

/// Look up the session of an agent
#[utoipa::path(
    get,
    path = "/applications/{application_id}/agent-sessions/{session_id}",
    tag = "sessions",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("session_id" = String, Path, description = "The session's id", example = "ags_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "The session", body = Data<AgentSession>),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_agent_session(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segments(id, session): Segments,
) -> Result<Json<Data<AgentSession>>, Problem> {
    let view = registry.agent_session(&access.by, &id, &session).await?;
    Ok(Json(Data { data: convert::agent_session(view) }))
}

/// End the session of an agent
///
/// The agent has to begin another, for which it needs a token that is good. One
/// that is over already stays as it is.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/agent-sessions/{session_id}",
    tag = "sessions",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("session_id" = String, Path, description = "The session's id", example = "ags_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["users:write"])),
    responses(
        (status = 204, description = "Ended"),
        Guarded,
        Refused<404>,
    ),
)]
async fn end_agent_session(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segments(id, session): Segments,
) -> Result<StatusCode, Problem> {
    registry.end_agent_session(&access.by, &id, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}
