//! `/applications/` and `/applications/{application_id}`.

mod shape;

use appkeep_http::action::{
    ArchiveApplication, CreateApplication, ReadApplication, RotateSecret, UpdateApplication,
};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segment};
use appkeep_service::{ApplicationQuery, OwnerQuery, Registry};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use self::shape::{Application, NewApplication, Patch, Rotated, Secret};
use super::envelope::{List, Single};
use super::parameters::Pages;
use super::{ours, parameters, words};

pub(super) fn routes() -> Router<AppState> {
    let all = || get(list_applications).post(create_application);
    let one = || get(get_application).patch(update_application).delete(delete_application);
    let rotate = || post(rotate_secret);
    Router::new()
        .route("/applications", all())
        .route("/applications/", all())
        .route("/applications/{application_id}", one())
        .route("/applications/{application_id}/", one())
        .route("/applications/{application_id}/rotate-secret", rotate())
        .route("/applications/{application_id}/rotate-secret/", rotate())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    tenant_id: Option<String>,
    partner_id: Option<String>,
    scope: Option<String>,
    application_type: Option<String>,
    search: Option<String>,
}

async fn list_applications(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Query(pages): Query<Pages>,
    Query(asked): Query<Parameters>,
) -> Result<Json<List<Application>>, Problem> {
    let query = ApplicationQuery {
        kind: asked.application_type.as_deref().map(words::kind),
        of: OwnerQuery {
            ownership: asked.scope.as_deref().map(words::ownership),
            tenant: asked.tenant_id.map(parameters::tenant_id),
            partner: asked.partner_id.map(parameters::partner_id),
        },
        text: asked.search,
        ..ApplicationQuery::default()
    };
    let found = registry.numbered_applications(&ours(access), query, pages.into()).await?;
    Ok(Json(List::of(found, Application::of)))
}

async fn create_application(
    access: Access<CreateApplication>,
    State(registry): State<Registry>,
    Body(new): Body<NewApplication>,
) -> Result<(StatusCode, Json<Single<Secret<Application>>>), Problem> {
    let (kind, fields) = new.into_fields()?;
    let created = registry.create_application(&ours(access), &kind, fields).await?;
    let answer = Secret {
        client_secret: created.client_secret.as_ref().map(|secret| secret.expose().to_owned()),
        of: Application::of(&created.view.application),
    };
    Ok((StatusCode::CREATED, Json(Single::of(answer))))
}

async fn get_application(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Single<Application>>, Problem> {
    let view = registry.application(&ours(access), &id).await?;
    Ok(Json(Single::of(Application::of(&view.application))))
}

async fn update_application(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(patch): Body<Patch>,
) -> Result<Json<Single<Application>>, Problem> {
    let view = registry.update_application(&ours(access), &id, patch.into_update()).await?;
    Ok(Json(Single::of(Application::of(&view.application))))
}

/// A soft delete there is an archive here.
async fn delete_application(
    access: Access<ArchiveApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.archive_application(&ours(access), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The one before is refused from now on: nothing there speaks of an overlap.
async fn rotate_secret(
    access: Access<RotateSecret>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Single<Rotated>>, Problem> {
    const NO_OVERLAP: i64 = 0;
    let rotated = registry.rotate_secret(&ours(access), &id, Some(NO_OVERLAP)).await?;
    Ok(Json(Single::of(Rotated::of(&rotated))))
}
