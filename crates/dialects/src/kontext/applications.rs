//! `/applications`, `/applications/{application_id}` and what is below them.

mod attached;
mod shape;

use appkeep_domain::Application as Registered;
use appkeep_http::action::{
    ArchiveApplication, CreateApplication, ReadApplication, RotateSecret, UpdateApplication,
};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segment};
use appkeep_service::{ApplicationQuery, ApplicationUpdate, Error, ErrorCode, Expected, Fault, Registry};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use self::shape::{Application, NewApplication, OF_OAUTH, OauthPatch, Patch, Single, SingleOauth, WithOauth};
use super::pages::{self, Items};
use super::words;
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_application).patch(update_application).delete(archive_application);
    Router::new()
        .merge(with_slash("/applications", &get(list_applications).post(create_application)))
        .merge(with_slash("/applications/{application_id}", &one))
        .merge(with_slash("/applications/{application_id}/rotate-secret", &post(rotate_secret)))
        .merge(with_slash("/applications/{application_id}/oauth", &get(get_oauth).patch(update_oauth)))
        .merge(attached::routes())
}

/// The secret is in this answer and in that to a rotation, and in no other.
async fn create_application(
    access: Access<CreateApplication>,
    State(registry): State<Registry>,
    Body(new): Body<NewApplication>,
) -> Result<(StatusCode, Json<WithOauth>), Problem> {
    let of_oauth = |error| words::in_oauth(error, &OF_OAUTH);
    let (kind, fields) = new.into_fields().map_err(of_oauth)?;
    let created = registry.create_application(&access.by, kind.as_str(), fields).await.map_err(of_oauth)?;
    let secret = created.client_secret.as_ref().map(|secret| secret.expose().to_owned());
    let whole = registry.whole_application(&access.by, created.view).await?;
    Ok((StatusCode::CREATED, Json(WithOauth::of(&whole, secret))))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    limit: Option<i64>,
    cursor: Option<String>,
    all: Option<bool>,
}

/// The caller's own, or for those who run the organization all that it has.
async fn list_applications(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Query(asked): Query<Parameters>,
) -> Result<Json<Items<Application>>, Problem> {
    let all = asked.all.unwrap_or_default();
    if all {
        access.by.must_administer()?;
    }
    let created_by = (!all).then(|| "me".to_owned());
    let page = pages::part(asked.limit, asked.cursor)?;
    let query = ApplicationQuery { page, created_by, ..ApplicationQuery::default() };
    let found = registry.whole_applications(&access.by, query).await?;
    Ok(Json(Items::of(found, |whole| Application::of(&whole))))
}

/// Archived ones too.
async fn get_application(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Single>, Problem> {
    let view = registry.application(&access.by, &id).await?;
    let whole = registry.whole_application(&access.by, view).await?;
    Ok(Json(Single::of(&whole)))
}

async fn update_application(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(patch): Body<Patch>,
) -> Result<Json<Single>, Problem> {
    let update = ApplicationUpdate { fields: patch.into_fields(), ..ApplicationUpdate::default() };
    let view = registry.update_application(&access.by, &id, update).await?;
    let whole = registry.whole_application(&access.by, view).await?;
    Ok(Json(Single::of(&whole)))
}

/// What people have with it ends, and it is there to be looked at.
async fn archive_application(
    access: Access<ArchiveApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.archive_application(&access.by, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The one before is refused from now on. Whoever may not look at the application
/// is told so before anything is replaced.
async fn rotate_secret(
    access: Access<RotateSecret>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<WithOauth>, Problem> {
    const NO_OVERLAP: i64 = 0;
    let view = registry.application(&access.by, &id).await?;
    let rotated = registry.rotate_secret(&access.by, &id, Some(NO_OVERLAP)).await?;
    let whole = registry.whole_application(&access.by, view).await?;
    Ok(Json(WithOauth::of(&whole, Some(rotated.client_secret.expose().to_owned()))))
}

async fn get_oauth(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<SingleOauth>, Problem> {
    let config = registry.oauth_config(&access.by, &id).await?;
    Ok(Json(SingleOauth::of(&config)))
}

async fn update_oauth(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(patch): Body<OauthPatch>,
) -> Result<Json<SingleOauth>, Problem> {
    if let Some(wanted) = &patch.kind {
        check_type(&registry.oauth_config(&access.by, &id).await?.application, wanted)?;
    }
    let update = (Expected::Any, patch.into_fields());
    let config = registry.update_oauth_config(&access.by, &id, update).await?;
    Ok(Json(SingleOauth::of(&config)))
}

/// Naming what stands is fine.
fn check_type(application: &Registered, wanted: &str) -> Result<(), Error> {
    if words::oauth_type(application.kind) == wanted {
        return Ok(());
    }
    let message = "cannot be changed; make another application";
    Err(Error::invalid(Fault::new("type", ErrorCode::ImmutableField, message)))
}
