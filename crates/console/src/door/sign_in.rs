//! Signing in to the console, and out of it: by the authorization code flow, as at
//! any application.

use appkeep_domain::{MANAGEMENT_SCOPES, OIDC_SCOPES};
use appkeep_http::pages::{Cookie, Site};
use appkeep_http::{AppState, Device, Problem};
use appkeep_oauth::{ClientAuthentication, CodeChallenge, CodeVerifier, TokenQuery, TokenRequest};
use appkeep_service::{RequestOrigin, sha256};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, StatusCode};
use url::form_urlencoded::Serializer;

use super::session::{Session, client_id, trade};
use super::way::Way;
use crate::outside::{Outside, sign_in_path};
use crate::posted::Asked;
use crate::view::see_other;

const CALLBACK: &str = "/console/callback";

/// Whoever comes here is nobody yet.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/console/sign-in", get(sign_in)).route(CALLBACK, get(callback))
}

/// Sends the browser to where people sign in.
async fn sign_in(State(state): State<AppState>, asked: Asked) -> Result<Response, Problem> {
    let way = Way::begin(&asked.text("to"), &*state.entropy);
    let client_id = client_id(&state).await?;
    let challenge = CodeChallenge::from_bytes(sha256(way.verifier.as_bytes())).to_string();
    let scope: Vec<_> = OIDC_SCOPES.iter().chain(&MANAGEMENT_SCOPES).copied().collect();
    let query = Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &client_id)
        .append_pair("redirect_uri", &redirect_uri(&state))
        .append_pair("scope", &scope.join(" "))
        .append_pair("state", &way.state)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", CodeChallenge::METHOD)
        .finish();
    let response = see_other(&state.site, &format!("/oauth2/authorize?{query}"));
    Ok(keeping(response, way.cookie(&state.site)))
}

fn redirect_uri(state: &AppState) -> String {
    format!("{}{CALLBACK}", state.authority.issuer())
}

/// Where the browser comes back to, with a code or with the reason why not.
async fn callback(
    State(state): State<AppState>,
    Device(device): Device,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Response, Problem> {
    let site = &state.site;
    let Some(way) = Way::resume(site, &headers, &asked.text("state")) else {
        return Ok(again(site, "/console", "That took too long, or was begun in another browser."));
    };
    let code = asked.get("code").filter(|_| asked.get("error").is_none());
    let verifier = CodeVerifier::parse(&way.verifier).ok();
    let (Some(code), Some(verifier)) = (code, verifier) else {
        return Ok(again(site, &way.to, "You were not signed in."));
    };
    let request = TokenRequest::AuthorizationCode {
        code,
        redirect_uri: Some(redirect_uri(&state)),
        code_verifier: Some(verifier),
        targets: Vec::new(),
    };
    match trade(&state, request, &device.origin).await? {
        Ok(issued) => {
            let session = Session::of(issued);
            // Who would not be let in is not sent round and round.
            if !session.fits(site) || state.authority.caller(&session.access_token).await.is_err() {
                return Ok(again(
                    site,
                    &way.to,
                    "You were signed in, and may not use the console at the moment.",
                ));
            }
            let mut cookies = session.cookies(site);
            cookies.extend(Cookie::ConsoleWay.clear(site));
            Ok(keeping(see_other(site, &way.to), cookies))
        }
        Err(refusal) => {
            tracing::debug!(code = refusal.code().as_str(), "nobody was signed in to the console");
            Ok(again(site, &way.to, "You were not signed in."))
        }
    }
}

fn again(site: &Site, to: &str, sentence: &str) -> Response {
    let page = Outside {
        title: "Sign in to Appkeep".to_owned(),
        sentence: sentence.to_owned(),
        words: "Sign in".to_owned(),
        href: sign_in_path(to),
        detail: None,
    };
    page.answer(site, StatusCode::BAD_REQUEST)
}

/// `POST /console/sign-out`, behind the door: the tokens end, and so, when the
/// person says so, does their sign-in.
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    Device(device): Device,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let client_id = client_id(&state).await?;
    if let Some(session) = Session::read(&state.site, &headers) {
        end(&state, session, (&client_id, &device.origin)).await;
    }
    let query = Serializer::new(String::new())
        .append_pair("client_id", &client_id)
        .append_pair("post_logout_redirect_uri", &format!("{}/console", state.authority.issuer()))
        .finish();
    let response = see_other(&state.site, &format!("/oauth2/logout?{query}"));
    Ok(keeping(response, Session::gone(&state.site)))
}

async fn end(state: &AppState, session: Session, (client_id, origin): (&str, &RequestOrigin)) {
    let token = session.refresh_token.unwrap_or(session.access_token);
    let client = ClientAuthentication::Public { client_id: client_id.to_owned() };
    let query = TokenQuery { token, token_type_hint: None };
    match state.authority.revoke(client, query, origin).await {
        Ok(()) => {}
        // The browser loses it all the same, and its sign-in is asked about next.
        Err(refusal) => tracing::warn!(code = refusal.code().as_str(), "a token of the console goes on"),
    }
}

/// The same, but for what the answer itself says of a cookie: whoever signs out is
/// not handed a session that was renewed on the way.
pub(super) fn keeping_new(response: Response, cookies: Vec<HeaderValue>) -> Response {
    let said: Vec<_> = response.headers().get_all(SET_COOKIE).iter().cloned().collect();
    let is_new = |cookie: &HeaderValue| said.iter().all(|said| name_in(said) != name_in(cookie));
    keeping(response, cookies.into_iter().filter(is_new))
}

fn name_in(cookie: &HeaderValue) -> Option<&[u8]> {
    cookie.as_bytes().split(|byte| *byte == b'=').next()
}

/// The same answer, with what the browser is to keep.
pub(super) fn keeping(mut response: Response, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
