//! `/auth/magic-link`: signing in by a mail.

use appkeep_http::{AppState, Json, Problem};
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;

use super::asking::Asking;
use super::passwords::{Token, Wish, written};
use super::shape::Entered;
use crate::zyphr::errors::of_end_user;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/magic-link/send", post(send)).route("/magic-link/verify", post(verify))
}

async fn send(
    asking: Asking,
    State(state): State<AppState>,
    Json(wish): Json<Wish>,
) -> Result<impl IntoResponse, Problem> {
    let request = asking.users.send_magic_link(wish.parts(), &asking.device).await.map_err(of_end_user)?;
    Ok(written(&asking, &state, request))
}

async fn verify(asking: Asking, Json(body): Json<Token>) -> Result<impl IntoResponse, Problem> {
    let entered = asking.users.follow_magic_link(&body.token, &asking.device).await.map_err(of_end_user)?;
    Ok(asking.answer(Entered::of(entered)))
}
