//! `/integrations`: what the organization lets its applications reach.

mod shape;

use appkeep_http::action::{ManageIntegrations, ReadIntegrations};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segment};
use appkeep_service::{Expected, IntegrationQuery, IntegrationUpdate, Integrations};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use self::shape::{Client, Integration, NewClient, OF_OAUTH, Said, Single, SingleClient, Validated};
use super::pages::{self, Items};
use super::words;
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_integration).patch(update_integration).delete(archive_integration);
    let client = get(get_client).put(set_client).delete(clear_client);
    Router::new()
        .merge(with_slash("/integrations", &get(list_integrations).post(create_integration)))
        .merge(with_slash("/integrations/{integration_id}", &one))
        .merge(with_slash("/integrations/{integration_id}/validate", &post(validate_integration)))
        .merge(with_slash("/integrations/{integration_id}/oauth", &client))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Those that are not archived.
async fn list_integrations(
    access: Access<ReadIntegrations>,
    State(integrations): State<Integrations>,
    Query(asked): Query<Parameters>,
) -> Result<Json<Items<Integration>>, Problem> {
    let page = pages::part(asked.limit, asked.cursor)?;
    let query = IntegrationQuery { page, ..IntegrationQuery::default() };
    let found = integrations.list(&access.by, query).await?;
    Ok(Json(Items::of(found, |integration| Integration::of(&integration))))
}

/// Nothing is connected to.
async fn create_integration(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Body(said): Body<Said>,
) -> Result<(StatusCode, Json<Single>), Problem> {
    let made = integrations.create(&access.by, said.into_new()).await;
    let made = made.map_err(|error| words::in_oauth(error, &OF_OAUTH))?;
    Ok((StatusCode::CREATED, Json(Single { integration: Integration::of(&made) })))
}

/// Archived ones too.
async fn get_integration(
    access: Access<ReadIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Json<Single>, Problem> {
    let found = integrations.get(&access.by, &id).await?;
    Ok(Json(Single { integration: Integration::of(&found) }))
}

async fn update_integration(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    Body(said): Body<Said>,
) -> Result<Json<Single>, Problem> {
    let update = IntegrationUpdate { expected: Expected::Any, fields: said.into_fields() };
    let changed = integrations.update(&access.by, &id, update).await;
    let changed = changed.map_err(|error| words::in_oauth(error, &OF_OAUTH))?;
    Ok(Json(Single { integration: Integration::of(&changed) }))
}

async fn archive_integration(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    integrations.archive(&access.by, &id, Expected::Any).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what came of it, whatever that was.
async fn validate_integration(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Json<Validated>, Problem> {
    let reached = integrations.validate(&access.by, &id).await?;
    Ok(Json(Validated::of(&reached)))
}

async fn get_client(
    access: Access<ReadIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Json<SingleClient>, Problem> {
    let known = integrations.client(&access.by, &id).await?;
    Ok(Json(SingleClient { oauth: Client::of(&known) }))
}

async fn set_client(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    Body(new): Body<NewClient>,
) -> Result<Json<SingleClient>, Problem> {
    let known = integrations.set_client(&access.by, &id, new.into_fields()).await?;
    Ok(Json(SingleClient { oauth: Client::of(&known) }))
}

async fn clear_client(
    access: Access<ManageIntegrations>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    integrations.clear_client(&access.by, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
