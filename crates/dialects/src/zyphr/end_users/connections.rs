//! `/auth/users/me/oauth-connections`: with whom a user signs in besides.

use appkeep_http::{AppState, Problem, Segment};
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{delete, get};
use http::StatusCode;

use super::asking::Asking;
use crate::zyphr::errors::of_end_user;
use crate::zyphr::users::OauthConnection;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/users/me/oauth-connections", get(list))
        .route("/users/me/oauth-connections/{provider}", delete(disconnect))
}

async fn list(asking: Asking) -> Result<impl IntoResponse, Problem> {
    let identities = asking.users.identities(asking.bearer()?).await.map_err(of_end_user)?;
    let shown: Vec<OauthConnection> = identities.iter().map(OauthConnection::of).collect();
    Ok(asking.answer(shown))
}

async fn disconnect(asking: Asking, Segment(provider): Segment) -> Result<StatusCode, Problem> {
    let going = asking.users.delete_identity(asking.bearer()?, &provider, &asking.device);
    going.await.map_err(of_end_user)?;
    Ok(StatusCode::NO_CONTENT)
}
