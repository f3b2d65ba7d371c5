//! `/dashboard/login`: whoever administers gets their token.

use appkeep_http::{AppState, Body, Device, Json as Fields, Problem};
use appkeep_service::Credentials;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::envelope::Envelope;
use super::errors;
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    with_slash("/dashboard/login", &post(log_in))
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
    workspace_id: Option<String>,
}

impl Body for Login {
    const REQUIRED: &'static [&'static str] = &["email", "password"];
}

/// What opens the rest.
#[derive(Serialize)]
struct DashboardToken {
    access_token: String,
    /// In seconds.
    expires_in: u32,
    workspace_id: String,
}

async fn log_in(
    State(state): State<AppState>,
    Device(device): Device,
    Fields(login): Fields<Login>,
) -> Result<Json<Envelope<DashboardToken>>, Problem> {
    let credentials = Credentials { identifier: login.email, password: Zeroizing::new(login.password) };
    let place = (login.workspace_id.as_deref(), &device);
    let logged_in = state.authority.log_in(credentials, place).await;
    let logged_in = logged_in.map_err(errors::of_sign_in)?;
    let answer = DashboardToken {
        access_token: logged_in.token.access_token,
        expires_in: logged_in.token.expires_in,
        workspace_id: logged_in.workspace.to_string(),
    };
    Ok(Json(Envelope::of(answer, device.origin.request_id)))
}
