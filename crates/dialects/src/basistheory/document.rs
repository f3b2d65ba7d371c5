//! Bodies that are more than an object, or of a type of their own.

use appkeep_http::{Body, Json, Problem};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;

/// Any JSON.
pub(super) struct Document(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for Document {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            Problem::refused(
                rejection.status(),
                "payload_too_large",
                "the body is too long, or did not arrive",
            )
        })?;
        let read = serde_json::from_slice(&bytes);
        // What the parser says could repeat what was sent.
        let unread = |_| Problem::refused(StatusCode::BAD_REQUEST, "invalid_request", "the body is not JSON");
        read.map(Self).map_err(unread)
    }
}

/// An object of the type for it (RFC 7396).
pub(super) struct MergePatch<T>(pub(super) T);

impl<S: Send + Sync, T: Body> FromRequest<S> for MergePatch<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        const MEDIA_TYPE: &str = "application/merge-patch+json";
        let declared = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let declared = declared.and_then(|value| value.split(';').next()).unwrap_or_default();
        if !declared.trim().eq_ignore_ascii_case(MEDIA_TYPE) {
            let message = "the body must be declared as `application/merge-patch+json`";
            return Err(Problem::refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                message,
            ));
        }
        let Json(body) = Json::<T>::from_request(request, state).await?;
        Ok(Self(body))
    }
}
