//! `/integrations`: what a tenant lets its applications reach.

use appkeep_api_types::{
    Data, Integration, IntegrationOauth, IntegrationPatch, IntegrationQuery, NewIntegration,
    NewIntegrationOauth, Page,
};
use appkeep_service::Integrations;
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::answer::{Made, Versioned};
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, IfMatch, Json as Body, ManageIntegrations, Query, ReadIntegrations, Segment};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_integrations, create_integration))
        .routes(routes!(get_integration, update_integration, archive_integration))
        .routes(routes!(validate_integration))
        .routes(routes!(get_integration_oauth, set_integration_oauth, clear_integration_oauth))
}

/// List integrations
///
/// Those that are not archived, the newest first. Pages stay in step while
/// integrations are added.
#[utoipa::path(
    get,
    path = "/integrations",
    tag = "integrations",
    params(IntegrationQuery),
    security(("access_token" = ["integrations:read"])),
    responses(
        (status = 200, description = "Some of the integrations", body = Page<Integration>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_integrations(
    access: Access<ReadIntegrations>,
    State(integrations): State<Integrations>,
    Query(query): Query<IntegrationQuery>,
) -> Result<Json<Page<Integration>>, Problem> {
    let page = integrations.list(&access.by, convert::integration_query(query)).await?;
    Ok(Json(convert::page(page, |integration| convert::integration(&integration))))
}

/// Make an integration
///
/// Nothing is connected to, and no name is looked up: `validate` does that. A
/// name that an archived one has is refused with 409 `integration_archived`,
/// unless `confirm_unarchive` says that it is to come back.
#[utoipa::path(
    post,
    path = "/integrations",
    tag = "integrations",
    request_body = NewIntegration,
    security(("access_token" = ["integrations:write"])),
    responses(
        (status = 201, description = "Made", body = Data<Integration>, headers(
            ("ETag" = String, description = "Its version"),
            ("Location" = String, description = "Where it is"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn create_integration(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Body(new): Body<NewIntegration>,
) -> Result<Made<Versioned<Integration>>, Problem> {
    let made = integrations.create(&access.by, convert::new_integration(new)).await?;
    let location = format!("{}/integrations/{}", super::BASE, made.id);
    Ok(Made { location, answer: Versioned::integration(&made) })
}

/// Look up an integration
///
/// One that is archived too.
#[utoipa::path(
    get,
    path = "/integrations/{integration_id}",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "Its id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["integrations:read"])),
    responses(
        (status = 200, description = "The integration", body = Data<Integration>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_integration(
    access: Access<ReadIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Versioned<Integration>, Problem> {
    Ok(Versioned::integration(&integrations.get(&access.by, &id).await?))
}

/// Change an integration
///
/// Members that are not in the body stay as they are. Another `url`,
/// `auth_mode` or `issuer` ends what people had with it and forgets what came of
/// reaching it. With `If-Match`, the change is refused when somebody else's came first.
#[utoipa::path(
    patch,
    path = "/integrations/{integration_id}",
    tag = "integrations",
    params(
        ("integration_id" = String, Path, description = "Its id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on"),
    ),
    request_body = IntegrationPatch,
    security(("access_token" = ["integrations:write"])),
    responses(
        (status = 200, description = "The integration as it is now", body = Data<Integration>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn update_integration(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
    Body(patch): Body<IntegrationPatch>,
) -> Result<Versioned<Integration>, Problem> {
    let update = convert::integration_update(patch, expected);
    Ok(Versioned::integration(&integrations.update(&access.by, &id, update).await?))
}

/// Archive an integration
///
/// No application reaches it from now on; its secrets, and what people had with
/// it, are gone. It stays to be read, and comes back when one of its name is
/// made with `confirm_unarchive`.
#[utoipa::path(
    delete,
    path = "/integrations/{integration_id}",
    tag = "integrations",
    params(
        ("integration_id" = String, Path, description = "Its id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of what is to be archived"),
    ),
    security(("access_token" = ["integrations:write"])),
    responses(
        (status = 204, description = "Archived"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<412>,
    ),
)]
async fn archive_integration(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    integrations.archive(&access.by, &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reach an integration
///
/// Connects to its URL, with the server token if it has one, and looks for who
/// gives out tokens where it asks for one. What came of it is answered and
/// kept, with 200 also when there was no answer. Only what is on the public
/// internet is reached, no redirect is followed, and only a few are reached at
/// once. Somebody else who gives out tokens ends what people had with it.
#[utoipa::path(
    post,
    path = "/integrations/{integration_id}/validate",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "Its id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["integrations:write"])),
    responses(
        (status = 200, description = "The integration, and what came of it", body = Data<Integration>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<429>,
    ),
)]
async fn validate_integration(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Versioned<Integration>, Problem> {
    Ok(Versioned::integration(&integrations.validate(&access.by, &id).await?))
}

/// Look up who gives out tokens for an integration
///
/// What was said of it and of us there, and what the integration says itself.
#[utoipa::path(
    get,
    path = "/integrations/{integration_id}/oauth",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "Its id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["integrations:read"])),
    responses(
        (status = 200, description = "What is known", body = Data<IntegrationOauth>),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_integration_oauth(
    access: Access<ReadIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Json<Data<IntegrationOauth>>, Problem> {
    let known = integrations.client(&access.by, &id).await?;
    Ok(Json(Data { data: convert::integration_oauth(&known) }))
}

/// Say as what we are registered with who gives out tokens for an integration
///
/// It replaces all that was said before, the secret too. Another client ends
/// what people had with the integration. For integrations with `auth_mode`
/// `oauth`; others answer 400 `not_applicable`.
#[utoipa::path(
    put,
    path = "/integrations/{integration_id}/oauth",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "Its id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = NewIntegrationOauth,
    security(("access_token" = ["integrations:write"])),
    responses(
        (status = 200, description = "As it is now", body = Data<IntegrationOauth>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn set_integration_oauth(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    Body(new): Body<NewIntegrationOauth>,
) -> Result<Json<Data<IntegrationOauth>>, Problem> {
    let known = integrations.set_client(&access.by, &id, convert::integration_client(new)).await?;
    Ok(Json(Data { data: convert::integration_oauth(&known) }))
}

/// Take back as what we are registered for an integration
///
/// What people had with the integration goes with it.
#[utoipa::path(
    delete,
    path = "/integrations/{integration_id}/oauth",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "Its id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["integrations:write"])),
    responses(
        (status = 204, description = "Taken back"),
        Guarded,
        Refused<404>,
        Refused<409>,
        Refused<412>,
    ),
)]
async fn clear_integration_oauth(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    integrations.clear_client(&access.by, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
