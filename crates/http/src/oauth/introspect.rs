//! `/oauth2/introspect` (RFC 7662).

use appkeep_api_types::{Act, Inactive, IntrospectionAnswer, IntrospectionForm};
use appkeep_oauth::TokenQuery;
use appkeep_service::{ActClaim, ActiveToken, Introspection};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::refused::ClientRefused;
use crate::extract::{OauthRequest, Requester};
use crate::mount::Here;
use crate::outgoing::Json;
use crate::refusal::Refused;
use crate::state::AppState;

/// Where it is, from the issuer on.
pub(super) const PATH: &str = "/oauth2/introspect";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(introspect_token))
}

/// Ask about a token
///
/// Of a token that is unknown, ended or none of the caller's business, the
/// answer says no more than that it is not active.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(content = IntrospectionForm, content_type = "application/x-www-form-urlencoded"),
    security(("client_secret_basic" = []), ()),
    responses((status = 200, description = "What is to be said of it", body = IntrospectionAnswer), ClientRefused),
)]
async fn introspect_token(
    Here(authority): Here,
    requester: Requester,
    OauthRequest { client, form }: OauthRequest,
) -> Result<Json<IntrospectionAnswer>, Refused> {
    let query = TokenQuery::parse(&form)?;
    let introspection = authority.introspect(client, query, &requester.origin()).await?;
    Ok(Json(answer(introspection)))
}

fn answer(introspection: Introspection) -> IntrospectionAnswer {
    match introspection {
        Introspection::Inactive => IntrospectionAnswer::Inactive(Inactive { active: false }),
        Introspection::Active(token) => IntrospectionAnswer::Active(Box::new(describe(*token))),
    }
}

fn describe(token: ActiveToken) -> appkeep_api_types::Introspection {
    appkeep_api_types::Introspection {
        active: true,
        iss: token.iss,
        sub: token.sub,
        aud: token.aud,
        client_id: token.client_id,
        jti: token.jti,
        scope: token.scope.to_string(),
        exp: token.exp,
        iat: token.iat,
        tenant_id: token.tenant_id,
        partner_id: token.partner_id,
        app_scope: token.app_scope.to_owned(),
        platform_token: token.platform_token,
        role: token.role.map(str::to_owned),
        token_type: "Bearer".to_owned(),
        sid: token.sid,
        auth_time: token.auth_time,
        act: token.act.map(act),
        impersonation_id: token.impersonation_id,
    }
}

fn act(claim: ActClaim) -> Act {
    let ActClaim { sub, client_id, act: before } = claim;
    Act { sub, client_id, act: before.map(|before| Box::new(act(*before))) }
}
