//! A part of the path.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

/// The only parameter of a path, decoded, whatever it holds: whether it names
/// something is for the service to say. What is not UTF-8 names nothing.
#[derive(Debug, Clone)]
pub(crate) struct Segment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let first = parameters.ok().and_then(|all| all.iter().next().map(|(_, value)| value.to_owned()));
        Ok(Self(first.unwrap_or_default()))
    }
}

/// The two parameters of a path, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Segments(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segments {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let mut all = parameters.iter().flatten().map(|(_, value)| value.to_owned());
        Ok(Self(all.next().unwrap_or_default(), all.next().unwrap_or_default()))
    }
}

/// The three parameters of a path, in their order.
#[derive(Debug, Clone)]
pub(crate) struct ThreeSegments(pub(crate) String, pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for ThreeSegments {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let mut all = parameters.iter().flatten().map(|(_, value)| value.to_owned());
        let mut next = || all.next().unwrap_or_default();
        Ok(Self(next(), next(), next()))
    }
}
