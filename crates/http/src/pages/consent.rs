//! Where people allow an application what it asks for.

use askama::Template;

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
    /// Where what was allowed can be taken back.
    pub account: Option<String>,
}

impl ConsentPage {
    pub const DECISION: &'static str = "decision";
    pub const ALLOW: &'static str = "allow";
    pub const DENY: &'static str = "deny";
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
