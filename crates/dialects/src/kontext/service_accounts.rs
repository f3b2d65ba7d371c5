//! `/service-accounts`: programs that administer the organization in their own
//! name.

use appkeep_domain as domain;
use appkeep_http::action::{ManageOperators, ReadOperators};
use appkeep_http::{Access, AppState, Body as Readable, Json as Body, Problem, Query, Segment};
use appkeep_service::{
    EarlierTokens, Edit, Registry, ServiceAccountFields, ServiceAccountQuery, ServiceAccountSecret,
};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::pages::{self, Items};
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_account).delete(archive_account);
    Router::new()
        .merge(with_slash("/service-accounts", &get(list_accounts).post(create_account)))
        .merge(with_slash("/service-accounts/{service_account_id}", &one))
        .merge(with_slash("/service-accounts/{service_account_id}/rotate-secret", &post(rotate_secret)))
}

/// As it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceAccount {
    id: String,
    name: String,
    description: Option<String>,
    role: &'static str,
    created_at: String,
    updated_at: String,
    archived_at: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Single {
    service_account: ServiceAccount,
}

/// What it proves itself by, this one time.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    client_id: String,
    client_secret: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    service_account: ServiceAccount,
    credentials: Credentials,
}

#[derive(Serialize)]
struct Rotated {
    credentials: Credentials,
}

impl ServiceAccount {
    fn of(account: &domain::ServiceAccount) -> Self {
        Self {
            id: account.id.to_uuid(),
            name: account.name.to_string(),
            description: account.description.clone(),
            role: account.role.as_str(),
            created_at: account.created_at.to_string(),
            updated_at: account.updated_at.to_string(),
            archived_at: account.archived_at.map(|at| at.to_string()),
        }
    }
}

impl Credentials {
    fn of(made: &ServiceAccountSecret) -> Self {
        Self { client_id: made.account.id.client_id(), client_secret: made.secret.expose().to_owned() }
    }
}

#[derive(Deserialize)]
struct New {
    name: String,
    description: Option<String>,
    /// Of ours; an admin where nothing is said.
    role: Option<String>,
}

impl Readable for New {
    const REQUIRED: &'static [&'static str] = &["name"];
}

async fn create_account(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let description = new.description.map_or(Edit::Keep, Edit::Set);
    let fields = ServiceAccountFields { name: Some(new.name), description, role: new.role };
    let made = registry.create_service_account(&access.by, fields).await?;
    let service_account = ServiceAccount::of(&made.account);
    Ok((StatusCode::CREATED, Json(Created { service_account, credentials: Credentials::of(&made) })))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Those that are not archived.
async fn list_accounts(
    access: Access<ReadOperators>,
    State(registry): State<Registry>,
    Query(asked): Query<Parameters>,
) -> Result<Json<Items<ServiceAccount>>, Problem> {
    let page = pages::part(asked.limit, asked.cursor)?;
    let query = ServiceAccountQuery { page, ..ServiceAccountQuery::default() };
    let found = registry.service_accounts(&access.by, query).await?;
    Ok(Json(Items::of(found, |account| ServiceAccount::of(&account))))
}

async fn get_account(
    access: Access<ReadOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Single>, Problem> {
    let account = registry.service_account(&access.by, &id).await?;
    Ok(Json(Single { service_account: ServiceAccount::of(&account) }))
}

/// The secret before is refused from now on; tokens live until they expire.
async fn rotate_secret(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Rotated>, Problem> {
    let made = registry.rotate_service_account_secret(&access.by, &id, EarlierTokens::LiveOn).await?;
    Ok(Json(Rotated { credentials: Credentials::of(&made) }))
}

async fn archive_account(
    access: Access<ManageOperators>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.archive_service_account(&access.by, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
