//! What comes to the registration endpoints: a token, and JSON.

use std::convert::Infallible;

use appkeep_api_types::Object;
use appkeep_oauth::{ErrorCode, Refusal, bearer_token};
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::json::is_json;
use crate::refusal::Refused;

/// An initial access token, where one is sent. What is none and is sent as one is
/// as good as a wrong one.
pub(crate) struct InitialToken(pub(crate) Option<Zeroizing<String>>);

/// A registration access token; whether it is any good, the service says.
pub(crate) struct RegistrationBearer(pub(crate) Zeroizing<String>);

/// What a client says of itself. Members that are not known are passed over.
pub(crate) struct Said<T>(pub(crate) T);

impl<S: Send + Sync> FromRequestParts<S> for InitialToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(shown(&parts.headers)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RegistrationBearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let token = shown(&parts.headers).ok_or_else(|| {
            Refusal::new(ErrorCode::InvalidToken, "this takes the registration access token of the client")
        })?;
        Ok(Self(token))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Said<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        if !is_json(request.headers()) {
            return Err(malformed("the body must be declared as application/json"));
        }
        let body = Bytes::from_request(request, state).await;
        let body =
            body.map_err(|_| malformed("the body is too long, ended too early, or did not arrive in time"))?;
        match serde_json::from_slice::<Object<T>>(&body) {
            Ok(Object(said)) => Ok(Self(said)),
            Err(error) if error.is_data() => {
                Err(Refusal::new(ErrorCode::InvalidClientMetadata, error.to_string()).into())
            }
            Err(_) => Err(malformed("the body is not JSON")),
        }
    }
}

/// What is no token at all stands for itself: it is told from none.
fn shown(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (sent.next()?, sent.next());
    let token = first.to_str().ok().and_then(bearer_token).filter(|_| second.is_none());
    Some(Zeroizing::new(token.unwrap_or_default().to_owned()))
}

fn malformed(description: &'static str) -> Refused {
    Refusal::new(ErrorCode::InvalidRequest, description).into()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_is_no_token_is_told_from_none() {
        for (sent, expected) in [
            (vec![], None),
            (vec!["Bearer abc"], Some("abc")),
            (vec!["Basic abc"], Some("")),
            (vec!["Bearer a", "Bearer b"], Some("")),
        ] {
            let mut headers = HeaderMap::new();
            for value in &sent {
                headers.append(AUTHORIZATION, HeaderValue::from_str(value).expect("a header value"));
            }
            let found = shown(&headers);
            assert_eq!(found.as_ref().map(|token| token.as_str()), expected, "{sent:?}");
        }
    }
}
