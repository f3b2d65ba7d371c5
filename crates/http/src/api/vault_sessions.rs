//! `/vault/sessions`: what a browser may do in the vault for a while.

use appkeep_api_types::{Data, StartedVaultSession, VaultSessionAuthorization};
use appkeep_service::access::StartedSession;
use appkeep_service::{By, Error, ErrorCode, KeyPrincipal, Registry, TooOften};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Json as Body, Key};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(start_vault_session)).routes(routes!(authorize_vault_session))
}

/// Start a session with the vault
///
/// For a public application, with its API key. The session's key and nonce are
/// in this answer and in no other. It ends after 3 minutes, if whoever
/// authorizes it does not say otherwise; an application has at most 1,000 that
/// have not ended, and one address starts so many a minute. An `Idempotency-Key` is not looked at: with a public key
/// anybody may ask, and what one was answered is not for the next.
#[utoipa::path(
    post,
    path = "/vault/sessions",
    tag = "vault",
    security(("api_key" = [])),
    responses(
        (status = 201, description = "Started", body = Data<StartedVaultSession>),
        Guarded,
        Refused<409>,
        Refused<429>,
    ),
)]
async fn start_vault_session(
    key: Key,
    State(state): State<AppState>,
) -> Result<(StatusCode, Json<Data<StartedVaultSession>>), Problem> {
    let started = start_access_session(&state, (&key.principal, &key.by)).await?;
    Ok((StatusCode::CREATED, Json(Data { data: convert::started_session(&started) })))
}

/// At every surface: so many from one address.
pub async fn start_access_session(
    state: &AppState,
    (principal, by): (&KeyPrincipal, &By),
) -> Result<StartedSession, Problem> {
    state.authority.take_session_start(by.address).map_err(|TooOften { retry_after_s }| {
        let message = "too many sessions were started from there; try again later";
        Problem::from(Error::new(ErrorCode::TooManyRequests, message)).after(retry_after_s)
    })?;
    Ok(state.registry.start_access_session(principal, by).await?)
}

/// Authorize a session with the vault
///
/// For a private application of the same tenant and environment, with its API
/// key, and once. The session may do no more than that application could at the
/// same moment; how much of a token is shown, its own rules say.
#[utoipa::path(
    post,
    path = "/vault/sessions/authorize",
    tag = "vault",
    request_body = VaultSessionAuthorization,
    security(("api_key" = [])),
    responses(
        (status = 204, description = "Authorized"),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
        Refused<429>,
    ),
)]
async fn authorize_vault_session(
    key: Key,
    State(registry): State<Registry>,
    Body(asked): Body<VaultSessionAuthorization>,
) -> Result<StatusCode, Problem> {
    registry.authorize_access_session(&key.principal, &key.by, &convert::session_fields(asked)).await?;
    Ok(StatusCode::NO_CONTENT)
}
