//! `/applications/{application_id}/keys`: API keys, and what one is worth.

use appkeep_api_types::{AddedApiKey, Credential, Data, KeyVerification, NewApiKey, ShownApiKey};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, Json as Body, OptionalJson, ReadApplication, RotateSecret, Segment, Segments, VerifyKeys,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_keys, create_key))
        .routes(routes!(get_key, revoke_key))
        .routes(routes!(verify_key))
}

/// List the API keys of an application
///
/// Those that are good at this moment, the newest first; never the keys
/// themselves. Those that ended are among its credentials.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/keys",
    tag = "access",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The keys", body = Data<Vec<Credential>>),
        Guarded,
        Refused<404>,
    ),
)]
async fn list_keys(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Data<Vec<Credential>>>, Problem> {
    let keys = registry.api_keys(&access.by, &id).await?;
    Ok(Json(Data { data: keys.into_iter().map(convert::credential).collect() }))
}

/// Create an API key
///
/// It is in this answer and in no other. An application has at most 3 live
/// keys. One whose access was never set answers 400 `not_applicable`.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/keys",
    tag = "access",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<NewApiKey>,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 201, description = "Created", body = Data<AddedApiKey>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn create_key(
    access: Access<RotateSecret>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(new): OptionalJson<NewApiKey>,
) -> Result<(StatusCode, Json<Data<AddedApiKey>>), Problem> {
    let added = registry.add_key(&access.by, &id, convert::new_key(new)).await?;
    Ok((StatusCode::CREATED, Json(Data { data: convert::added_key(&added) })))
}

/// Get an API key
///
/// One that is good; never the key itself.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/keys/{key_id}",
    tag = "access",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("key_id" = String, Path, description = "The key's id", example = "cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The key", body = Data<Credential>),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_key(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segments(id, key): Segments,
) -> Result<Json<Data<Credential>>, Problem> {
    let key = registry.api_key(&access.by, (&id, &key)).await?;
    Ok(Json(Data { data: convert::credential(key) }))
}

/// Revoke an API key
///
/// It is refused at once, by every server; the last one can be revoked too. One
/// that has ended already stays as it is.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/keys/{key_id}",
    tag = "access",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("key_id" = String, Path, description = "The key's id", example = "cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 204, description = "Revoked"),
        Guarded,
        Refused<404>,
    ),
)]
async fn revoke_key(
    access: Access<RotateSecret>,
    State(registry): State<Registry>,
    Segments(id, key): Segments,
) -> Result<StatusCode, Problem> {
    registry.revoke_key(&access.by, (&id, &key)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Verify an API key
///
/// For a service of yours that was shown one: whether it is good at this moment,
/// whose it is, and on demand whether its holder may do something, in some
/// container. The answer is 200 whatever the key is worth. Of an application
/// that the caller does not see, every key is `not_found`.
#[utoipa::path(
    post,
    path = "/keys/verify",
    tag = "access",
    request_body = ShownApiKey,
    security(("access_token" = ["keys:verify"])),
    responses(
        (status = 200, description = "What it is worth", body = Data<KeyVerification>),
        Guarded,
        Misread,
        Refused<422>,
    ),
)]
async fn verify_key(
    access: Access<VerifyKeys>,
    State(state): State<AppState>,
    Body(shown): Body<ShownApiKey>,
) -> Result<Json<Data<KeyVerification>>, Problem> {
    let verdict = state.authority.verify_key(&access.by, &convert::key_question(shown)).await?;
    Ok(Json(Data { data: convert::key_verification(verdict) }))
}
