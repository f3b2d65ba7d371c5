//! `/applications`, `/applications/{application_id}` and what is asked with a
//! key about itself.

mod shape;

use appkeep_http::{AppState, Json as Body, Problem, Segment};
use appkeep_service::access::HolderQuery;
use appkeep_service::{Expected, Registry};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;

use self::shape::{Application, NewApplication, Update};
use super::caller::{Holder, Holding, may};
use super::pages::Pages;
use super::parameters::Parameters;
use crate::with_slash;

pub(super) use self::shape::{AccessRule, Rule, show_permissions, show_rules};

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_application).put(update_application).delete(delete_application);
    Router::new()
        .merge(with_slash("/applications", &get(list_applications).post(create_application)))
        .merge(with_slash("/applications/key", &get(get_own_application)))
        .merge(with_slash("/applications/{application_id}", &one))
        .merge(with_slash("/applications/{application_id}/regenerate", &post(regenerate_key)))
}

/// With a key of the environment that the caller's own is of.
async fn create_application(
    holding: Holding<may::ApplicationCreate>,
    State(registry): State<Registry>,
    Body(new): Body<NewApplication>,
) -> Result<(StatusCode, Json<Application>), Problem> {
    let new = new.into_holder(holding.principal.environment());
    let created = registry.create_holder(&holding.by, new).await?;
    Ok((StatusCode::CREATED, Json(Application::created(&created))))
}

async fn list_applications(
    holding: Holding<may::ApplicationRead>,
    State(registry): State<Registry>,
    parameters: Parameters,
) -> Result<Json<Pages<Application>>, Problem> {
    let (ids, kinds) = (parameters.all("id"), parameters.all("type"));
    let query = HolderQuery { ids, kinds, page: parameters.part()? };
    let found = registry.holders(&holding.by, query).await?;
    Ok(Json(Pages::of(found, |view| Application::of(&view))))
}

async fn get_application(
    holding: Holding<may::ApplicationRead>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Application>, Problem> {
    let view = registry.holder(&holding.by, &id).await?;
    Ok(Json(Application::of(&view)))
}

/// That whose key it is, whatever the key may do.
async fn get_own_application(
    holder: Holder,
    State(registry): State<Registry>,
) -> Result<Json<Application>, Problem> {
    let view = registry.own_holder(&holder.by, &holder.principal).await?;
    Ok(Json(Application::of(&view)))
}

async fn update_application(
    holding: Holding<may::ApplicationUpdate>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(update): Body<Update>,
) -> Result<Json<Application>, Problem> {
    let view = registry.update_holder(&holding.by, &id, update.into_fields()).await?;
    Ok(Json(Application::of(&view)))
}

async fn delete_application(
    holding: Holding<may::ApplicationDelete>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.delete_application(&holding.by, &id, Expected::Any).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn regenerate_key(
    holding: Holding<may::ApplicationUpdate>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Application>, Problem> {
    let replaced = registry.replace_key(&holding.by, &id).await?;
    Ok(Json(Application::created(&replaced)))
}
