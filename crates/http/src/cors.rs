//! Which pages of other sites may read our answers (the CORS protocol of the
//! Fetch standard): those of an application's `allowed_origins`, exactly.
//!
//! Nobody's cookies count at these endpoints, and none are let through.

mod key_pages;

use appkeep_service::Error;
use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tower::ServiceExt as _;

pub use self::key_pages::KeyPages;
use crate::asker::Noted;
use crate::mount;
use crate::oauth;
use crate::state::AppState;

/// Has `routes` answer a request that came by another path than theirs, to a
/// page of another site too.
pub async fn answer(routes: Router, state: &AppState, request: Request) -> Response {
    let (from_page, noted) = (FromPage::of(&request), Noted::of(request.extensions()));
    let response = match routes.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match from_page {
        Some(page) => page.answer(response, &noted, state).await,
        None => response,
    }
}

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
    /// Of the issuer that is asked, where that is a tenant's.
    slug: Option<String>,
}

impl FromPage {
    /// Nothing for most requests, which costs them next to nothing.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let origin = request.headers().get(ORIGIN)?.to_str().ok()?;
        let (slug, path) = mount::split(request.uri().path());
        if !oauth::FOR_CLIENTS.contains(&path) {
            return None;
        }
        let is_preflight = request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Some(Self { origin: origin.to_owned(), is_preflight, slug: slug.map(str::to_owned) })
    }

    /// The answer, in whose place comes that to a preflight.
    pub(crate) async fn answer(self, response: Response, noted: &Noted, state: &AppState) -> Response {
        if self.is_preflight {
            // Which client will ask is not said yet.
            let known = self.is_allowed(None, state).await.unwrap_or_default();
            return vary(preflight(known.then_some(&self.origin)));
        }
        let mut response = vary(response);
        if self.is_allowed(noted.claimed_client(), state).await.unwrap_or_default() {
            allow(response.headers_mut(), &self.origin);
        }
        response
    }

    /// What is said to nobody in particular is for any page that may ask.
    async fn is_allowed(&self, client: Option<String>, state: &AppState) -> Result<bool, Error> {
        let here = match &self.slug {
            Some(slug) => state.authority.at(slug).await?,
            None => Some(state.authority.clone()),
        };
        match (here, client) {
            (Some(here), Some(client)) => here.allows_origin(&client, &self.origin).await,
            (Some(here), None) => here.knows_origin(&self.origin).await,
            (None, _) => Ok(false),
        }
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
