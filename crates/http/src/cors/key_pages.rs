//! Pages of any site that bring an API key: what is answered to those keys that
//! are in pages for anybody to read, each of them may read, with nobody's cookies.

use appkeep_domain::Environment;
use appkeep_domain::access::{AccessKind, AccessSession};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// How pages speak to a surface where API keys are brought.
#[derive(Debug, Clone, Copy)]
pub struct KeyPages {
    /// What was sent as a key, whatever it is worth.
    pub key: fn(&HeaderMap) -> Option<&str>,
    pub methods: &'static str,
    /// The headers that they may send.
    pub sent: &'static str,
    /// And those that they are shown.
    pub shown: &'static str,
}

impl KeyPages {
    /// What is around every route of the surface.
    pub async fn around(self, request: Request, next: Next) -> Response {
        if is_preflight(&request) {
            return self.preflight();
        }
        let may_be_read = request.headers().contains_key(ORIGIN) && self.is_for_pages(request.headers());
        let mut response = next.run(request).await;
        if may_be_read {
            self.allow(response.headers_mut());
        }
        response
    }

    /// Which key will come is not said yet, so that any page may go on asking.
    fn preflight(self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        self.allow(headers);
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_METHODS, self.methods),
            (ACCESS_CONTROL_ALLOW_HEADERS, self.sent),
            (ACCESS_CONTROL_MAX_AGE, "600"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// Any page, with nobody's cookies.
    fn allow(self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(self.shown));
    }

    /// Whether the key is of those that are in pages for anybody to read. One
    /// that belongs on a server is not helped to be used elsewhere.
    fn is_for_pages(self, headers: &HeaderMap) -> bool {
        let key = (self.key)(headers).unwrap_or_default();
        [Environment::Live, Environment::Test].into_iter().any(|environment| {
            let public = AccessKind::Public.key_prefix(environment);
            key.starts_with(public) || key.starts_with(AccessSession::key_prefix(environment))
        })
    }
}

fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_read_what_public_keys_are_answered() {
        fn sent(headers: &HeaderMap) -> Option<&str> {
            headers.get("x-key")?.to_str().ok()
        }
        let pages = KeyPages { key: sent, methods: "GET", sent: "x-key", shown: "x-request-id" };
        for (key, expected) in [
            ("key_prod_us_pub_x", true),
            ("key_test_us_pub_x", true),
            ("key_prod_us_sess_x", true),
            ("key_prod_us_pvt_x", false),
            ("key_prod_us_mgt_x", false),
            ("", false),
        ] {
            let headers = [("x-key".parse().expect("a name"), HeaderValue::from_static(key))];
            assert_eq!(pages.is_for_pages(&HeaderMap::from_iter(headers)), expected, "{key}");
        }
    }
}
