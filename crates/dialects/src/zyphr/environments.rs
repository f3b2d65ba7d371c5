//! `/applications/{application_id}/environments`.

use appkeep_domain::{self as domain, ApplicationEnvironment};
use appkeep_http::action::{ReadApplication, RotateSecret};
use appkeep_http::{Access, AppState, Problem, Segment, Segments};
use appkeep_service::{CreatedEnvironment, Registry};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::envelope::Envelope;
use super::words;
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    let rotate = "/applications/{application_id}/environments/{mode}/rotate-keys";
    Router::new()
        .merge(with_slash("/applications/{application_id}/environments", &get(list_environments)))
        .merge(with_slash(rotate, &post(rotate_keys)))
}

/// Live or test of an application.
#[derive(Serialize)]
pub(super) struct Environment {
    id: String,
    mode: &'static str,
    public_key: String,
    /// Of one that was just made, or whose secret was.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<String>,
    created_at: String,
    /// When its secret was last replaced.
    updated_at: String,
}

impl Environment {
    pub(super) fn of(environment: &ApplicationEnvironment) -> Self {
        Self {
            id: environment.id.to_string(),
            mode: domain::Environment::as_str(environment.mode),
            public_key: environment.public_key.to_string(),
            secret_key: None,
            created_at: environment.created_at.to_string(),
            updated_at: environment.updated_at.to_string(),
        }
    }

    pub(super) fn created(created: &CreatedEnvironment) -> Self {
        Self::of(&created.environment).with_secret(created.secret_key.expose())
    }

    fn with_secret(self, secret: &str) -> Self {
        Self { secret_key: Some(secret.to_owned()), ..self }
    }
}

async fn list_environments(
    access: Access<ReadApplication>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Envelope<Vec<Environment>>>, Problem> {
    let environments = registry.environments(&access.by, &id).await?;
    let shown = environments.iter().map(Environment::of).collect();
    Ok(Json(Envelope::of(shown, access.by.request_id)))
}

/// Of one environment, and not of the other. The one before is refused from now
/// on.
async fn rotate_keys(
    access: Access<RotateSecret>,
    State(registry): State<Registry>,
    Segments(id, mode): Segments,
) -> Result<Json<Envelope<Environment>>, Problem> {
    access.by.must_administer()?;
    let which = (id.as_str(), mode.as_str());
    let rotated = registry.rotate_environment(&access.by, which, Some(words::NO_OVERLAP)).await?;
    let shown = Environment::of(&rotated.environment).with_secret(rotated.secret_key.expose());
    Ok(Json(Envelope::of(shown, access.by.request_id).warning(words::SAVE_ONE)))
}
