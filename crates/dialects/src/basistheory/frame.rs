//! What is around every request: its trace, and the pages that may read answers.

use appkeep_domain::access::{AccessKind, AccessSession};
use appkeep_domain::{Environment, RequestId};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::caller::API_KEY;

/// By what a client finds its request again.
const TRACE_ID: HeaderName = HeaderName::from_static("bt-trace-id");
const LONGEST_TRACE: usize = 200;

/// All that the vendor's clients send from a page.
const SENT_FROM_PAGES: &str = "accept, bt-api-key, bt-client-user-agent, bt-idempotency-key, bt-trace-id, \
                               content-type, x-fern-language, x-fern-sdk-name, x-fern-sdk-version";
const SHOWN_TO_PAGES: &str = "bt-trace-id, idempotency-replayed, retry-after, x-request-id";

pub(super) async fn around(request: Request, next: Next) -> Response {
    let trace = trace(&request);
    if is_preflight(&request) {
        return traced(preflight(), trace);
    }
    let may_be_read = request.headers().contains_key(ORIGIN) && is_for_pages(request.headers());
    let mut response = next.run(request).await;
    if may_be_read {
        allow(response.headers_mut());
    }
    traced(response, trace)
}

/// What the client calls it, or else the id that we gave it.
fn trace(request: &Request) -> Option<HeaderValue> {
    let is_one = |value: &&HeaderValue| {
        (1..=LONGEST_TRACE).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    let sent = request.headers().get(TRACE_ID).filter(is_one).cloned();
    let ours = || request.extensions().get::<RequestId>()?.to_string().try_into().ok();
    sent.or_else(ours)
}

fn traced(mut response: Response, trace: Option<HeaderValue>) -> Response {
    if let Some(trace) = trace {
        response.headers_mut().insert(TRACE_ID, trace);
    }
    response
}

fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Which key will come is not said yet, so that any page may go on asking.
fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    allow(headers);
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE"),
        (ACCESS_CONTROL_ALLOW_HEADERS, SENT_FROM_PAGES),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Any page, with nobody's cookies.
fn allow(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN_TO_PAGES));
}

/// Whether the key is of those that are in pages for anybody to read. One that
/// belongs on a server is not helped to be used elsewhere.
fn is_for_pages(headers: &HeaderMap) -> bool {
    let key = headers.get(API_KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    [Environment::Live, Environment::Test].into_iter().any(|environment| {
        let public = AccessKind::Public.key_prefix(environment);
        key.starts_with(public) || key.starts_with(AccessSession::key_prefix(environment))
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let request =
            headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        request.body(Body::empty()).expect("a request")
    }

    #[test]
    fn a_trace_is_the_clients_where_it_is_one() {
        for (sent, expected) in [("9a1c-77", true), ("two words", false), ("", false)] {
            let mut request = request(&[("bt-trace-id", sent)]);
            let id = RequestId::from_bytes([1; 16]);
            request.extensions_mut().insert(id);
            let ours = id.to_string();
            let found = trace(&request).expect("one of both");
            assert_eq!(found, if expected { sent } else { &ours }, "{sent}");
        }
        assert_eq!(trace(&request(&[("bt-trace-id", &"x".repeat(201))])), None);
    }

    #[test]
    fn pages_read_what_public_keys_are_answered() {
        for (key, expected) in [
            ("key_prod_us_pub_x", true),
            ("key_test_us_pub_x", true),
            ("key_prod_us_sess_x", true),
            ("key_prod_us_pvt_x", false),
            ("key_prod_us_mgt_x", false),
            ("", false),
        ] {
            assert_eq!(is_for_pages(request(&[("bt-api-key", key)]).headers()), expected, "{key}");
        }
    }
}
