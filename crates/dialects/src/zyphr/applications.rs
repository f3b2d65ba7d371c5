//! `/applications` and `/applications/{application_id}`.

mod shape;

use std::slice;

use appkeep_domain as domain;
use appkeep_http::action::{
    CreateApplication, DeleteApplication, ReadApplication, RotateSecret, UpdateApplication,
};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segment};
use appkeep_service::{ApplicationQuery, By, Expected, OwnerQuery, Registry};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;

use self::shape::{Application, NewApplication, Patch, WithSecret};
use super::envelope::Envelope;
use super::list::{Part, gather};
use super::words;
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_application).patch(update_application).delete(delete_application);
    Router::new()
        .merge(with_slash("/applications", &get(list_applications).post(create_application)))
        .merge(with_slash("/applications/{application_id}", &one))
        .merge(with_slash("/applications/{application_id}/rotate-keys", &post(rotate_keys)))
}

async fn create_application(
    access: Access<CreateApplication>,
    State(registry): State<Registry>,
    Body(new): Body<NewApplication>,
) -> Result<(StatusCode, Json<Envelope<WithSecret<Application>>>), Problem> {
    access.by.must_administer()?;
    let created = registry.create_application(&access.by, words::KIND, new.into_fields()?).await;
    let created = created.map_err(words::of_application)?;
    let secret = created.client_secret.as_ref().map(|secret| secret.expose().to_owned());
    let answer = Envelope::of(WithSecret::new(Application::created(&created), secret), access.by.request_id);
    Ok((StatusCode::CREATED, Json(answer.warning(words::SAVE_ALL))))
}

async fn list_applications(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Query(part): Query<Part>,
) -> Result<Json<Envelope<Vec<Application>>>, Problem> {
    let (all, by) = (all_applications(&registry, &access.by).await?, &access.by);
    let (total, shown) = (all.len() as u64, part.cut(all)?);
    let people = registry.own_people(&shown).await?;
    let listed = shown.iter().zip(&people).map(|(application, own)| Application::with(application, own));
    let listed = listed.collect();
    Ok(Json(Envelope::of(listed, by.request_id).total(total)))
}

async fn get_application(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Envelope<Application>>, Problem> {
    let view = registry.application(&access.by, &id).await?;
    let people = registry.own_people(slice::from_ref(&view.application)).await?;
    let own = people.into_iter().next().unwrap_or_default();
    let shown = Application::with(&view.application, &own);
    Ok(Json(Envelope::of(shown, access.by.request_id)))
}

async fn update_application(
    access: Access<UpdateApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(patch): Body<Patch>,
) -> Result<Json<Envelope<Application>>, Problem> {
    access.by.must_administer()?;
    let updated = registry.update_application(&access.by, &id, patch.into_update()?).await;
    let view = updated.map_err(words::of_application)?;
    let shown = Application::of(&view.application, &view.environments);
    Ok(Json(Envelope::of(shown, access.by.request_id)))
}

/// With everybody whom it has for itself, and whatever they do at the moment.
async fn delete_application(
    access: Access<DeleteApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    access.by.must_administer()?;
    registry.delete_application(&access.by, &id, Expected::Any).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The secret of the application as a whole. The one before is refused from now
/// on: nothing there speaks of an overlap.
async fn rotate_keys(
    access: Access<RotateSecret>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Envelope<WithSecret<Application>>>, Problem> {
    access.by.must_administer()?;
    let rotated = registry.rotate_secret(&access.by, &id, Some(words::NO_OVERLAP)).await?;
    let view = registry.application(&access.by, &id).await?;
    let shown = Application::of(&view.application, &view.environments);
    let secret = Some(rotated.client_secret.expose().to_owned());
    let answer = Envelope::of(WithSecret::new(shown, secret), access.by.request_id);
    Ok(Json(answer.warning(words::SAVE_ONE)))
}

/// Those of the workspace, the newest first.
async fn all_applications(registry: &Registry, by: &By) -> Result<Vec<domain::Application>, Problem> {
    let of = OwnerQuery { tenant: Some(by.tenant.to_string()), ..OwnerQuery::default() };
    let page = |page| {
        let query = ApplicationQuery { page, of: of.clone(), ..ApplicationQuery::default() };
        async { registry.applications(by, query).await }
    };
    Ok(gather(usize::MAX, page).await?)
}
