//! What operators and their machines ask: is it alive, is it ready, what has
//! it done.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

/// Whether the process answers at all; a server that does not is restarted.
async fn health() -> impl IntoResponse {
    Json(Status { status: "ok" })
}

/// Whether requests may be sent here; a server that is not ready is left alone.
async fn readiness(State(state): State<AppState>) -> Result<impl IntoResponse, Problem> {
    let is_ready = (state.health.ready)().await;
    if is_ready { Ok(Json(Status { status: "ready" })) } else { Err(Problem::not_ready()) }
}

async fn metrics(State(state): State<AppState>) -> Result<Response, Problem> {
    let text = state.metrics.encode().map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, OPENMETRICS)], text).into_response())
}
