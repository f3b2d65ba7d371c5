//! `/sessions/` and `/sessions/{session_id}`.

mod shape;

use appkeep_domain::Action;
use appkeep_http::action::{EndSessions, ReadSessions};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segment};
use appkeep_service::{By, Error, Of, Registry, TenantSessionQuery};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use self::shape::{Revoked, Session, Whom};
use super::envelope::{List, Single};
use super::parameters::Pages;
use super::{ours, parameters, with_slash};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(with_slash("/sessions", &get(list_sessions)))
        .merge(with_slash("/sessions/revoke-all", &post(revoke_all)))
        .merge(with_slash("/sessions/{session_id}", &get(get_session).delete(end_session)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the parameters are called so")]
struct Parameters {
    user_id: Option<String>,
    tenant_id: Option<String>,
    partner_id: Option<String>,
}

async fn list_sessions(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Query(pages): Query<Pages>,
    Query(asked): Query<Parameters>,
) -> Result<Json<List<Session>>, Problem> {
    let query = TenantSessionQuery {
        page: pages.into(),
        user: asked.user_id.map(parameters::user_id),
        tenant: asked.tenant_id.map(parameters::tenant_id),
        partner: asked.partner_id.map(parameters::partner_id),
    };
    let found = registry.numbered_sessions(&ours(access), query).await?;
    Ok(Json(List::of(found, |of: &Of<_>| Session::of(&of.it, &of.tenant))))
}

async fn get_session(
    access: Access<ReadSessions>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Single<Session>>, Problem> {
    let there = registry.there_with_session(&ours(access), Action::ReadSessions, &id).await?;
    let view = registry.tenant_session(&there.by, &id).await?;
    Ok(Json(Single::of(Session::of(&view, &there.tenant))))
}

async fn end_session(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    let there = registry.there_with_session(&ours(access), Action::EndSessions, &id).await?;
    registry.end_tenant_session(&there.by, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke_all(
    access: Access<EndSessions>,
    State(registry): State<Registry>,
    Body(whom): Body<Whom>,
) -> Result<Json<Single<Revoked>>, Problem> {
    let revoked = revoke(&registry, &ours(access), whom).await?;
    Ok(Json(Single::of(Revoked { revoked })))
}

/// Of one person, who is of the tenant that is named, if one is; or of all of
/// the tenant.
async fn revoke(registry: &Registry, by: &By, whom: Whom) -> Result<u64, Error> {
    match whom {
        Whom::User { id, tenant } => {
            let there = registry.there_with_user(by, Action::EndSessions, &id).await?;
            there.check_unchanged(tenant.as_deref())?;
            registry.end_sessions_of_user(&there.by, &id).await
        }
        Whom::Tenant { id } => {
            let there = registry.there_in_tenant(by, Action::EndSessions, &id).await?;
            registry.end_sessions_of_tenant(&there.by).await
        }
    }
}
