//! What passwords have to be, and a new one for whoever forgot theirs.

use appkeep_http::{AppState, Body, Json, Problem, answer_to_the_end};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::asking::Asking;
use super::shape::Requirements;
use crate::zyphr::errors::of_end_user;

/// The same whether anybody has the address or not.
const WRITTEN: &str = "if there is an account with this address, a mail is on its way to it";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/password-requirements", get(requirements))
        .route("/forgot-password", post(forgot))
        .route("/validate-reset-token", post(validate))
        .route("/reset-password", post(reset))
        .route("/users/me/password", post(change))
}

/// An address that is to be written to, and where the link is to lead.
#[derive(Deserialize)]
pub(super) struct Wish {
    email: String,
    #[serde(default)]
    redirect_url: Option<String>,
}

impl Body for Wish {
    const REQUIRED: &'static [&'static str] = &["email"];
}

impl Wish {
    pub(super) fn parts(&self) -> (&str, Option<&str>) {
        (&self.email, self.redirect_url.as_deref())
    }
}

/// What stood in a link.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) token: String,
}

impl Body for Token {
    const REQUIRED: &'static [&'static str] = &["token"];
}

#[derive(Deserialize)]
struct NewPassword {
    token: String,
    new_password: String,
}

impl Body for NewPassword {
    const REQUIRED: &'static [&'static str] = &["token", "new_password"];
}

#[derive(Deserialize)]
struct ChangedPassword {
    current_password: String,
    new_password: String,
}

impl Body for ChangedPassword {
    const REQUIRED: &'static [&'static str] = &["current_password", "new_password"];
}

async fn requirements(asking: Asking) -> Result<impl IntoResponse, Problem> {
    let policy = asking.users.password_policy().await.map_err(of_end_user)?;
    Ok(asking.answer(json!({ "requirements": Requirements::of(&policy) })))
}

async fn forgot(
    asking: Asking,
    State(state): State<AppState>,
    Json(wish): Json<Wish>,
) -> Result<impl IntoResponse, Problem> {
    let request = asking.users.forgot_password(wish.parts(), &asking.device).await.map_err(of_end_user)?;
    Ok(written(&asking, &state, request))
}

/// Answers before anybody has looked.
pub(super) fn written(
    asking: &Asking,
    state: &AppState,
    request: appkeep_service::ResetRequest,
) -> impl IntoResponse + use<> {
    let mail = state.mail.clone();
    state.answering.spawn(async move { request.answer_alone(mail).await });
    asking.answer(json!({ "message": WRITTEN }))
}

async fn validate(asking: Asking, Json(body): Json<Token>) -> Result<impl IntoResponse, Problem> {
    let address = asking.users.reset_token(&body.token).await.map_err(of_end_user)?;
    Ok(asking.answer(json!({ "valid": address.is_some(), "email": address })))
}

async fn reset(asking: Asking, Json(body): Json<NewPassword>) -> Result<impl IntoResponse, Problem> {
    let password = Zeroizing::new(body.new_password);
    asking.users.reset_password(&body.token, password, &asking.device).await.map_err(of_end_user)?;
    Ok(asking.answer(json!({ "message": "from now on the new password is good, and no other" })))
}

/// An attempt is looked at to the end, as one to log in is.
async fn change(
    asking: Asking,
    State(state): State<AppState>,
    Json(body): Json<ChangedPassword>,
) -> Response {
    let passwords = (Zeroizing::new(body.current_password), Zeroizing::new(body.new_password));
    answer_to_the_end(&state.answering, async move {
        match try_to_change(&asking, passwords).await {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(problem) => problem.into_response(),
        }
    })
    .await
}

async fn try_to_change(
    asking: &Asking,
    passwords: (Zeroizing<String>, Zeroizing<String>),
) -> Result<(), Problem> {
    asking.users.change_password(asking.bearer()?, passwords, &asking.device).await.map_err(of_end_user)
}
