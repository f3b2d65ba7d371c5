//! `/auth/sessions`: those of a user, and new tokens for an old one.

use appkeep_http::{AppState, Body, Json, Problem, Segment};
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use http::StatusCode;
use serde::Deserialize;

use super::asking::Asking;
use super::shape::{Session, SignedIn};
use crate::zyphr::errors::of_end_user;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/sessions", get(list))
        .route("/sessions/refresh", post(refresh))
        .route("/sessions/revoke", post(revoke))
        .route("/sessions/{session_id}", delete(end))
}

#[derive(Deserialize)]
struct RefreshToken {
    refresh_token: String,
}

impl Body for RefreshToken {
    const REQUIRED: &'static [&'static str] = &["refresh_token"];
}

async fn list(asking: Asking) -> Result<impl IntoResponse, Problem> {
    let sessions = asking.users.sessions(asking.bearer()?).await.map_err(of_end_user)?;
    let shown: Vec<Session> = sessions.iter().map(Session::of).collect();
    Ok(asking.answer(shown))
}

async fn refresh(asking: Asking, Json(body): Json<RefreshToken>) -> Result<impl IntoResponse, Problem> {
    let session = asking.users.refresh(body.refresh_token, &asking.device).await.map_err(of_end_user)?;
    Ok(asking.answer(SignedIn::of(session)))
}

async fn revoke(asking: Asking, Json(body): Json<RefreshToken>) -> Result<StatusCode, Problem> {
    asking.users.revoke(&body.refresh_token, &asking.device).await.map_err(of_end_user)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end(asking: Asking, Segment(id): Segment) -> Result<StatusCode, Problem> {
    asking.users.end_session(asking.bearer()?, &id, &asking.device).await.map_err(of_end_user)?;
    Ok(StatusCode::NO_CONTENT)
}
