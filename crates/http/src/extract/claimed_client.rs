//! Which client says that it asks an OAuth endpoint, for a surface where that
//! decides whose endpoint is meant.

use appkeep_oauth::{ClientAuthentication, Form};
use axum::body::Body;
use axum::extract::{FromRequest as _, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use url::form_urlencoded;

use super::json::unreadable;
use crate::problem::Problem;

/// By the `Authorization` header, the form or the query, in whichever of them
/// somebody is named. Nothing is proved, nor is a malformed request refused: the
/// endpoint does both.
pub async fn read_claimed_client(request: Request) -> Result<(Option<String>, Request), Problem> {
    let (parts, body) = request.into_parts();
    let mut carrier = Request::new(body);
    // With the limit of how long a body may be.
    *carrier.extensions_mut() = parts.extensions.clone();
    let bytes = Bytes::from_request(carrier, &()).await.map_err(unreadable)?;
    let claimed = claimed(&parts.headers, parts.uri.query().unwrap_or_default(), &bytes);
    Ok((claimed, Request::from_parts(parts, Body::from(bytes))))
}

fn claimed(headers: &HeaderMap, query: &str, body: &[u8]) -> Option<String> {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let client = Form::parse(body).and_then(|form| ClientAuthentication::read(authorization, &form));
    let by_form = client.ok().and_then(|client| client.client_id().map(str::to_owned));
    by_form.or_else(|| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == "client_id").map(|(_, id)| id.into_owned())
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_is_named_in_one_of_three_places() {
        // `app_1:secret`
        let basic = "Basic YXBwXzE6c2VjcmV0";
        for (header, query, body, expected) in [
            (Some(basic), "", "grant_type=client_credentials", Some("app_1")),
            (Some(basic), "client_id=app_2", "", Some("app_1")),
            (None, "", "client_id=app_2&client_secret=x", Some("app_2")),
            (None, "", "client_id=app_2&code=x", Some("app_2")),
            (None, "state=x&client_id=app%5F3", "", Some("app_3")),
            (None, "", "", None),
            (None, "state=x", "client_id=a&client_id=b", None),
            (Some("Bearer x"), "", "", None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(AUTHORIZATION, HeaderValue::from_static(header));
            }
            assert_eq!(claimed(&headers, query, body.as_bytes()).as_deref(), expected, "{query} {body}");
        }
    }
}
