//! `/applications/{application_id}/keys`.

use appkeep_domain::{Credential, Environment, Owner};
use appkeep_http::{AppState, Problem, Segment, Segments};
use appkeep_service::Registry;
use appkeep_service::access::{AddedKey, NewKeyFields};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Serialize;

use super::caller::{Holding, may};
use super::parameters::Parameters;
use super::words::{self, moment, tenant_id};
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_key).delete(delete_key);
    Router::new()
        .merge(with_slash("/applications/{application_id}/keys", &get(list_keys).post(create_key)))
        .merge(with_slash("/applications/{application_id}/keys/{key_id}", &one))
}

/// A key, and never what it is but when it was made.
#[derive(Serialize)]
pub(super) struct Key {
    id: String,
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    created_at: String,
}

impl Key {
    pub(super) fn of(credential: &Credential, owner: Owner) -> Self {
        Self {
            id: credential.id.to_uuid(),
            text: None,
            version: Credential::KEY_VERSION,
            tenant_id: tenant_id(owner),
            created_by: words::actor(credential.created_by.as_ref()),
            created_at: moment(credential.created_at),
        }
    }

    fn added(added: &AddedKey, owner: Owner) -> Self {
        Self { text: Some(added.key.expose().to_owned()), ..Self::of(&added.credential, owner) }
    }

    /// The same, and what it is where it is the one that was made.
    pub(super) fn shown(self, added: &AddedKey) -> Self {
        let is_it = self.id == added.credential.id.to_uuid();
        Self { text: is_it.then(|| added.key.expose().to_owned()), ..self }
    }
}

/// Not in parts: an application has few. Of those that are named in `id`, where
/// some are.
async fn list_keys(
    holding: Holding<may::ApplicationRead>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    parameters: Parameters,
) -> Result<Json<Vec<Key>>, Problem> {
    let (by, wanted) = (&holding.by, parameters.all("id"));
    let keys = registry.api_keys(by, &id).await?;
    let shown = keys.iter().map(|view| Key::of(&view.credential.credential, Owner::Tenant(by.tenant)));
    Ok(Json(shown.filter(|key| wanted.is_empty() || wanted.contains(&key.id)).collect()))
}

/// Of the environment that the caller's own is of. Whatever comes as a body is
/// not read.
async fn create_key(
    holding: Holding<may::ApplicationCreate>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<(StatusCode, Json<Key>), Problem> {
    let by = &holding.by;
    let environment = Environment::as_str(holding.principal.environment()).to_owned();
    let fields = NewKeyFields { environment: Some(environment), ..NewKeyFields::default() };
    let added = registry.add_key(by, &id, fields).await?;
    Ok((StatusCode::CREATED, Json(Key::added(&added, Owner::Tenant(by.tenant)))))
}

async fn get_key(
    holding: Holding<may::ApplicationRead>,
    State(registry): State<Registry>,
    Segments(id, key): Segments,
) -> Result<Json<Key>, Problem> {
    let view = registry.api_key(&holding.by, (&id, &key)).await?;
    Ok(Json(Key::of(&view.credential.credential, Owner::Tenant(holding.by.tenant))))
}

async fn delete_key(
    holding: Holding<may::ApplicationDelete>,
    State(registry): State<Registry>,
    Segments(id, key): Segments,
) -> Result<StatusCode, Problem> {
    registry.revoke_key(&holding.by, (&id, &key)).await?;
    Ok(StatusCode::NO_CONTENT)
}
