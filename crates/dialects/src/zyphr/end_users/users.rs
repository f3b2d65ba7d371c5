//! `/auth/users`: register, log in, log out, and oneself.

use appkeep_http::{AppState, Body, Json, Problem, answer_to_the_end};
use appkeep_service::{Credentials, NewEndUser};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::asking::Asking;
use super::shape::{Entered, Patch, Registration, SignedIn};
use crate::zyphr::errors::of_end_user;
use crate::zyphr::users::EndUser;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/users/register", post(register))
        .route("/users/login", post(login))
        .route("/users/logout", post(logout))
        .route("/users/me", get(me).patch(update_me).delete(delete_me))
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

impl Body for Login {
    const REQUIRED: &'static [&'static str] = &["email", "password"];
}

async fn register(asking: Asking, Json(body): Json<Registration>) -> Result<impl IntoResponse, Problem> {
    let new: NewEndUser = body.into_new();
    let session = asking.users.register(new, &asking.device).await.map_err(of_end_user)?;
    Ok((StatusCode::CREATED, asking.answer(SignedIn::of(session))))
}

/// An attempt is looked at to the end, and counts if it fails: whoever hangs up
/// has tried all the same.
async fn login(asking: Asking, State(state): State<AppState>, Json(body): Json<Login>) -> Response {
    let credentials = Credentials { identifier: body.email, password: Zeroizing::new(body.password) };
    answer_to_the_end(&state.answering, async move {
        match asking.users.login(credentials, &asking.device).await {
            Ok(entered) => asking.answer(Entered::of(entered)).into_response(),
            Err(refused) => of_end_user(refused).into_response(),
        }
    })
    .await
}

async fn logout(asking: Asking) -> Result<StatusCode, Problem> {
    asking.users.logout(asking.bearer()?, &asking.device).await.map_err(of_end_user)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(asking: Asking) -> Result<impl IntoResponse, Problem> {
    let user = asking.users.me(asking.bearer()?).await.map_err(of_end_user)?;
    Ok(asking.answer(EndUser::of(&user)))
}

async fn update_me(asking: Asking, Json(patch): Json<Patch>) -> Result<impl IntoResponse, Problem> {
    let changing = asking.users.update_me(asking.bearer()?, patch.into_fields(), &asking.device);
    let user = changing.await.map_err(of_end_user)?;
    Ok(asking.answer(EndUser::of(&user)))
}

async fn delete_me(asking: Asking) -> Result<StatusCode, Problem> {
    asking.users.delete_me(asking.bearer()?, &asking.device).await.map_err(of_end_user)?;
    Ok(StatusCode::NO_CONTENT)
}
