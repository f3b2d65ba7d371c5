//! `/groups/` and `/groups/{group_id}`, and who is in one.

mod shape;

use appkeep_domain::Action;
use appkeep_http::action::{ManageGroups, ReadGroups};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segment, Segments};
use appkeep_service::{Expected, Of, PeopleQuery, Registry};
use axum::extract::State;
use axum::routing::{delete, get};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use self::shape::{Added, Group, Member, NewGroup, NewMember, Patch};
use super::envelope::{List, Single};
use super::parameters::Pages;
use super::{ours, parameters, with_slash, words};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(with_slash("/groups", &get(list_groups).post(create_group)))
        .merge(with_slash("/groups/{group_id}", &get(get_group).patch(update_group).delete(delete_group)))
        .merge(with_slash("/groups/{group_id}/members", &get(list_members).post(add_member)))
        .merge(with_slash("/groups/{group_id}/members/{user_id}", &delete(remove_member)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    search: Option<String>,
    tenant_id: Option<String>,
    partner_id: Option<String>,
    group_type: Option<String>,
}

async fn list_groups(
    access: Access<ReadGroups>,
    State(registry): State<Registry>,
    Query(pages): Query<Pages>,
    Query(asked): Query<Parameters>,
) -> Result<Json<List<Group>>, Problem> {
    words::check_group_type(asked.group_type.as_deref())?;
    let query = PeopleQuery {
        page: pages.into(),
        tenant: asked.tenant_id.map(parameters::tenant_id),
        partner: asked.partner_id.map(parameters::partner_id),
        status: None,
        text: asked.search,
    };
    let found = registry.numbered_groups(&ours(access), query).await?;
    Ok(Json(List::of(found, |of: &Of<_>| Group::of(&of.it, &of.tenant))))
}

async fn create_group(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Body(new): Body<NewGroup>,
) -> Result<(StatusCode, Json<Single<Group>>), Problem> {
    let (tenant, fields) = new.into_fields()?;
    let there = registry.there_for_new(&ours(access), Action::ManageGroups, tenant.as_deref()).await?;
    let group = registry.create_group(&there.by, fields).await?;
    Ok((StatusCode::CREATED, Json(Single::of(Group::of(&group, &there.tenant)))))
}

async fn get_group(
    access: Access<ReadGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Single<Group>>, Problem> {
    let there = registry.there_with_group(&ours(access), Action::ReadGroups, &id).await?;
    let group = registry.group(&there.by, &id).await?;
    Ok(Json(Single::of(Group::of(&group, &there.tenant))))
}

async fn update_group(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(patch): Body<Patch>,
) -> Result<Json<Single<Group>>, Problem> {
    let there = registry.there_with_group(&ours(access), Action::ManageGroups, &id).await?;
    let (tenant, update) = patch.into_update()?;
    there.check_unchanged(tenant.as_deref())?;
    let group = registry.update_group(&there.by, &id, update).await?;
    Ok(Json(Single::of(Group::of(&group, &there.tenant))))
}

/// What is deleted is gone; who was in it stays.
async fn delete_group(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    let there = registry.there_with_group(&ours(access), Action::ManageGroups, &id).await?;
    registry.delete_group(&there.by, &id, Expected::Any).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_members(
    access: Access<ReadGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(pages): Query<Pages>,
) -> Result<Json<List<Member>>, Problem> {
    let there = registry.there_with_group(&ours(access), Action::ReadGroups, &id).await?;
    let found = registry.numbered_group_members(&there.by, &id, pages.into()).await?;
    Ok(Json(List::of(found, |member| Member::of(member, &there.tenant))))
}

async fn add_member(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(new): Body<NewMember>,
) -> Result<(StatusCode, Json<Single<Added>>), Problem> {
    let there = registry.there_with_group(&ours(access), Action::ManageGroups, &id).await?;
    registry.add_group_member(&there.by, &id, &new.user_id).await?;
    Ok((StatusCode::CREATED, Json(Single::of(Added { group_id: id, user_id: new.user_id }))))
}

async fn remove_member(
    access: Access<ManageGroups>,
    State(registry): State<Registry>,
    Segments(id, user): Segments,
) -> Result<StatusCode, Problem> {
    let there = registry.there_with_group(&ours(access), Action::ManageGroups, &id).await?;
    registry.remove_group_member(&there.by, &id, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
