//! Which pages of other sites may read our answers (the CORS protocol of the
//! Fetch standard): those of an application's `allowed_origins`, exactly.
//!
//! Nobody's cookies count at these endpoints, and none are let through.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::asker::Noted;
use crate::oauth;
use crate::state::AppState;

/// For what anybody may know.
pub(crate) async fn public(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// A request that a page of another site makes.
pub(crate) struct FromPage {
    origin: String,
    is_preflight: bool,
}

impl FromPage {
    /// Nothing for most requests, which costs them next to nothing.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let origin = request.headers().get(ORIGIN)?.to_str().ok()?;
        if !oauth::FOR_CLIENTS.contains(&request.uri().path()) {
            return None;
        }
        let is_preflight = request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Some(Self { origin: origin.to_owned(), is_preflight })
    }

    /// The answer, in whose place comes that to a preflight.
    pub(crate) async fn answer(self, response: Response, noted: &Noted, state: &AppState) -> Response {
        if self.is_preflight {
            // Which client will ask is not said yet.
            let known = state.authority.knows_origin(&self.origin).await.unwrap_or_default();
            return vary(preflight(known.then_some(&self.origin)));
        }
        let mut response = vary(response);
        // A refusal of nobody in particular is for any page that may ask.
        let allowed = match noted.client() {
            Some(client) => state.authority.allows_origin(&client, &self.origin).await,
            None => state.authority.knows_origin(&self.origin).await,
        };
        if allowed.unwrap_or_default() {
            allow(response.headers_mut(), &self.origin);
        }
        response
    }
}

fn preflight(origin: Option<&String>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let Some(origin) = origin else { return response };
    let headers = response.headers_mut();
    allow(headers, origin);
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: &str) {
    if let Ok(origin) = HeaderValue::try_from(origin) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let exposed = HeaderValue::from_static("www-authenticate, retry-after, x-request-id");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}

/// What is kept for one site is not for another.
fn vary(mut response: Response) -> Response {
    response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    response
}
