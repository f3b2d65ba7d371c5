//! `GET /applications/{application_id}/effective-users`.

use appkeep_domain::{AccessPath, EffectiveUser, Group, Name, Tenant};
use appkeep_http::action::ReadEffectiveUsers;
use appkeep_http::{Access, AppState, Problem, Query, Segment};
use appkeep_service::{EffectiveQuery, EffectiveUserIn, NumberedQuery, Registry};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::envelope::List;
use super::{ours, words};

pub(super) fn routes() -> Router<AppState> {
    let path = "/applications/{application_id}/effective-users";
    Router::new().route(path, get(list_effective_users)).route(&format!("{path}/"), get(list_effective_users))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    page: Option<i64>,
    per_page: Option<i64>,
    tenant_id: Option<String>,
}

async fn list_effective_users(
    access: Access<ReadEffectiveUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(parameters): Query<Parameters>,
) -> Result<Json<List<UserInTenant>>, Problem> {
    let page = NumberedQuery { page: parameters.page, per_page: parameters.per_page };
    let query = EffectiveQuery { page, tenant: parameters.tenant_id };
    let found = registry.numbered_effective_users(&ours(access), &id, query).await?;
    Ok(Json(List::of(found, show)))
}

/// A user, where they are, and why they have access.
#[derive(Debug, Serialize)]
struct UserInTenant {
    id: String,
    email: String,
    username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    display_name: Option<String>,
    status: &'static str,
    tenant_id: Option<String>,
    tenant: Option<TenantOfUser>,
    access: Reasons,
}

#[derive(Debug, Serialize)]
struct TenantOfUser {
    id: String,
    name: String,
    slug: String,
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

fn show(found: &EffectiveUserIn) -> UserInTenant {
    let user = &found.effective.user;
    UserInTenant {
        id: user.id.to_string(),
        email: user.email.as_str().to_owned(),
        username: user.username.as_ref().map(ToString::to_string),
        first_name: user.given_name.as_ref().map(text),
        last_name: user.family_name.as_ref().map(text),
        display_name: user.name.as_ref().map(text),
        status: words::user_status(user.status),
        tenant_id: found.tenant.as_ref().map(|tenant| tenant.id.to_string()),
        tenant: found.tenant.as_ref().map(show_tenant),
        access: reasons(&found.effective, &found.groups),
    }
}

fn show_tenant(tenant: &Tenant) -> TenantOfUser {
    TenantOfUser { id: tenant.id.to_string(), name: text(&tenant.name), slug: tenant.slug.to_string() }
}

fn reasons(effective: &EffectiveUser, groups: &[Group]) -> Reasons {
    let direct = effective.paths.iter().any(|path| matches!(path, AccessPath::Direct));
    let show = |group: &Group| GroupOfUser { id: group.id.to_string(), name: text(&group.name) };
    Reasons { direct, via_groups: groups.iter().map(show).collect() }
}

fn text(name: &Name) -> String {
    name.as_str().to_owned()
}
