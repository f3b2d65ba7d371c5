//! Where people allow an application what it asks for.

use askama::Template;
use url::Url;

use super::form::Form;
use super::frame::{Frame, Mark, Person};

/// Says what an application asks for: the member `decision` of the form,
/// `allow` or `deny`.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    pub frame: Frame,
    pub form: Form,
    pub application: Mark,
    pub person: Person,
    pub asks: Vec<Ask>,
    /// Where it says more of itself.
    pub more: Vec<About>,
    /// Where what was allowed can be taken back.
    pub account: Option<String>,
}

impl ConsentPage {
    pub const DECISION: &'static str = "decision";
    pub const ALLOW: &'static str = "allow";
    pub const DENY: &'static str = "deny";
}

/// A page that an application names, and on whose host it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub title: &'static str,
    pub url: String,
    pub host: String,
}

impl About {
    /// Nothing of what is no https address.
    pub fn at(title: &'static str, url: Option<&str>) -> Option<Self> {
        let parsed = Url::parse(url?).ok().filter(|url| url.scheme() == "https")?;
        let host = parsed.host_str()?.to_owned();
        Some(Self { title, url: parsed.into(), host })
    }
}

/// One scope, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What the application could do.
    pub title: String,
    /// What that means.
    pub detail: Option<String>,
}

impl Ask {
    /// A scope as the registry describes it; the standard ones
    /// (OpenID Connect Core 1.0 §5.4, §11) have words of their own.
    pub fn of(scope: &str, description: Option<&str>) -> Self {
        let (title, detail) = match scope {
            "openid" => ("Know who you are", Some("So that it recognises you when you come back.")),
            "profile" => ("See your profile", Some("Your name, picture and language.")),
            "email" => ("See your email address", None),
            "phone" => ("See your phone number", None),
            "address" => ("See your postal address", None),
            "groups" => ("See which groups you are in", None),
            "offline_access" => {
                ("Stay signed in", Some("It keeps what you allow here also while you do not use it."))
            }
            _ => return Self::described(scope, description),
        };
        Self { title: title.to_owned(), detail: detail.map(ToOwned::to_owned) }
    }

    fn described(scope: &str, description: Option<&str>) -> Self {
        match description.filter(|description| !description.is_empty()) {
            Some(description) => Self { title: description.to_owned(), detail: Some(scope.to_owned()) },
            None => Self { title: scope.to_owned(), detail: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_with_its_host() {
        for (url, shown) in [
            (Some("https://shop.example/tos"), Some(("https://shop.example/tos", "shop.example"))),
            (Some("https://a@shop.example:8443"), Some(("https://a@shop.example:8443/", "shop.example"))),
            (Some("http://shop.example"), None),
            (Some("javascript:alert(1)"), None),
            (None, None),
        ] {
            let about = About::at("Terms of service", url);
            assert_eq!(about.as_ref().map(|about| (&*about.url, &*about.host)), shown, "{url:?}");
        }
    }

    #[test]
    fn a_scope_is_told_in_words() {
        for (scope, description, title, detail) in [
            ("email", Some("ignored"), "See your email address", None),
            ("invoices:read", Some("Read your invoices"), "Read your invoices", Some("invoices:read")),
            ("invoices:read", Some(""), "invoices:read", None),
            ("invoices:read", None, "invoices:read", None),
        ] {
            let ask = Ask::of(scope, description);
            assert_eq!((ask.title.as_str(), ask.detail.as_deref()), (title, detail));
        }
    }
}
