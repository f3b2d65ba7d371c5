//! `/users/` and `/users/{user_id}`.

mod shape;

use appkeep_domain::{Action, LinkPurpose};
use appkeep_http::action::{ManageUsers, ReadUsers};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segment};
use appkeep_service::{Expected, Of, PeopleQuery, Pool, Registry};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use self::shape::{NewUser, Patch, User};
use super::envelope::{List, Single};
use super::parameters::Pages;
use super::{ours, parameters, with_slash, words};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(with_slash("/users", &get(list_users).post(create_user)))
        .merge(with_slash("/users/{user_id}", &get(get_user).patch(update_user).delete(delete_user)))
        .merge(with_slash("/users/{user_id}/reset-password", &post(reset_password)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    search: Option<String>,
    status: Option<String>,
    tenant_id: Option<String>,
    partner_id: Option<String>,
}

async fn list_users(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Query(pages): Query<Pages>,
    Query(asked): Query<Parameters>,
) -> Result<Json<List<User>>, Problem> {
    let query = PeopleQuery {
        page: pages.into(),
        tenant: asked.tenant_id.map(parameters::tenant_id),
        partner: asked.partner_id.map(parameters::partner_id),
        status: asked.status.as_deref().map(words::standing),
        text: asked.search,
    };
    let found = registry.numbered_users(&ours(access), query).await?;
    Ok(Json(List::of(found, |of: &Of<_>| User::of(&of.it, &of.tenant))))
}

async fn create_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Body(new): Body<NewUser>,
) -> Result<(StatusCode, Json<Single<User>>), Problem> {
    let (tenant, fields) = new.into_fields()?;
    let there = registry.there_for_new(&ours(access), Action::ManageUsers, tenant.as_deref()).await?;
    let view = registry.create_user(&there.by, Pool::Tenant, fields).await.map_err(words::of_person)?;
    Ok((StatusCode::CREATED, Json(Single::of(User::of(&view.user, &there.tenant)))))
}

async fn get_user(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Single<User>>, Problem> {
    let there = registry.there_with_user(&ours(access), Action::ReadUsers, &id).await?;
    let view = registry.user(&there.by, Pool::Tenant, &id).await?;
    Ok(Json(Single::of(User::of(&view.user, &there.tenant))))
}

async fn update_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(patch): Body<Patch>,
) -> Result<Json<Single<User>>, Problem> {
    let there = registry.there_with_user(&ours(access), Action::ManageUsers, &id).await?;
    let (tenant, update) = patch.into_update()?;
    there.check_unchanged(tenant.as_deref())?;
    let view = registry.update_user(&there.by, Pool::Tenant, &id, update).await.map_err(words::of_person)?;
    Ok(Json(Single::of(User::of(&view.user, &there.tenant))))
}

/// Nobody is put away here: who is deleted is gone.
async fn delete_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    let there = registry.there_with_user(&ours(access), Action::ManageUsers, &id).await?;
    registry.delete_user(&there.by, Pool::Tenant, &id, Expected::Any).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The link is mailed to the user's own address.
async fn reset_password(
    access: Access<ManageUsers>,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    let there = state.registry.there_with_user(&ours(access), Action::ManageUsers, &id).await?;
    let link = (id.as_str(), LinkPurpose::ResetPassword);
    state.authority.mail_link(&there.by, link, state.mail.clone()).await?;
    Ok(StatusCode::NO_CONTENT)
}
