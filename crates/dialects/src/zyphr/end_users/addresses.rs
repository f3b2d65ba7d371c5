//! `/auth/verify-email`: whether mail reaches a user.

use appkeep_http::{AppState, Body, Json, OptionalJson, Problem};
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use serde::Deserialize;
use serde_json::json;

use super::asking::Asking;
use super::passwords::Token;
use crate::zyphr::errors::of_end_user;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/verify-email/send", post(send))
        .route("/verify-email/resend", post(send))
        .route("/verify-email/confirm", post(confirm))
}

#[derive(Default, Deserialize)]
struct Where {
    #[serde(default)]
    redirect_url: Option<String>,
}

impl Body for Where {
    const REQUIRED: &'static [&'static str] = &[];
}

async fn send(
    asking: Asking,
    State(state): State<AppState>,
    OptionalJson(body): OptionalJson<Where>,
) -> Result<impl IntoResponse, Problem> {
    let wish = (asking.bearer()?, body.redirect_url.as_deref());
    let sending = asking.users.send_verification(wish, state.mail.clone(), &asking.device);
    sending.await.map_err(of_end_user)?;
    Ok(asking.answer(json!({ "message": "a mail is on its way" })))
}

async fn confirm(asking: Asking, Json(body): Json<Token>) -> Result<impl IntoResponse, Problem> {
    asking.users.confirm_address(&body.token, &asking.device).await.map_err(of_end_user)?;
    Ok(asking.answer(json!({ "email_verified": true })))
}
