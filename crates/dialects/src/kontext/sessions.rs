//! `/applications/{application_id}/sessions`, which are its agents', and what older
//! clients know them by: `agent-instances`, of an application and of all.

mod shape;

use appkeep_http::action::{EndSessions, ReadSessions};
use appkeep_http::{Access, AppState, Problem, Query, Segment, Segments};
use appkeep_service::{AgentSessionQuery, Error, ErrorCode, Fault, PageQuery, Registry};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use self::shape::{Disconnected, Session, Single, SingleInstance};
use super::pages::{self, Items};
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    let below = |path: &str| format!("/applications/{{application_id}}/{path}");
    let instances = get(list_sessions).delete(end_instances);
    Router::new()
        .merge(with_slash(&below("sessions"), &get(list_sessions).delete(end_sessions)))
        .merge(with_slash(&below("sessions/{session_id}"), &get(get_session).delete(end_session)))
        .merge(with_slash(&below("agent-instances"), &instances))
        .merge(with_slash(&below("agent-instances/{session_id}"), &get(get_instance).delete(end_session)))
        .merge(with_slash("/agent-instances", &get(list_instances)))
        .merge(with_slash("/agent-instances/{session_id}", &get(find_instance).delete(end_instance)))
}

/// How many are shown at once where nobody says.
const DEFAULT: i64 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Parameters {
    limit: Option<i64>,
    cursor: Option<String>,
    status: Option<String>,
    include_inactive: Option<bool>,
}

impl Parameters {
    fn page(&self) -> Result<PageQuery, Error> {
        pages::part_of(self.limit.unwrap_or(DEFAULT), self.cursor.clone())
    }

    fn live(&self) -> Result<Option<bool>, Error> {
        live(self.status.as_deref(), self.include_inactive)
    }
}

/// Those that are over, or the others, or all of them.
fn live(status: Option<&str>, include_inactive: Option<bool>) -> Result<Option<bool>, Error> {
    match status {
        None if include_inactive.unwrap_or_default() => Ok(None),
        Some("active") | None => Ok(Some(true)),
        Some("inactive") => Ok(Some(false)),
        Some("all") => Ok(None),
        Some(_) => {
            let message = "is none of active, inactive, all";
            Err(Error::invalid(Fault::new("status", ErrorCode::InvalidRequest, message)))
        }
    }
}

async fn list_sessions(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segment(application): Segment,
    Query(asked): Query<Parameters>,
) -> Result<Json<Items<Session>>, Problem> {
    let query =
        AgentSessionQuery { page: asked.page()?, live: asked.live()?, ..AgentSessionQuery::default() };
    let found = registry.agent_sessions(&access.by, &application, query).await?;
    Ok(Json(Items::of(found, |view| Session::of(&view))))
}

async fn get_session(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segments(application, session): Segments,
) -> Result<Json<Single>, Problem> {
    let view = registry.agent_session(&access.by, &application, &session).await?;
    Ok(Json(Single { session: Session::of(&view) }))
}

async fn get_instance(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segments(application, session): Segments,
) -> Result<Json<SingleInstance>, Problem> {
    let view = registry.agent_session(&access.by, &application, &session).await?;
    Ok(Json(SingleInstance { agent_instance: Session::of(&view) }))
}

async fn end_session(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segments(application, session): Segments,
) -> Result<StatusCode, Problem> {
    registry.end_agent_session(&access.by, &application, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end_sessions(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segment(application): Segment,
) -> Result<Json<Disconnected>, Problem> {
    let ended = registry.end_agent_sessions(&access.by, &application).await?;
    Ok(Json(Disconnected::of(ended)))
}

/// Older clients expect nothing.
async fn end_instances(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segment(application): Segment,
) -> Result<StatusCode, Problem> {
    registry.end_agent_sessions(&access.by, &application).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OfAll {
    limit: Option<i64>,
    cursor: Option<String>,
    status: Option<String>,
    include_inactive: Option<bool>,
    application_id: Option<String>,
    member_id: Option<String>,
}

/// Of one application, or of all that the organization has.
async fn list_instances(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Query(asked): Query<OfAll>,
) -> Result<Json<Items<Session>>, Problem> {
    let live = live(asked.status.as_deref(), asked.include_inactive)?;
    let page = pages::part(asked.limit, asked.cursor)?;
    let query = AgentSessionQuery { page, live, user: asked.member_id, ..AgentSessionQuery::default() };
    let found = match asked.application_id {
        Some(application) => registry.agent_sessions(&access.by, &application, query).await?,
        None => registry.agent_sessions_of_tenant(&access.by, query).await?,
    };
    Ok(Json(Items::of(found, |view| Session::of(&view))))
}

async fn find_instance(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segment(session): Segment,
) -> Result<Json<SingleInstance>, Problem> {
    let application = registry.application_of_agent_session(&access.by, &session).await?.to_string();
    let view = registry.agent_session(&access.by, &application, &session).await?;
    Ok(Json(SingleInstance { agent_instance: Session::of(&view) }))
}

async fn end_instance(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segment(session): Segment,
) -> Result<StatusCode, Problem> {
    let application = registry.application_of_agent_session(&access.by, &session).await?.to_string();
    registry.end_agent_session(&access.by, &application, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_are_over_are_shown_to_whoever_asks_for_them() {
        for (status, include, expected) in [
            (None, None, Some(Some(true))),
            (None, Some(false), Some(Some(true))),
            (None, Some(true), Some(None)),
            (Some("active"), Some(true), Some(Some(true))),
            (Some("inactive"), None, Some(Some(false))),
            (Some("all"), None, Some(None)),
            (Some("idle"), None, None),
        ] {
            let status = status.map(str::to_owned);
            let asked = Parameters { status, include_inactive: include, ..Parameters::default() };
            assert_eq!(asked.live().ok(), expected, "{asked:?}");
        }
    }
}
