//! What every page is sent with.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use super::site::Site;
use crate::problem::Problem;

/// Where the forms of a page lead. Browsers hold against the policy of a page
/// not only where its form is sent, but every redirect that follows, and so
/// wherever an application sends people on to from its redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormsLead<'a> {
    /// To us, and no further.
    ToUs,
    /// To an application at this redirect URI in the end, and from there to
    /// whatever it likes under the same scheme.
    Away(&'a str),
}

/// A page as an answer.
pub fn respond(status: StatusCode, page: &impl Template, site: &Site, forms: FormsLead<'_>) -> Response {
    match page.render() {
        Ok(html) => (status, headers(site, forms), html).into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}

/// The headers of every page: nobody frames it, nothing keeps it, no address
/// of it is told to others, and nothing runs in it that is no file of ours.
pub fn headers(site: &Site, forms: FormsLead<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if site.is_secure() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(CONTENT_SECURITY_POLICY, policy(forms));
    headers
}

fn policy(forms: FormsLead<'_>) -> HeaderValue {
    const WITHOUT_FORMS: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                                 img-src 'self' https: data:; frame-ancestors 'none'; base-uri 'none'";
    let source = match forms {
        FormsLead::ToUs => None,
        FormsLead::Away(redirect_uri) => scheme_source(redirect_uri),
    };
    let source = source.map(|source| format!(" {source}")).unwrap_or_default();
    let policy = format!("{WITHOUT_FORMS}; form-action 'self'{source}");
    // A source is made of harmless characters, so this never falls back.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(WITHOUT_FORMS))
}

fn scheme_source(redirect_uri: &str) -> Option<String> {
    Some(format!("{}:", Url::parse(redirect_uri).ok()?.scheme()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy_text(forms: FormsLead<'_>) -> String {
        policy(forms).to_str().expect("ASCII").to_owned()
    }

    #[test]
    fn a_page_is_sent_with_all_of_its_headers() {
        let headers = headers(&Site::new("https://id.example.com"), FormsLead::ToUs);
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https: data:; \
                 frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
            ),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(headers.get(name).expect(name), value);
        }
        assert_eq!(headers.len(), 7);
    }

    #[test]
    fn only_a_site_with_tls_asks_for_tls() {
        let headers = headers(&Site::new("http://localhost:8080"), FormsLead::ToUs);
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers.len(), 6);
    }

    #[test]
    fn a_form_may_end_wherever_the_application_sends_people() {
        for (redirect_uri, source) in [
            ("https://app.example.com/callback", " https:"),
            ("http://127.0.0.1:49152/callback", " http:"),
            ("http://[::1]:8080/", " http:"),
            ("com.example.app:/callback", " com.example.app:"),
            ("com.example.app://callback/x", " com.example.app:"),
            // A host that would add a directive, or a second policy.
            ("https://a.example;script-src/x", " https:"),
            ("https://a.example,default-src/x", " https:"),
            ("no url", ""),
        ] {
            let policy = policy_text(FormsLead::Away(redirect_uri));
            assert!(policy.ends_with(&format!("; form-action 'self'{source}")), "{policy}");
        }
    }

    proptest! {
        #[test]
        fn no_redirect_uri_changes_the_rest_of_the_policy(redirect_uri in "(https?|[a-z.+-]{1,9}):(//)?[ -~]{0,60}") {
            let ours = policy_text(FormsLead::ToUs);
            let policy = policy_text(FormsLead::Away(&redirect_uri));
            prop_assert!(policy.starts_with(&ours));
            let added = &policy[ours.len()..];
            prop_assert!(!added.contains([';', ',', '*', '\'']), "{}", added);
            prop_assert!(added.matches(' ').count() <= 1, "{}", added);
        }
    }
}
