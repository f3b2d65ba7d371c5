//! Answers that show more than is kept of them.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;

/// An answer that shows what its caller may see at this moment. When it is given
/// again, that may have changed, so that something else is kept in its place.
#[derive(Debug)]
pub struct KeptLess<T> {
    pub answer: T,
    pub kept: Value,
}

/// The body that is kept, in the extensions of an answer.
#[derive(Debug, Clone)]
pub(super) struct KeptBody(pub(super) Bytes);

impl<T: IntoResponse> IntoResponse for KeptLess<T> {
    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        response.extensions_mut().insert(KeptBody(self.kept.to_string().into()));
        response
    }
}
