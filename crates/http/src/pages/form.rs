//! Forms, and how it is known that one came from a page of ours: each carries a
//! token that fits the browser it was shown in.

use std::fmt;

use appkeep_domain::Entropy;
use appkeep_service::MacKey;
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};

use super::cookies::Cookie;
use super::site::{MadeAt, Site};

/// Where a form leads, and what it carries besides what people type.
#[derive(Debug, Clone)]
pub struct Form {
    /// A path of ours.
    pub action: String,
    pub token: FormToken,
    /// Further members that are sent back as they are.
    pub hidden: Vec<(String, String)>,
}

impl Form {
    pub fn new(action: impl Into<String>, token: FormToken) -> Self {
        Self { action: action.into(), token, hidden: Vec::new() }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn hidden_fields(&self) -> HiddenFields<'_> {
        HiddenFields { token: Some(&self.token.0), fields: &self.hidden }
    }
}

/// What a form carries without showing it.
#[derive(Debug, Template)]
#[template(path = "parts/hidden_fields.html")]
pub(super) struct HiddenFields<'a> {
    pub(super) token: Option<&'a str>,
    pub(super) fields: &'a [(String, String)],
}

/// The key that form tokens are made with: the same on every node.
#[derive(Clone)]
pub struct FormKey(MacKey);

impl FormKey {
    pub fn new(key: MacKey) -> Self {
        Self(key)
    }
}

impl fmt::Debug for FormKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormKey(…)")
    }
}

/// Fits one browser: HMAC-SHA256 over its cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct FormToken(String);

impl FormToken {
    /// The member of a form that holds it.
    pub const FIELD: &'static str = "form_token";

    /// As it stands in a page.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken(…)")
    }
}

/// A browser, told from others by a cookie that says nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Browser {
    value: String,
    is_new: bool,
}

impl Browser {
    const BYTES: usize = 32;
    const CONTEXT: &'static str = "appkeep form";

    /// The browser that sent these headers; one without a cookie gets one.
    pub fn meet(site: &Site, headers: &HeaderMap, entropy: &dyn Entropy) -> Self {
        Self::recognise(site, headers).unwrap_or_else(|| {
            let mut random = [0; Self::BYTES];
            entropy.fill(&mut random);
            Self { value: URL_SAFE_NO_PAD.encode(random), is_new: true }
        })
    }

    /// The cookie to send along with a page, if the browser has none yet.
    pub fn new_cookie(&self, site: &Site) -> Option<HeaderValue> {
        self.is_new.then(|| Cookie::Browser.set(site, &self.value, None)).flatten()
    }

    /// What no other browser has.
    pub fn secret(&self) -> &str {
        &self.value
    }

    /// What its forms carry.
    pub fn form_token(&self, key: &FormKey, context: &str) -> FormToken {
        FormToken(URL_SAFE_NO_PAD.encode(key.0.tag(self.message(context).as_bytes())))
    }

    fn recognise(site: &Site, headers: &HeaderMap) -> Option<Self> {
        let value = Cookie::Browser.read(site, headers)?;
        let is_ours = URL_SAFE_NO_PAD.decode(&value).is_ok_and(|bytes| bytes.len() == Self::BYTES);
        is_ours.then_some(Self { value, is_new: false })
    }

    /// The value of a cookie has no colon, so that it ends where it ends.
    fn message(&self, context: &str) -> String {
        format!("{}:{}:{context}", Self::CONTEXT, self.value)
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").field("is_new", &self.is_new).finish_non_exhaustive()
    }
}

/// Why a form is not taken. None of them tells an attacker anything; people
/// meet the last two, with a page that is older than their cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForgedForm {
    #[error("the form was sent from another site")]
    AnotherSite,
    #[error("the browser sent no cookie with the form")]
    NoCookie,
    #[error("the form was not shown in this browser")]
    Token,
}

