//! What a client asks when a person signs out there (OpenID Connect
//! RP-Initiated Logout 1.0).

use std::fmt;

use crate::authorize::redirect_uri;
use crate::urlencoded::with_members;
use crate::{AuthorizeClaim, AuthorizeRequest, Form, ProvedClaim, Refusal, RegisteredUri};

/// A request to end a session, by GET or POST (§2).
///
/// Whoever can make a browser follow a link can send one: which session is
/// meant, and whether the person is asked first, is decided elsewhere. A
/// refusal is for the person to see. `ui_locales` is not listened to. `Debug`
/// shows nothing about the person.
#[derive(Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// As sent; nothing about it is verified.
    pub id_token_hint: Option<String>,
    /// Who the client believes the person to be.
    pub logout_hint: Option<String>,
    /// As the request spelt it; must be the client of the hint, if both are there.
    pub client_id: Option<String>,
    /// Kept back until it is known to be registered.
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

impl LogoutRequest {
    pub fn parse(form: &Form) -> Result<Self, Refusal> {
        let text = |name, max| Ok(form.bounded(name, max)?.map(str::to_owned));
        Ok(Self {
            id_token_hint: text("id_token_hint", AuthorizeRequest::MAX_ID_TOKEN_HINT)?,
            logout_hint: text("logout_hint", AuthorizeRequest::MAX_TEXT)?,
            client_id: text("client_id", AuthorizeClaim::MAX_CLIENT_ID)?,
            post_logout_redirect_uri: redirect_uri(form, "post_logout_redirect_uri")?.map(str::to_owned),
            state: text("state", ProvedClaim::MAX_STATE)?,
        })
    }

    /// Whether the client wants the person back.
    pub const fn wants_return(&self) -> bool {
        self.post_logout_redirect_uri.is_some()
    }

    /// Where the browser goes afterwards, with `state` as it was sent (§3);
    /// nowhere unless the client registered the address. Fit for a header.
    pub fn location<'a, R: RegisteredUri + 'a>(
        &self,
        registered: impl IntoIterator<Item = &'a R>,
    ) -> Option<String> {
        let uri = self.post_logout_redirect_uri.as_deref()?;
        let state = self.state.as_deref().map(|state| ("state", state));
        let is_registered = registered.into_iter().any(|known| known.matches(uri));
        is_registered.then(|| with_members(uri, state.as_slice()))
    }
}

impl fmt::Debug for LogoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRequest")
            .field("client_id", &self.client_id)
            .field("post_logout_redirect_uri", &self.post_logout_redirect_uri)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::registered_uri::tests::Exactly;

    fn parse(query: &str) -> Result<LogoutRequest, &'static str> {
        let form = Form::parse(query.as_bytes()).map_err(|refusal| refusal.code().as_str())?;
        LogoutRequest::parse(&form).map_err(|refusal| refusal.code().as_str())
    }

    #[test]
    fn every_parameter_is_optional() {
        let nothing = parse("").expect("parses");
        assert_eq!(parse("state=&x=y"), Ok(nothing.clone()));
        assert!(!nothing.wants_return());
        let whole = parse(
            "id_token_hint=a.b.c&logout_hint=ada@example.org&client_id=app_1&ui_locales=de-AT+fr_!+en\
             &post_logout_redirect_uri=https://a.example/bye&state=x+y",
        );
        let expected = LogoutRequest {
            id_token_hint: Some("a.b.c".to_owned()),
            logout_hint: Some("ada@example.org".to_owned()),
            client_id: Some("app_1".to_owned()),
            post_logout_redirect_uri: Some("https://a.example/bye".to_owned()),
            state: Some("x y".to_owned()),
        };
        let shown = format!("{expected:?}");
        assert!(!shown.contains("a.b.c") && !shown.contains("ada") && !shown.contains("x y"), "{shown}");
        assert_eq!(whole, Ok(expected));
    }

    #[test]
    fn refuses_what_the_standards_refuse() {
        let long = |name: &str, length: usize| format!("{name}={}", "x".repeat(length));
        for (section, query) in [
            ("RFC 6749 §3.1", "state=a&state=a"),
            (
                "RFC 6749 §3.1",
                "post_logout_redirect_uri=https://a.example&post_logout_redirect_uri=https://b.example",
            ),
            ("RFC 6749 Appendix B", "state=%"),
            ("RFC 6749 Appendix A.5", "state=a%0Ab"),
            ("RFC 3986 §4.3", "post_logout_redirect_uri=/bye"),
            ("RFC 3986 §4.3", "post_logout_redirect_uri=https://a.example/%23x"),
            ("RFC 3986 §2", "post_logout_redirect_uri=https://a.example/%0d%0aX:y"),
            ("a length", &long("client_id", 256)),
            ("a length", &long("state", 4_097)),
            ("a length", &long("logout_hint", 513)),
            ("a length", &long("id_token_hint", 8_193)),
            ("a length", &long("post_logout_redirect_uri=a:", 2_049)),
        ] {
            assert_eq!(parse(query), Err("invalid_request"), "{section}: {query}");
        }
    }

    #[test]
    fn the_browser_goes_where_the_client_registered_and_nowhere_else() {
        let registered = [Exactly("https://a.example/bye"), Exactly("https://a.example/bye?x=1")];
        for (query, location) in [
            ("state=a", None),
            ("post_logout_redirect_uri=https://a.example/", None),
            ("post_logout_redirect_uri=https://evil.example/bye&state=a", None),
            ("post_logout_redirect_uri=https://a.example/bye", Some("https://a.example/bye")),
            (
                "post_logout_redirect_uri=https://a.example/bye&state=a%26b",
                Some("https://a.example/bye?state=a%26b"),
            ),
            (
                "post_logout_redirect_uri=https://a.example/bye%3Fx%3D1&state=%C3%A9",
                Some("https://a.example/bye?x=1&state=%C3%A9"),
            ),
        ] {
            let found = parse(query).expect(query).location(&registered);
            assert_eq!(found.as_deref(), location, "{query}");
        }
    }

    proptest! {
        #[test]
        fn no_request_makes_it_panic(values in any::<[String; 3]>()) {
            let names = ["post_logout_redirect_uri", "state", "logout_hint"];
            let query =
                form_urlencoded::Serializer::new(String::new()).extend_pairs(names.iter().zip(&values)).finish();
            let location = parse(&query).ok().and_then(|request| request.location(&[Exactly("a:b")]));
            prop_assert!(location.is_none_or(|location| location.starts_with("a:b")));
        }
    }
}
