//! What is around every request: its trace, and the pages that may read answers.

use appkeep_domain::RequestId;
use appkeep_http::KeyPages;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::caller::API_KEY;

/// By what a client finds its request again.
const TRACE_ID: HeaderName = HeaderName::from_static("bt-trace-id");
const LONGEST_TRACE: usize = 200;

const PAGES: KeyPages = KeyPages {
    key: sent_key,
    methods: "GET, POST, PUT, PATCH, DELETE",
    // All that the vendor's clients send from a page.
    sent: "accept, bt-api-key, bt-client-user-agent, bt-idempotency-key, bt-trace-id, content-type, \
           x-fern-language, x-fern-sdk-name, x-fern-sdk-version",
    shown: "bt-trace-id, idempotency-replayed, retry-after, x-request-id",
};

pub(super) async fn around(request: Request, next: Next) -> Response {
    let trace = trace(&request);
    traced(PAGES.around(request, next).await, trace)
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

fn sent_key(headers: &HeaderMap) -> Option<&str> {
    headers.get(API_KEY)?.to_str().ok()
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
}
