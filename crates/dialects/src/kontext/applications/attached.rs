//! `/applications/{application_id}/integrations`: what an application reaches.

use appkeep_http::action::{ReadApplication, UpdateApplication};
use appkeep_http::{Access, AppState, Body as Readable, Json as Body, Problem, Segment, Segments};
use appkeep_service::{AttachedIntegration, Integrations};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::with_slash;

const ALL: &str = "/applications/{application_id}/integrations";
const ONE: &str = "/applications/{application_id}/integrations/{integration_id}";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(with_slash(ALL, &get(list_attached).put(replace_attached)))
        .merge(with_slash(ONE, &post(attach).delete(detach)))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ids {
    integration_ids: Vec<String>,
}

impl Readable for Ids {
    const REQUIRED: &'static [&'static str] = &["integrationIds"];
}

impl Ids {
    fn of(attached: &[AttachedIntegration]) -> Self {
        Self { integration_ids: attached.iter().map(|one| one.integration.id.to_uuid()).collect() }
    }
}

async fn list_attached(
    access: Access<ReadApplication>,
    State(integrations): State<Integrations>,
    Segment(application): Segment,
) -> Result<Json<Ids>, Problem> {
    let attached = integrations.attached(&access.by, &application).await?;
    Ok(Json(Ids::of(&attached)))
}

/// These and no others from now on; nothing changes when one of them is unknown.
async fn replace_attached(
    access: Access<UpdateApplication>,
    State(integrations): State<Integrations>,
    Segment(application): Segment,
    Body(wanted): Body<Ids>,
) -> Result<Json<Ids>, Problem> {
    let wanted = &wanted.integration_ids;
    let attached = integrations.replace_attached(&access.by, &application, wanted).await?;
    Ok(Json(Ids::of(&attached)))
}

async fn attach(
    access: Access<UpdateApplication>,
    State(integrations): State<Integrations>,
    Segments(application, integration): Segments,
) -> Result<StatusCode, Problem> {
    integrations.attach(&access.by, &application, &integration).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn detach(
    access: Access<UpdateApplication>,
    State(integrations): State<Integrations>,
    Segments(application, integration): Segments,
) -> Result<StatusCode, Problem> {
    integrations.detach(&access.by, &application, &integration).await?;
    Ok(StatusCode::NO_CONTENT)
}
