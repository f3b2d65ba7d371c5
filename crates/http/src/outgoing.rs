//! JSON on its way out.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use crate::problem::Problem;

/// An answer written as JSON. What cannot be written answers 500, like whatever
/// else goes wrong here.
///
/// The framework's own writes each character by itself into a buffer that grows
/// thrice for an answer of usual length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<T>(pub(crate) T);

/// As long as most answers are, in bytes.
const USUAL: usize = 512;

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut text = Vec::with_capacity(USUAL);
        let written = serde_json::to_writer(&mut text, &self.0);
        answer(text, written)
    }
}

/// Apart, so that it is compiled once.
fn answer(text: Vec<u8>, written: serde_json::Result<()>) -> Response {
    if let Err(error) = written {
        return Problem::internal(error).into_response();
    }
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::body::to_bytes;
    use http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn it_is_declared_and_whole() {
        let response = Json(BTreeMap::from([("a", "ß\n".repeat(USUAL))])).into_response();
        assert_eq!(
            (response.status(), &response.headers()[CONTENT_TYPE]),
            (StatusCode::OK, &"application/json".parse().expect("a value"))
        );
        let text = to_bytes(response.into_body(), usize::MAX).await.expect("is read");
        let read: BTreeMap<String, String> = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(read["a"], "ß\n".repeat(USUAL));
    }

    #[test]
    fn what_cannot_be_written_is_a_problem_of_ours() {
        let response = Json(BTreeMap::from([(vec![1], 1)])).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