/// Whether a form came from a page that this browser was shown, and which
/// browser that is. Call it before anything of the form is acted on.
pub fn verify_form(
    site: &Site,
    headers: &HeaderMap,
    key: &FormKey,
    (token, context): (Option<&str>, &str),
) -> Result<Browser, ForgedForm> {
    if site.made_at(headers) == MadeAt::AnotherSite {
        return Err(ForgedForm::AnotherSite);
    }
    let browser = Browser::recognise(site, headers).ok_or(ForgedForm::NoCookie)?;
    let tag = token.and_then(|token| URL_SAFE_NO_PAD.decode(token).ok()).unwrap_or_default();
    if key.0.verifies(browser.message(context).as_bytes(), &tag) {
        Ok(browser)
    } else {
        Err(ForgedForm::Token)
    }
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;
    use proptest::prelude::*;

    use super::*;

    struct Filled(u8);
    impl Entropy for Filled {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn key(byte: u8) -> FormKey {
        FormKey::new(MacKey::new(&[byte; 32]))
    }

    fn site() -> Site {
        Site::new("https://id.example.com")
    }

    /// A browser that was shown a page, and the headers it sends from then on.
    fn shown(byte: u8) -> (Browser, HeaderMap) {
        let browser = Browser::meet(&site(), &HeaderMap::new(), &Filled(byte));
        let cookie = browser.new_cookie(&site()).expect("a new browser gets a cookie");
        let pair = cookie.to_str().expect("ASCII").split(';').next().expect("a pair").to_owned();
        (browser, HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(pair).expect("ASCII"))]))
    }

    #[test]
    fn a_browser_keeps_its_cookie() {
        let (browser, headers) = shown(1);
        let again = Browser::meet(&site(), &headers, &Filled(2));
        assert_eq!((again.value.as_str(), again.new_cookie(&site())), (browser.value.as_str(), None));
        for strange in ["__Host-appkeep_browser=short", "__Host-appkeep_browser=", "other=1"] {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(strange))]);
            assert!(Browser::meet(&site(), &headers, &Filled(3)).is_new, "{strange}");
        }
    }

    #[test]
    fn a_form_is_taken_from_the_browser_it_was_shown_in() {
        let (browser, headers) = shown(1);
        let (_, strangers) = shown(2);
        let FormToken(token) = browser.form_token(&key(7), "/x");
        let mut from_elsewhere = headers.clone();
        from_elsewhere.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        let empty = HeaderMap::new();
        for (headers, key, token, expected) in [
            (&headers, key(7), Some(token.as_str()), Ok(())),
            (&headers, key(8), Some(&token), Err(ForgedForm::Token)),
            (&headers, key(7), Some(&token[1..]), Err(ForgedForm::Token)),
            (&headers, key(7), Some(""), Err(ForgedForm::Token)),
            (&headers, key(7), Some("not base64!"), Err(ForgedForm::Token)),
            (&headers, key(7), None, Err(ForgedForm::Token)),
            (&strangers, key(7), Some(&token), Err(ForgedForm::Token)),
            (&empty, key(7), Some(&token), Err(ForgedForm::NoCookie)),
            (&from_elsewhere, key(7), Some(&token), Err(ForgedForm::AnotherSite)),
        ] {
            let found = verify_form(&site(), headers, &key, (token, "/x"));
            assert_eq!(found.map(|_| ()), expected, "{token:?} {headers:?}");
        }
    }

    #[test]
    fn a_token_is_for_one_form_and_what_it_was_shown_with() {
        let (browser, headers) = shown(1);
        let FormToken(token) = browser.form_token(&key(7), "/x");
        let found = verify_form(&site(), &headers, &key(7), (Some(&token), "/y"));
        assert_eq!(found.map(|_| ()), Err(ForgedForm::Token));
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let (browser, _) = shown(1);
        let token = browser.form_token(&key(7), "/x");
        let printed = format!("{browser:?} {token:?} {:?}", key(7));
        assert!(!printed.contains(&browser.value) && !printed.contains(&token.0), "{printed}");
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_token(text in "[A-Za-z0-9_-]{0,64}") {
            let (browser, headers) = shown(1);
            prop_assume!(text != browser.form_token(&key(7), "/x").0);
            prop_assert_eq!(verify_form(&site(), &headers, &key(7), (Some(&text), "/x")), Err(ForgedForm::Token));
        }
    }
}
