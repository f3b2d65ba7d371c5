//! `/applications/{application_id}/users`: the people whom an application has
//! for itself.

use appkeep_domain::{Identity, User};
use appkeep_http::action::{ManageUsers, ReadUsers};
use appkeep_http::{Access, AppState, Problem, Query, Segment, Segments, ThreeSegments};
use appkeep_service::{Expected, Pool, Registry, UserQuery};
use axum::extract::State;
use axum::routing::{delete, get};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::envelope::Envelope;
use super::list::{Part, gather};
use super::words;
use crate::json::object;
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_user).delete(delete_user);
    let connections = "/applications/{application_id}/users/{user_id}/oauth-connections";
    Router::new()
        .merge(with_slash("/applications/{application_id}/users", &get(list_users)))
        .merge(with_slash("/applications/{application_id}/users/{user_id}", &one))
        .merge(with_slash(connections, &get(list_connections)))
        .merge(with_slash(&format!("{connections}/{{provider}}"), &delete(delete_connection)))
}

/// Somebody whom an application has for itself, as they are shown.
#[derive(Serialize)]
pub(super) struct EndUser {
    id: String,
    email: String,
    name: Option<String>,
    email_verified: bool,
    status: &'static str,
    metadata: Map<String, Value>,
    last_login_at: Option<String>,
    created_at: String,
    updated_at: String,
}

impl EndUser {
    pub(super) fn of(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_str().to_owned(),
            name: user.name.as_ref().map(|name| name.as_str().to_owned()),
            email_verified: user.email_verified_at.is_some(),
            status: user.status.as_str(),
            metadata: object(user.metadata.members()),
            last_login_at: user.last_sign_in_at.map(|moment| moment.to_string()),
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}

/// With whom somebody signs in besides, and who they are there.
#[derive(Serialize)]
pub(super) struct OauthConnection {
    provider: String,
    provider_user_id: String,
    email: Option<String>,
    email_verified: bool,
    name: Option<String>,
    connected_at: String,
    last_used_at: String,
}

impl OauthConnection {
    pub(super) fn of(identity: &Identity) -> Self {
        Self {
            provider: identity.provider.to_string(),
            provider_user_id: identity.subject.as_str().to_owned(),
            email: identity.email.as_ref().map(|email| email.as_str().to_owned()),
            email_verified: identity.email_verified,
            name: identity.name.as_ref().map(|name| name.as_str().to_owned()),
            connected_at: identity.created_at.to_string(),
            last_used_at: identity.last_used_at.to_string(),
        }
    }
}

/// Whose users are meant: the live ones when nothing is said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Whose {
    mode: Option<String>,
}

impl Whose {
    fn pool(&self, application: &str) -> Result<Pool, Problem> {
        Ok(Pool::of_application(application, self.mode.as_deref()).map_err(words::of_pool)?)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    mode: Option<String>,
    limit: Option<i64>,
    offset: Option<i64>,
}

async fn list_users(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Query(asked): Query<Parameters>,
) -> Result<Json<Envelope<Vec<EndUser>>>, Problem> {
    let (by, part) = (&access.by, Part { limit: asked.limit, offset: asked.offset });
    let pool = Whose { mode: asked.mode }.pool(&id)?;
    let page = |page| {
        let query = UserQuery { page, ..UserQuery::default() };
        async { registry.users(by, pool, query).await }
    };
    let users = part.cut(gather(part.end()?, page).await?)?;
    let total = registry.count_users(by, pool).await?;
    let shown = users.iter().map(EndUser::of).collect();
    Ok(Json(Envelope::of(shown, by.request_id).total(total)))
}

async fn get_user(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segments(id, user): Segments,
    Query(whose): Query<Whose>,
) -> Result<Json<Envelope<EndUser>>, Problem> {
    let view = registry.user(&access.by, whose.pool(&id)?, &user).await?;
    Ok(Json(Envelope::of(EndUser::of(&view.user), access.by.request_id)))
}

async fn delete_user(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    Segments(id, user): Segments,
    Query(whose): Query<Whose>,
) -> Result<StatusCode, Problem> {
    registry.delete_user(&access.by, whose.pool(&id)?, &user, Expected::Any).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_connections(
    access: Access<ReadUsers>,
    State(registry): State<Registry>,
    Segments(id, user): Segments,
    Query(whose): Query<Whose>,
) -> Result<Json<Envelope<Vec<OauthConnection>>>, Problem> {
    let identities = registry.identities(&access.by, whose.pool(&id)?, &user).await?;
    let shown = identities.iter().map(OauthConnection::of).collect();
    Ok(Json(Envelope::of(shown, access.by.request_id)))
}

async fn delete_connection(
    access: Access<ManageUsers>,
    State(registry): State<Registry>,
    ThreeSegments(id, user, provider): ThreeSegments,
    Query(whose): Query<Whose>,
) -> Result<StatusCode, Problem> {
    registry.delete_identity(&access.by, whose.pool(&id)?, (&user, &provider)).await?;
    Ok(StatusCode::NO_CONTENT)
}
