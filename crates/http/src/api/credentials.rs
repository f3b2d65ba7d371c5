//! `/applications/{application_id}/credentials`: secrets, one by one.

use appkeep_api_types::{AddedSecret, Credential, CredentialQuery, Data, NewSecret, Page};
use appkeep_service::Registry;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{
    Access, OptionalJson, Query, ReadApplication, RotateSecret as MayRotate, Segment, Segments,
};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(list_credentials, add_secret)).routes(routes!(revoke_secret))
}

/// List the credentials of an application
///
/// Its live client secrets, and those that ended less than 30 days ago, the
/// newest first; never the secrets themselves. `safe_to_retire` says whether
/// ending one would stop anybody.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/credentials",
    tag = "applications",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        CredentialQuery,
    ),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "Some of the credentials", body = Page<Credential>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_credentials(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(query): Query<CredentialQuery>,
) -> Result<Json<Page<Credential>>, Problem> {
    let page = registry.credentials(&access.by, &id, convert::credential_query(query)).await?;
    Ok(Json(convert::page(page, convert::credential)))
}

/// Add a client secret
///
/// Beside those that there are: no rotation ends it. It is in this answer and
/// in no other. An application has at most 10 live secrets. For `m2m` and
/// `server` applications that have a secret; others answer 400 `not_applicable`.
#[utoipa::path(
    post,
    path = "/applications/{application_id}/credentials",
    tag = "applications",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = Option<NewSecret>,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 201, description = "Added", body = Data<AddedSecret>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn add_secret(
    access: Access<MayRotate>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    OptionalJson(new): OptionalJson<NewSecret>,
) -> Result<(StatusCode, Json<Data<AddedSecret>>), Problem> {
    let added = registry.add_secret(&access.by, &id, convert::new_secret(new)).await?;
    Ok((StatusCode::CREATED, Json(Data { data: convert::added(&added) })))
}

/// Revoke a client secret
///
/// It is refused at once, by every server. The last one can be revoked too:
/// the application then gets no token until it is given another. Tokens that
/// were issued live on; end them with `revoke-tokens`. One that has ended
/// already stays as it is.
#[utoipa::path(
    delete,
    path = "/applications/{application_id}/credentials/{credential_id}",
    tag = "applications",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("credential_id" = String, Path, description = "The secret's id", example = "cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
    ),
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 204, description = "Revoked"),
        Guarded,
        Refused<404>,
    ),
)]
async fn revoke_secret(
    access: Access<MayRotate>,
    State(registry): State<Registry>,
    Segments(id, credential): Segments,
) -> Result<StatusCode, Problem> {
    registry.revoke_secret(&access.by, &id, &credential).await?;
    Ok(StatusCode::NO_CONTENT)
}
