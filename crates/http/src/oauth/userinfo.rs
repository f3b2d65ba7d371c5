//! `/oauth2/userinfo` (OIDC Core §5.3).

use appkeep_api_types::UserInfo;
use appkeep_service::Authority;
use http::request::Parts;
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Guarded;
use crate::asker::Noted;
use crate::extract::read_token;
use crate::mount::Here;
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

/// Where it is, from the issuer on.
pub(super) const PATH: &str = "/oauth2/userinfo";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_userinfo, post_userinfo))
}

/// Learn who signed in
///
/// By an access token that was asked for with `openid`; what the answer says
/// depends on `profile`, `email` and `phone` beside it.
#[utoipa::path(
    get,
    path = PATH,
    tag = "oauth",
    security(("access_token" = ["openid"])),
    responses((status = 200, description = "What the token opens of the person", body = UserInfo), Guarded),
)]
async fn get_userinfo(Here(authority): Here, parts: Parts) -> Result<Json<UserInfo>, Problem> {
    tell(&authority, &parts).await
}

/// Learn who signed in, by POST
///
/// The same as by GET (OIDC Core §5.3.1); the token is in the header all the same.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    security(("access_token" = ["openid"])),
    responses((status = 200, description = "What the token opens of the person", body = UserInfo), Guarded),
)]
async fn post_userinfo(Here(authority): Here, parts: Parts) -> Result<Json<UserInfo>, Problem> {
    tell(&authority, &parts).await
}

async fn tell(authority: &Authority, parts: &Parts) -> Result<Json<UserInfo>, Problem> {
    let known = authority.userinfo(read_token(&parts.headers)?).await?;
    Noted::of(&parts.extensions).client(known.client);
    let mut claims = match serde_json::to_value(&known) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    };
    claims.remove("sub");
    Ok(Json(UserInfo { sub: known.sub, claims }))
}
