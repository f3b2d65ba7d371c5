//! `GET /applications/{application_id}/effective-users`.

use appkeep_domain::{AccessPath, EffectiveUser, Group};
use appkeep_http::action::ReadEffectiveUsers;
use appkeep_http::{Access, AppState, Problem, Query, Segment};
use appkeep_service::{EffectiveQuery, EffectiveUserIn, Registry};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::envelope::List;
use super::ours;
use super::parameters::Pages;
use super::people::{Person, Tenant, text};

pub(super) fn routes() -> Router<AppState> {
    let path = "/applications/{application_id}/effective-users";
    Router::new().route(path, get(list_effective_users)).route(&format!("{path}/"), get(list_effective_users))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    tenant_id: Option<String>,
}

async fn list_effective_users(
    access: Access<ReadEffectiveUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(pages): Query<Pages>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<List<UserInTenant>>, Problem> {
    let query = EffectiveQuery { page: pages.into(), tenant: parameters.tenant_id };
    let found = registry.numbered_effective_users(&ours(access), &id, query).await?;
    Ok(Json(List::of(found, show)))
}

/// A user, where they are, and why they have access.
#[derive(Debug, Serialize)]
pub(super) struct UserInTenant {
    #[serde(flatten)]
    person: Person,
    access: Reasons,
}

#[derive(Debug, Serialize)]
struct Reasons {
    direct: bool,
    via_groups: Vec<GroupOfUser>,
}

#[derive(Debug, Serialize)]
struct GroupOfUser {
    id: String,
    name: String,
}

pub(super) fn show(found: &EffectiveUserIn) -> UserInTenant {
    let tenant = found.tenant.as_ref().map(|tenant| Tenant::new(tenant.id, &tenant.name, &tenant.slug));
    UserInTenant {
        person: Person::of(&found.effective.user, tenant),
        access: reasons(&found.effective, &found.groups),
    }
}

fn reasons(effective: &EffectiveUser, groups: &[Group]) -> Reasons {
    let direct = effective.paths.iter().any(|path| matches!(path, AccessPath::Direct));
    let show = |group: &Group| GroupOfUser { id: group.id.to_string(), name: text(&group.name) };
    Reasons { direct, via_groups: groups.iter().map(show).collect() }
}
