//! `/tenants/` and `/tenants/{tenant_id}`.

mod shape;

use appkeep_http::action::{ManageTenants, ReadTenant};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segment};
use appkeep_service::{Registry, TenantQuery, Turn};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use self::shape::{NewTenant, Patch, Tenant};
use super::envelope::{List, Single};
use super::parameters::Pages;
use super::{ours, parameters, with_slash, words};

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_tenant).patch(update_tenant).delete(delete_tenant);
    Router::new()
        .merge(with_slash("/tenants", &get(list_tenants).post(create_tenant)))
        .merge(with_slash("/tenants/{tenant_id}", &one))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    search: Option<String>,
    status: Option<String>,
    partner_id: Option<String>,
}

async fn list_tenants(
    access: Access<ReadTenant>,
    State(registry): State<Registry>,
    Query(pages): Query<Pages>,
    Query(asked): Query<Parameters>,
) -> Result<Json<List<Tenant>>, Problem> {
    let query = TenantQuery {
        partner: asked.partner_id.map(parameters::partner_id),
        status: asked.status.as_deref().map(words::standing),
        text: asked.search,
        ..TenantQuery::default()
    };
    let found = registry.numbered_tenants(&ours(access), query, pages.into()).await?;
    Ok(Json(List::of(found, Tenant::of)))
}

async fn create_tenant(
    access: Access<ManageTenants>,
    State(state): State<AppState>,
    Body(new): Body<NewTenant>,
) -> Result<(StatusCode, Json<Single<Tenant>>), Problem> {
    let by = ours(access);
    let tenant = state.authority.create_tenant(&state.registry, &by, new.into_fields()).await?;
    Ok((StatusCode::CREATED, Json(Single::of(Tenant::of(&tenant)))))
}

async fn get_tenant(
    access: Access<ReadTenant>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Single<Tenant>>, Problem> {
    let tenant = registry.tenant_by_id(&ours(access), &id).await?;
    Ok(Json(Single::of(Tenant::of(&tenant))))
}

async fn update_tenant(
    access: Access<ManageTenants>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(patch): Body<Patch>,
) -> Result<Json<Single<Tenant>>, Problem> {
    let tenant = registry.amend_tenant(&ours(access), &id, patch.into_amendment()).await?;
    Ok(Json(Single::of(Tenant::of(&tenant))))
}

/// A soft delete there is an archive here.
async fn delete_tenant(
    access: Access<ManageTenants>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.turn_tenant(&ours(access), &id, Turn::Archive).await?;
    Ok(StatusCode::NO_CONTENT)
}
