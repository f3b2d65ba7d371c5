//! Which pages may read what is answered: those of the application whose key
//! they bring, at the origins that it allows (the CORS protocol of the Fetch
//! standard). No cookies count here.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::zyphr::limits::is_for_end_users;

const PREFLIGHT: [(HeaderName, &str); 3] = [
    (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH, DELETE"),
    (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, x-application-key"),
    (ACCESS_CONTROL_MAX_AGE, "600"),
];
const EXPOSED: &str =
    "retry-after, x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset";

/// The origin of the page that asks, once it is known that it may.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowed(Arc<OnceLock<HeaderValue>>);

impl Allowed {
    pub(super) fn note(parts: &Parts, may: impl Fn(&str) -> bool) {
        let (Some(allowed), Some(origin)) = (parts.extensions.get::<Self>(), parts.headers.get(ORIGIN))
        else {
            return;
        };
        if origin.to_str().is_ok_and(may) {
            let _ = allowed.0.set(origin.clone());
        }
    }
}

/// Answers preflights, which bring no key: to whichever page, since they say
/// nothing. What they lead to is answered to the pages that may read it.
pub(in crate::zyphr) async fn answer(mut request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned().filter(|_| is_for_end_users(&request));
    let Some(origin) = origin else { return next.run(request).await };
    let asks_first = request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() == Method::OPTIONS && asks_first {
        return preflight(origin);
    }
    let allowed = Allowed::default();
    request.extensions_mut().insert(allowed.clone());
    let mut response = next.run(request).await;
    response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed.0.get() {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    response
}

fn preflight(origin: HeaderValue) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(VARY, HeaderValue::from_static("origin"));
    for (name, value) in PREFLIGHT {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
