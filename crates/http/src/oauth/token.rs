//! `/oauth2/token` (RFC 6749 §3.2).

use appkeep_api_types::{Token, TokenForm};
use appkeep_oauth::{ACCESS_TOKEN_TYPE, TokenRequest};
use appkeep_service::{GivenOut, Integrations, IssuedToken, TheirToken};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::refused::ClientRefused;
use crate::extract::{OauthRequest, Requester};
use crate::mount::Here;
use crate::outgoing::Json;
use crate::refusal::Refused;
use crate::state::AppState;

/// Where it is, from the issuer on.
pub(super) const PATH: &str = "/oauth2/token";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create_token))
}

/// Get tokens
///
/// For a person who signed in, by `authorization_code` (RFC 6749 §4.1.3) and
/// `refresh_token` (§6), for the client itself, by `client_credentials` (§4.4),
/// or for whom another token speaks, by token exchange (RFC 8693), which also gives
/// out what one of the client's people has with an integration. A confidential
/// client proves who it is by its secret, in the `Authorization` header or the body,
/// or by a signed assertion (RFC 7523 §2.2).
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    security(("client_secret_basic" = []), ()),
    responses((status = 200, description = "The token", body = Token), ClientRefused),
)]
async fn create_token(
    Here(authority): Here,
    State(integrations): State<Integrations>,
    requester: Requester,
    OauthRequest { client, form }: OauthRequest,
) -> Result<Response, Refused> {
    let request = TokenRequest::parse(&form)?;
    let given = integrations.token(&authority, (client, request), &requester.origin()).await?;
    Ok(match given {
        GivenOut::Ours(issued) => Answer(issued).into_response(),
        GivenOut::Theirs(token) => Json(of_another(&token)).into_response(),
    })
}

/// What others give out may hold anything.
fn of_another(token: &TheirToken) -> Token {
    Token {
        access_token: token.access_token.to_string(),
        issued_token_type: Some(ACCESS_TOKEN_TYPE.to_owned()),
        token_type: "Bearer".to_owned(),
        expires_in: token.expires_in,
        scope: String::new(),
        refresh_token: None,
        id_token: None,
        provider_handle: Some(token.provider_handle.clone()),
        provider_kind: token.provider_kind.clone(),
    }
}

/// A [`Token`], printed without looking for what JSON has to escape: neither a
/// token nor a scope (RFC 6749 §3.3) can hold a quote or a backslash.
struct Answer(IssuedToken);

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Self(IssuedToken { access_token, expires_in, scope, refresh_token, id_token, issued_token_type }) =
            self;
        let mut json = format!(
            r#"{{"access_token":"{access_token}","token_type":"Bearer","expires_in":{expires_in},"scope":"{scope}""#
        );
        for (name, token) in [
            ("refresh_token", refresh_token.as_deref()),
            ("id_token", id_token.as_deref()),
            ("issued_token_type", issued_token_type),
        ] {
            if let Some(token) = token {
                for piece in [",\"", name, "\":\"", token, "\""] {
                    json.push_str(piece);
                }
            }
        }
        json.push('}');
        ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response()
    }
}

#[cfg(test)]
mod tests {
    use appkeep_oauth::ScopeSet;
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn the_answer_is_the_token_as_it_is_described() {
        let more = Some("rt_0".to_owned());
        for (scope, more) in [
            (ScopeSet::new(), None),
            (ScopeSet::parse("a:read !#[]~'").expect("are scopes"), None),
            (ScopeSet::new(), more),
        ] {
            let described = Token {
                access_token: "e30.e30.AQ-_".to_owned(),
                token_type: "Bearer".to_owned(),
                expires_in: Some(3_600),
                scope: scope.to_string(),
                refresh_token: more.clone(),
                id_token: more.clone(),
                issued_token_type: more.as_ref().map(|_| ACCESS_TOKEN_TYPE.to_owned()),
                provider_handle: None,
                provider_kind: None,
            };
            let issued = IssuedToken {
                access_token: "e30.e30.AQ-_".to_owned(),
                expires_in: 3_600,
                scope,
                refresh_token: more.clone(),
                issued_token_type: more.as_ref().map(|_| ACCESS_TOKEN_TYPE),
                id_token: more,
            };
            let response = Answer(issued).into_response();
            assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
            let body = response.into_body().collect().await.expect("is in memory").to_bytes();
            // In whichever order the members are.
            let read = serde_json::from_slice::<Token>(&body).expect("is one");
            assert_eq!(read, described);
        }
    }
}
