//! A form that a browser sends.

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use url::form_urlencoded;

/// Its members; one that is there twice is not there at all.
pub(super) struct Posted(Vec<(String, String)>);

impl Posted {
    const MOST: usize = 50;

    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().take(Self::MOST).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// The same, empty when it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = std::convert::Infallible;

    /// What cannot be read has no members, and so no token.
    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(&Bytes::from_request(request, state).await.unwrap_or_default()))
    }
}

/// What the query of a link holds.
pub(super) struct Asked(pub(super) Posted);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Posted::parse(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

/// The `token` of a link that was mailed; empty when there is none.
pub(super) struct Token(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Token {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = Posted::parse(parts.uri.query().unwrap_or_default().as_bytes());
        Ok(Self(query.text("token").to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_there_once_or_not_at_all() {
        let posted = Posted::parse(b"a=1&b=2&b=3&c=x+y%26&d");
        assert_eq!((posted.get("a"), posted.get("b"), posted.get("c")), (Some("1"), None, Some("x y&")));
        assert_eq!((posted.get("d"), posted.get("e"), posted.text("e")), (Some(""), None, ""));
        assert_eq!(Posted::parse(&[0xff, b'=', 0xff]).get("a"), None);
    }
}
