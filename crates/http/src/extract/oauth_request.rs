//! A request to an OAuth endpoint.

use appkeep_oauth::{ClientAuthentication, ErrorCode, Form, Refusal};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::asker::Noted;
use crate::refusal::Refused;

/// A form, and who sends it; nothing of that is verified yet.
#[derive(Debug)]
pub(crate) struct OauthRequest {
    pub(crate) client: ClientAuthentication,
    pub(crate) form: Form,
}

impl<S: Send + Sync> FromRequest<S> for OauthRequest {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let authorization = authorization(request.headers())?;
        if !is_form(request.headers()) {
            return Err(malformed("the body must be declared as application/x-www-form-urlencoded"));
        }
        let noted = Noted::of(request.extensions());
        let body = Bytes::from_request(request, state).await;
        let body =
            body.map_err(|_| malformed("the body is too long, ended too early, or did not arrive in time"))?;
        let form = Form::parse(&body)?;
        let client = ClientAuthentication::read(authorization.as_deref(), &form)?;
        noted.claim(&client);
        Ok(Self { client, form })
    }
}

/// Two of them would be two ways to authenticate (RFC 6749 §2.3).
fn authorization(headers: &HeaderMap) -> Result<Option<String>, Refused> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    match (sent.next(), sent.next()) {
        (first, None) => Ok(first.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())),
        (_, Some(_)) => Err(malformed("there is more than one Authorization header")),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn malformed(description: &'static str) -> Refused {
    Refusal::new(ErrorCode::InvalidRequest, description).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_told_by_its_media_type() {
        for (declared, expected) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-URLEncoded; charset=UTF-8", true),
            ("application/json", false),
            ("", false),
        ] {
            let value = declared.parse().expect("a header value");
            assert_eq!(is_form(&HeaderMap::from_iter([(CONTENT_TYPE, value)])), expected, "{declared}");
        }
    }
}
