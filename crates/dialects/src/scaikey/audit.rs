//! `/audit/`, and the words that are in it.

mod shape;

use appkeep_http::action::ReadAudit;
use appkeep_http::{Access, AppState, Problem, Query};
use appkeep_service::{HistoryOf, NumberedAuditQuery, Registry};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use self::shape::Entry;
use super::envelope::{List, Single};
use super::parameters::Pages;
use super::{ours, parameters, with_slash, words};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(with_slash("/audit", &get(list_entries)))
        .merge(with_slash("/audit/actions", &get(list_actions)))
        .merge(with_slash("/audit/resource-types", &get(list_resource_types)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    tenant_id: Option<String>,
    partner_id: Option<String>,
    actor_id: Option<String>,
    actor_email: Option<String>,
    action: Option<String>,
    resource_type: Option<String>,
    resource_id: Option<String>,
    result: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    ip_address: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Whose {
    tenant_id: Option<String>,
    partner_id: Option<String>,
}

async fn list_entries(
    access: Access<ReadAudit>,
    State(state): State<AppState>,
    Query(pages): Query<Pages>,
    Query(asked): Query<Parameters>,
) -> Result<Json<List<Entry>>, Problem> {
    let query = NumberedAuditQuery {
        page: pages.into(),
        of: history_of(Whose { tenant_id: asked.tenant_id, partner_id: asked.partner_id }),
        actor: asked.actor_id,
        actor_email: asked.actor_email,
        action: asked.action,
        noun: asked.resource_type,
        about: asked.resource_id,
        refusals: asked.result.as_deref().map(words::is_failure).transpose()?,
        from: asked.start_time,
        until: asked.end_time,
        address: asked.ip_address,
    };
    let found = state.authority.numbered_audit_entries(&state.registry, &ours(access), query).await?;
    Ok(Json(List::of(found, Entry::of)))
}

async fn list_actions(
    access: Access<ReadAudit>,
    State(registry): State<Registry>,
    Query(whose): Query<Whose>,
) -> Result<Json<Single<Vec<String>>>, Problem> {
    Ok(Json(Single::of(registry.audit_actions(&ours(access), &history_of(whose)).await?)))
}

async fn list_resource_types(
    access: Access<ReadAudit>,
    State(registry): State<Registry>,
    Query(whose): Query<Whose>,
) -> Result<Json<Single<Vec<String>>>, Problem> {
    Ok(Json(Single::of(registry.audit_nouns(&ours(access), &history_of(whose)).await?)))
}

fn history_of(Whose { tenant_id, partner_id }: Whose) -> HistoryOf {
    HistoryOf {
        tenant: tenant_id.map(parameters::tenant_id),
        partner: partner_id.map(parameters::partner_id),
    }
}
