//! `/tenants/{tenant_id}/…`: which of a tenant's people may use what.

mod shape;

use appkeep_domain::{Action, GroupId, Subject, UserId};
use appkeep_http::action::{ManageAssignments, ReadAssignments, ReadEffectiveUsers};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segments, ThreeSegments};
use appkeep_service::{By, EffectiveQuery, Error, ErrorCode, Registry};
use axum::extract::State;
use axum::routing::{delete, get};
use axum::{Json, Router};
use http::StatusCode;

use self::shape::{Assignees, Assignment, NewAssignment};
use super::effective_users::{UserInTenant, show};
use super::envelope::{List, Single};
use super::parameters::Pages;
use super::{ours, with_slash};

/// Below `/api/v1`.
pub(super) fn routes() -> Router<AppState> {
    let application = "/tenants/{tenant_id}/applications/{application_id}";
    let group = "/tenants/{tenant_id}/groups/{group_id}/applications";
    let user = "/tenants/{tenant_id}/users/{user_id}/applications";
    Router::new()
        .merge(with_slash(&format!("{application}/assignees"), &get(list_assignees)))
        .merge(with_slash(&format!("{application}/effective-users"), &get(list_effective_users)))
        .merge(with_slash(group, &get(list_of_group).post(assign_group)))
        .merge(with_slash(&format!("{group}/{{application_id}}"), &delete(unassign_group)))
        .merge(with_slash(user, &get(list_of_user).post(assign_user)))
        .merge(with_slash(&format!("{user}/{{application_id}}"), &delete(unassign_user)))
}

async fn list_assignees(
    access: Access<ReadAssignments>,
    State(registry): State<Registry>,
    Segments(tenant, application): Segments,
) -> Result<Json<Single<Assignees>>, Problem> {
    let there = registry.there_in_tenant(&ours(access), Action::ReadAssignments, &tenant).await?;
    let found = registry.assignees(&there.by, &application).await?;
    Ok(Json(Single::of(Assignees::of(&found, &there.tenant))))
}

async fn list_effective_users(
    access: Access<ReadEffectiveUsers>,
    State(registry): State<Registry>,
    Segments(tenant, application): Segments,
    Query(pages): Query<Pages>,
) -> Result<Json<List<UserInTenant>>, Problem> {
    let there = registry.there_in_tenant(&ours(access), Action::ReadEffectiveUsers, &tenant).await?;
    let query = EffectiveQuery { page: pages.into(), tenant: Some(tenant) };
    let found = registry.numbered_effective_users(&there.by, &application, query).await?;
    Ok(Json(List::of(found, show)))
}

async fn list_of_group(
    access: Access<ReadAssignments>,
    State(registry): State<Registry>,
    Segments(tenant, group): Segments,
) -> Result<Json<Single<Vec<Assignment>>>, Problem> {
    list(&registry, &ours(access), (&tenant, group_of(&group))).await
}

async fn list_of_user(
    access: Access<ReadAssignments>,
    State(registry): State<Registry>,
    Segments(tenant, user): Segments,
) -> Result<Json<Single<Vec<Assignment>>>, Problem> {
    list(&registry, &ours(access), (&tenant, user_of(&user))).await
}

async fn assign_group(
    access: Access<ManageAssignments>,
    State(registry): State<Registry>,
    Segments(tenant, group): Segments,
    Body(new): Body<NewAssignment>,
) -> Result<(StatusCode, Json<Single<Assignment>>), Problem> {
    assign(&registry, &ours(access), (&tenant, group_of(&group)), &new.application_id).await
}

async fn assign_user(
    access: Access<ManageAssignments>,
    State(registry): State<Registry>,
    Segments(tenant, user): Segments,
    Body(new): Body<NewAssignment>,
) -> Result<(StatusCode, Json<Single<Assignment>>), Problem> {
    assign(&registry, &ours(access), (&tenant, user_of(&user)), &new.application_id).await
}

async fn unassign_group(
    access: Access<ManageAssignments>,
    State(registry): State<Registry>,
    ThreeSegments(tenant, group, application): ThreeSegments,
) -> Result<StatusCode, Problem> {
    unassign(&registry, &ours(access), (&tenant, group_of(&group)), &application).await
}

async fn unassign_user(
    access: Access<ManageAssignments>,
    State(registry): State<Registry>,
    ThreeSegments(tenant, user, application): ThreeSegments,
) -> Result<StatusCode, Problem> {
    unassign(&registry, &ours(access), (&tenant, user_of(&user)), &application).await
}

/// Somebody of a tenant, as far as the text names anybody.
type Whose<'a> = (&'a str, Result<Subject, Error>);

async fn list(
    registry: &Registry,
    by: &By,
    (tenant, subject): Whose<'_>,
) -> Result<Json<Single<Vec<Assignment>>>, Problem> {
    let there = registry.there_in_tenant(by, Action::ReadAssignments, tenant).await?;
    let subject = subject?;
    let found = registry.assigned_applications(&there.by, subject).await?;
    let shown = found.iter().map(|one| Assignment::of(one, subject, &there.tenant)).collect();
    Ok(Json(Single::of(shown)))
}

async fn assign(
    registry: &Registry,
    by: &By,
    (tenant, subject): Whose<'_>,
    application: &str,
) -> Result<(StatusCode, Json<Single<Assignment>>), Problem> {
    let there = registry.there_in_tenant(by, Action::ManageAssignments, tenant).await?;
    let subject = subject?;
    let assigned = registry.assign_in_tenant(&there.by, application, subject).await?;
    let shown = Assignment::of(&assigned, subject, &there.tenant);
    Ok((StatusCode::CREATED, Json(Single::of(shown))))
}

async fn unassign(
    registry: &Registry,
    by: &By,
    (tenant, subject): Whose<'_>,
    application: &str,
) -> Result<StatusCode, Problem> {
    let there = registry.there_in_tenant(by, Action::ManageAssignments, tenant).await?;
    registry.unassign_in_tenant(&there.by, application, subject?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A text that is no id is one that never existed.
fn group_of(raw: &str) -> Result<Subject, Error> {
    let absent = |_| Error::new(ErrorCode::GroupNotFound, "there is no such group");
    GroupId::parse(raw).map(Subject::Group).map_err(absent)
}

fn user_of(raw: &str) -> Result<Subject, Error> {
    let absent = |_| Error::new(ErrorCode::UserNotFound, "there is no such user");
    UserId::parse(raw).map(Subject::User).map_err(absent)
}
