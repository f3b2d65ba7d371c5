//! An answer, read whole.

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `null` when there is none, or none of JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    pub(super) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self { status: parts.status, headers: parts.headers, body, text }
    }

    /// The body of a 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        self.with(200)
    }

    /// What is in the envelope of a 200.
    #[track_caller]
    pub(crate) fn data(self) -> Value {
        self.with(200)["data"].take()
    }

    /// What is in the envelope of a 201.
    #[track_caller]
    pub(crate) fn created(self) -> Value {
        self.with(201)["data"].take()
    }

    #[track_caller]
    pub(crate) fn with(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Checks the form of a refusal, and yields the fields at fault with the
    /// code of each.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Vec<(String, String)> {
        assert_eq!(
            (self.status.as_u16(), self.body["error"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        let members: Vec<&str> =
            self.body.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(members, ["details", "error", "message", "request_id"]);
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        let details = self.body["details"].as_object().expect("an object");
        let code = |detail: &Value| detail["code"].as_str().expect("a code").to_owned();
        details.iter().map(|(field, detail)| (field.clone(), code(detail))).collect()
    }

    /// The same, and which fields are at fault, all with that code.
    #[track_caller]
    pub(crate) fn refused_for(self, status: u16, code: &str, fields: &[&str]) {
        let found = self.refused(status, code);
        let expected: Vec<_> = fields.iter().map(|&field| (field.to_owned(), code.to_owned())).collect();
        assert_eq!(found, expected);
    }

    /// Checks the form of a refusal of an OAuth endpoint.
    #[track_caller]
    pub(crate) fn refused_by_oauth(self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.body["error"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        let members: Vec<&str> =
            self.body.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(members, ["error", "error_description", "message", "request_id"]);
        assert_eq!(self.body["error_description"], self.body["message"]);
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        assert_eq!((self.header("cache-control"), self.header("pragma")), ("no-store", "no-cache"));
    }
}
