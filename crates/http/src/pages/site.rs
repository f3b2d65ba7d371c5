//! How browsers reach these pages.

use appkeep_service::TENANTS;
use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue};
use url::Url;

/// Where the pages are, which decides what cookies are called and from where a
/// form may come. Never taken from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    origin: String,
    is_secure: bool,
    /// The tenant's, where the pages are below its address.
    slug: Option<String>,
}

/// What a browser says about where a request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MadeAt {
    ThisSite,
    AnotherSite,
    /// An old browser, or one that was asked not to tell.
    Unsaid,
}

impl Site {
    /// Of the public URL, which is an origin already.
    pub fn new(public_url: &str) -> Self {
        let origin = Url::parse(public_url).map(|url| url.origin().ascii_serialization());
        let origin = origin.unwrap_or_else(|_| public_url.to_owned());
        let is_secure = origin.starts_with("https://");
        Self { origin, is_secure, slug: None }
    }

    /// The same for the pages of another tenant.
    #[must_use]
    pub fn below(&self, slug: &str) -> Self {
        Self { slug: Some(slug.to_owned()), ..self.clone() }
    }

    pub(super) fn slug(&self) -> Option<&str> {
        self.slug.as_deref()
    }

    /// The path of one of these pages.
    pub fn path(&self, page: &str) -> String {
        self.slug.as_ref().map_or_else(|| page.to_owned(), |slug| format!("{TENANTS}{slug}{page}"))
    }

    /// Whether it is reached over TLS, and so can ask browsers for more.
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// What `Sec-Fetch-Site` says, and the `Origin`. Our own pages come without
    /// a referrer, for which a browser sends the origin `null`: that says
    /// nothing, neither for nor against.
    pub(super) fn made_at(&self, headers: &HeaderMap) -> MadeAt {
        let fetch_site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        let origin = headers.get(ORIGIN).map(HeaderValue::as_bytes);
        match (fetch_site, origin) {
            // A page of a sister's domain is another's page too; `none` is the person.
            (Some(site), _) if site != b"same-origin" && site != b"none" => MadeAt::AnotherSite,
            (_, Some(origin)) if origin != b"null" && origin != self.origin.as_bytes() => MadeAt::AnotherSite,
            (None, None | Some(b"null")) => MadeAt::Unsaid,
            _ => MadeAt::ThisSite,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_secure() {
        for (url, origin, is_secure) in [
            ("https://id.example.com", "https://id.example.com", true),
            ("https://id.example.com:443", "https://id.example.com", true),
            ("https://id.example.com:8443", "https://id.example.com:8443", true),
            ("http://localhost:8080", "http://localhost:8080", false),
        ] {
            assert_eq!(Site::new(url), Site { origin: origin.to_owned(), is_secure, slug: None }, "{url}");
        }
    }

    #[test]
    fn a_browser_says_where_a_request_was_made() {
        use MadeAt::{AnotherSite, ThisSite, Unsaid};
        let ours = Some("https://id.example.com");
        for (fetch_site, origin, expected) in [
            (Some("same-origin"), ours, ThisSite),
            (Some("same-origin"), Some("null"), ThisSite),
            (Some("same-origin"), None, ThisSite),
            (Some("none"), None, ThisSite),
            (None, ours, ThisSite),
            (None, None, Unsaid),
            (None, Some("null"), Unsaid),
            (Some("cross-site"), ours, AnotherSite),
            (Some("cross-site"), Some("null"), AnotherSite),
            (Some("same-site"), None, AnotherSite),
            (Some("Same-Origin"), None, AnotherSite),
            (Some("same-origin"), Some("https://evil.example"), AnotherSite),
            (None, Some("https://evil.example"), AnotherSite),
            (None, Some("http://id.example.com"), AnotherSite),
            (None, Some("https://id.example.com:444"), AnotherSite),
            (None, Some("https://id.example.com.evil.example"), AnotherSite),
        ] {
            let mut headers = HeaderMap::new();
            let given = [("sec-fetch-site", fetch_site), ("origin", origin)];
            for (name, value) in given.into_iter().filter_map(|(name, value)| Some((name, value?))) {
                headers.insert(name, HeaderValue::from_static(value));
            }
            let found = Site::new("https://id.example.com").made_at(&headers);
            assert_eq!(found, expected, "{fetch_site:?} {origin:?}");
        }
    }
}
