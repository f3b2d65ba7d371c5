//! A JSON body.

use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;

use super::members;
use crate::problem::Problem;

/// What a request may carry as its body: a JSON object.
pub trait Body: DeserializeOwned {
    /// The members that must be there, so that all missing ones are told at once.
    const REQUIRED: &'static [&'static str];
}

/// A body of type `T`, declared as JSON and of the right shape. What is wrong
/// with it is told for every member at once.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: Body> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::unsupported_media_type());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        members::parse(&bytes).map(Self)
    }
}

/// The same, where the body may be left out.
#[derive(Debug, Clone, Copy)]
pub struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: Body + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let declared = is_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        match (bytes.is_empty(), declared) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => members::parse(&bytes).map(Self),
            (false, false) => Err(Problem::unsupported_media_type()),
        }
    }
}

/// `application/json` or another type whose suffix says it is JSON (RFC 6839 §3.1).
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = media_type.split_once('/') else { return false };
    let suffix = subtype.rsplit_once('+').map_or(subtype, |(_, suffix)| suffix);
    kind.eq_ignore_ascii_case("application") && suffix.eq_ignore_ascii_case("json")
}

/// What is told of a body that did not arrive.
pub(crate) fn unreadable(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::payload_too_large()
    } else {
        Problem::invalid_request("the body ended too early, or did not arrive in time")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_its_media_type() {
        for (declared, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            let value = declared.parse().expect("a header value");
            assert_eq!(is_json(&HeaderMap::from_iter([(CONTENT_TYPE, value)])), expected, "{declared}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
