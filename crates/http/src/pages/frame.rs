//! What every page shows, and whom it speaks of.

use askama::Template;

use super::assets;
use super::colour::Colour;

/// Whose pages these are.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The tenant, above everything else.
    pub tenant: Mark,
    /// The tenant's colour; without one the pages have their own.
    pub colour: Option<Colour>,
}

impl Frame {
    pub(super) fn style() -> &'static str {
        assets::style_path()
    }

    pub(super) fn script() -> &'static str {
        assets::script_path()
    }

    /// What browsers show on a tab; an empty one keeps them from asking for it.
    pub(super) fn icon(&self) -> &str {
        self.tenant.logo.as_deref().unwrap_or("data:,")
    }
}

/// By what a tenant or an application is known: a name, and a picture, or in
/// its place the first letter.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/mark.html")]
pub struct Mark {
    pub name: String,
    /// An `https` or `data` URL; the policy of the pages lets no other through.
    pub logo: Option<String>,
}

impl Mark {
    fn initial(&self) -> String {
        let first = self.name.chars().find(|c| c.is_alphanumeric());
        first.map(|c| c.to_uppercase().to_string()).unwrap_or_default()
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/person.html")]
pub struct Person {
    /// Their name, or what they sign in with when they have none.
    pub name: String,
    /// The address or the user name; the same as the name is not shown twice.
    pub identifier: String,
}

impl Person {
    fn initial(&self) -> String {
        Mark { name: self.name.clone(), logo: None }.initial()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_without_a_picture_shows_a_letter() {
        for (name, letter) in
            [("acme", "A"), ("«Ökohaus»", "Ö"), ("ßtrange", "SS"), ("東京", "東"), ("…", "")]
        {
            let mark = Mark { name: name.to_owned(), logo: None };
            assert_eq!(mark.initial(), letter, "{name}");
        }
    }

    #[test]
    fn what_strangers_chose_is_written_as_text() {
        let mark = Mark { name: "x".to_owned(), logo: Some("https://a/\"><script>".to_owned()) };
        let html = mark.render().expect("renders");
        assert!(!html.contains("<script>") && !html.contains("/\"><"), "{html}");
    }
}
