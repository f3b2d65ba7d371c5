//! The path that a request is asked by in another's place.

use http::Uri;
use http::uri::PathAndQuery;

/// The same with another path.
pub(crate) fn with_path(uri: &Uri, path: &str) -> Uri {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    // A part of what was a path, with what was its query.
    parts.path_and_query = PathAndQuery::try_from(format!("{path}{query}")).ok();
    Uri::from_parts(parts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_goes_along() {
        let uri = Uri::from_static("/oauth/authorize?client_id=a&state=b%26c");
        assert_eq!(with_path(&uri, "/oauth2/authorize"), "/oauth2/authorize?client_id=a&state=b%26c");
        assert_eq!(with_path(&Uri::from_static("/x"), "/t/acme/oauth2/token"), "/t/acme/oauth2/token");
    }
}
