//! `/applications/{application_id}/oauth`: an application as an OAuth client.

use appkeep_api_types::{ApplicationOauth, ApplicationOauthPatch};
use appkeep_service::{OauthConfig, Registry};
use axum::extract::State;
use utoipa_axum::routes;

use super::answer::Versioned;
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, IfMatch, Json as Body, ReadApplication, Segment, UpdateApplication};
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(get_oauth, update_oauth))
}

/// Get an application as an OAuth client
///
/// With where it signs people in and gets its tokens, and never with a secret.
/// An application of type `saml` is none: 400 `not_applicable`.
#[utoipa::path(
    get,
    path = "/applications/{application_id}/oauth",
    tag = "applications",
    params(("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["applications:read"])),
    responses(
        (status = 200, description = "The client", body = appkeep_api_types::Data<ApplicationOauth>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn get_oauth(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Versioned<ApplicationOauth>, Problem> {
    Ok(versioned(&registry.oauth_config(&access.by, &id).await?))
}

/// Change an application as an OAuth client
///
/// The same rules as for changing the application, of these members only, and
/// a new version of it. What is left out stays.
#[utoipa::path(
    patch,
    path = "/applications/{application_id}/oauth",
    tag = "applications",
    params(
        ("application_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the application that the change was based on"),
    ),
    request_body = ApplicationOauthPatch,
    security(("access_token" = ["applications:write"])),
    responses(
        (status = 200, description = "As it is now", body = appkeep_api_types::Data<ApplicationOauth>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn update_oauth(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
    Body(patch): Body<ApplicationOauthPatch>,
) -> Result<Versioned<ApplicationOauth>, Problem> {
    let fields = (expected, convert::oauth_fields(patch));
    Ok(versioned(&registry.update_oauth_config(&access.by, &id, fields).await?))
}

fn versioned(config: &OauthConfig) -> Versioned<ApplicationOauth> {
    Versioned { version: config.application.version, data: convert::oauth_config(config) }
}
