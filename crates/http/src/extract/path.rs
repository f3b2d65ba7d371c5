//! A part of the path, from where the address of the issuer ends.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use crate::mount::SLUG;

/// The only parameter of a path, decoded, whatever it holds: whether it names
/// something is for the service to say. What is not UTF-8 names nothing.
#[derive(Debug, Clone)]
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let [first] = parameters(parts, state).await;
        Ok(Self(first))
    }
}

/// The two parameters of a path, in their order.
#[derive(Debug, Clone)]
pub struct Segments(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segments {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let [first, second] = parameters(parts, state).await;
        Ok(Self(first, second))
    }
}

/// The three parameters of a path, in their order.
#[derive(Debug, Clone)]
pub struct ThreeSegments(pub String, pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for ThreeSegments {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let [first, second, third] = parameters(parts, state).await;
        Ok(Self(first, second, third))
    }
}

/// The first that are not of the address.
async fn parameters<const N: usize, S: Send + Sync>(parts: &mut Parts, state: &S) -> [String; N] {
    let parameters = RawPathParams::from_request_parts(parts, state).await;
    let own = parameters.iter().flatten().filter(|(name, _)| *name != SLUG);
    let mut own = own.map(|(_, value)| value.to_owned());
    std::array::from_fn(|_| own.next().unwrap_or_default())
}
