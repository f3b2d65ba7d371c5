//! `/sessions` and `/sessions/authorize`.

use appkeep_http::{AppState, Body, Json as Fields, Problem, start_access_session};
use appkeep_service::Registry;
use appkeep_service::access::{SessionFields, StartedSession};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::applications::Rule;
use super::caller::Holder;
use super::words::{self, moment};
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(with_slash("/sessions", &post(create_session)))
        .merge(with_slash("/sessions/authorize", &post(authorize_session)))
}

/// One that may do nothing yet, with its secrets, this one time.
#[derive(Serialize)]
struct Session {
    #[serde(rename = "session_key")]
    key: String,
    nonce: String,
    expires_at: String,
}

impl Session {
    fn started(started: &StartedSession) -> Self {
        Self {
            key: started.key.expose().to_owned(),
            nonce: started.nonce.expose().to_owned(),
            expires_at: moment(started.session.expires_at),
        }
    }
}

/// What a session may do.
#[derive(Deserialize)]
struct Authorization {
    nonce: String,
    permissions: Option<Vec<String>>,
    rules: Option<Vec<Rule>>,
    expires_at: Option<String>,
}

impl Body for Authorization {
    const REQUIRED: &'static [&'static str] = &["nonce"];
}

impl From<Authorization> for SessionFields {
    fn from(said: Authorization) -> Self {
        Self {
            nonce: said.nonce,
            permissions: said.permissions.unwrap_or_default(),
            rules: said.rules.unwrap_or_default().into_iter().map(Rule::into_session_fields).collect(),
            expires_at: said.expires_at.map(words::rfc_3339),
        }
    }
}

/// Whatever comes as a body is not read.
async fn create_session(
    holder: Holder,
    State(state): State<AppState>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    let started = start_access_session(&state, (&holder.principal, &holder.by)).await?;
    Ok((StatusCode::CREATED, Json(Session::started(&started))))
}

async fn authorize_session(
    holder: Holder,
    State(registry): State<Registry>,
    Fields(said): Fields<Authorization>,
) -> Result<StatusCode, Problem> {
    registry.authorize_access_session(&holder.principal, &holder.by, &said.into()).await?;
    Ok(StatusCode::OK)
}
