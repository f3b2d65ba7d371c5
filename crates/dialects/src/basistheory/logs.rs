//! `/logs`: the tenant's history.

use appkeep_domain::{AuditEntry, TenantId};
use appkeep_http::{AppState, Problem};
use appkeep_service::{AuditQuery, HistoryOf, NumberedAuditQuery, Registry, subject_id};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::caller::{Holding, may};
use super::pages::{Cursored, Pages};
use super::parameters::Parameters;
use super::words::{actor, actor_type, moment, rfc_3339, tenant_id, uuid};
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(with_slash("/logs", &get(list_entries)))
        .merge(with_slash("/logs/entity-types", &get(list_entity_types)))
}

/// What happened, in short.
#[derive(Serialize)]
struct Log {
    id: String,
    tenant_id: Option<String>,
    actor_id: Option<String>,
    actor_type: &'static str,
    entity_type: String,
    entity_id: Option<String>,
    operation: String,
    message: String,
    created_at: String,
}

impl Log {
    fn of(entry: &AuditEntry) -> Self {
        let verb = entry.action.split_once('.').map_or("", |(_, verb)| verb);
        Self {
            id: entry.id.to_uuid(),
            tenant_id: tenant_id(entry.owner),
            actor_id: actor(Some(&entry.actor)),
            actor_type: actor_type(entry.actor.kind),
            entity_type: entry.noun().to_owned(),
            entity_id: subject_id(entry).map(uuid),
            operation: verb.to_owned(),
            message: in_words(&entry.action),
            created_at: moment(entry.occurred_at),
        }
    }
}

#[derive(Serialize)]
struct EntityType {
    display_name: String,
    value: String,
}

/// Clients that number their pages are answered by number, the others with
/// where the next part begins.
async fn list_entries(
    holding: Holding<may::LogRead>,
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let tenant = holding.principal.tenant()?;
    let [noun, about] = ["entity_type", "entity_id"].map(|name| parameters.one(name));
    let [from, until] = ["start_date", "end_date"].map(|name| parameters.one(name).map(rfc_3339));
    let (registry, by) = (&state.registry, &holding.by);
    if parameters.one("start").is_none() && parameters.one("page").is_some() {
        let (page, of) = (parameters.part()?, own(tenant));
        let query =
            NumberedAuditQuery { page, of, noun, about, from, until, ..NumberedAuditQuery::default() };
        let found = state.authority.numbered_audit_entries(registry, by, query).await?;
        return Ok(Json(Pages::of(found, |told| Log::of(&told.entry))).into_response());
    }
    let page = parameters.cursor_part()?;
    let query = AuditQuery { page, noun, about, from, until, ..AuditQuery::default() };
    let found = registry.audit_entries(by, query).await?;
    Ok(Json(Cursored::of(found, |entry| Log::of(&entry))).into_response())
}

async fn list_entity_types(
    holding: Holding<may::LogRead>,
    State(registry): State<Registry>,
) -> Result<Json<Vec<EntityType>>, Problem> {
    let nouns = registry.audit_nouns(&holding.by, &own(holding.principal.tenant()?)).await?;
    let show = |value: String| EntityType { display_name: in_words(&value), value };
    Ok(Json(nouns.into_iter().map(show).collect()))
}

fn own(tenant: TenantId) -> HistoryOf {
    HistoryOf { tenant: Some(tenant.to_string()), partner: None }
}

/// `vault_token.created` as `Vault token created`.
fn in_words(action: &str) -> String {
    let mut words = action.replace(['.', '_'], " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_told_in_words() {
        for (action, told) in
            [("vault_token.created", "Vault token created"), ("application", "Application"), ("", "")]
        {
            assert_eq!(in_words(action), told);
        }
    }
}
