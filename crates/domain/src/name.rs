//! The texts by which people and programs call a thing.

use std::fmt;

/// Why a text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    #[error("is empty")]
    Empty,
    #[error("is longer than {0} characters")]
    TooLong(usize),
    #[error("contains a control character")]
    Control,
    #[error("is made of a-z, 0-9 and single `-` between them")]
    Slug,
}

pub(crate) fn printable(raw: &str, max: usize) -> Result<(), InvalidText> {
    if raw.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Err(InvalidText::Empty);
    }
    if raw.chars().count() > max {
        return Err(InvalidText::TooLong(max));
    }
    if raw.chars().any(|c| char::is_control(c) || is_direction(c)) {
        return Err(InvalidText::Control);
    }
    Ok(())
}

/// Turns round what stands beside it, so that a name reads as another.
pub(crate) const fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Takes no room: a text of nothing else looks empty.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident $max:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// In characters.
            pub const MAX: usize = $max;

            pub fn parse(raw: &str) -> Result<Self, InvalidText> {
                printable(raw, Self::MAX)?;
                Ok(Self(raw.to_owned()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// What people call an application; shown to them when they consent.
    Name 255;
    /// What an application is grouped by.
    Tag 64;
    /// Why somebody acts as somebody else.
    Reason 500;
}

/// How a thing is called in a URL: unique beside its siblings.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

impl Slug {
    pub const MAX: usize = 100;

    pub fn parse(raw: &str) -> Result<Self, InvalidText> {
        if raw.is_empty() {
            return Err(InvalidText::Empty);
        }
        if raw.len() > Self::MAX {
            return Err(InvalidText::TooLong(Self::MAX));
        }
        let known =
            raw.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !known || raw.starts_with('-') || raw.ends_with('-') || raw.contains("--") {
            return Err(InvalidText::Slug);
        }
        Ok(Self(raw.to_owned()))
    }

    /// The slug that a name suggests, with `distinct` behind it to keep two
    /// applications of one name apart; a name without a usable character
    /// gives `app`.
    pub fn suggest(name: &Name, distinct: Option<&str>) -> Self {
        let mut slug = String::new();
        for c in name.as_str().chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' => slug.push(c),
                _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                _ => {}
            }
        }
        let room = Self::MAX - distinct.map_or(0, |text| text.len() + 1);
        slug.truncate(room);
        let kept = slug.trim_end_matches('-');
        let kept = if kept.is_empty() { "app" } else { kept };
        Self(distinct.map_or_else(|| kept.to_owned(), |text| format!("{kept}-{text}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_for_people() {
        assert!(Name::parse("Cymmetri Banking Web").is_ok());
        assert!(Name::parse(&"ä".repeat(255)).is_ok());
        assert_eq!(Name::parse(&"a".repeat(256)), Err(InvalidText::TooLong(255)));
        assert_eq!(Name::parse(" \t"), Err(InvalidText::Empty));
        assert_eq!(Name::parse("a\u{0}b"), Err(InvalidText::Control));
        assert_eq!(Name::parse("a\u{202e}b"), Err(InvalidText::Control));
        assert_eq!(Name::parse("\u{200b} \u{feff}"), Err(InvalidText::Empty));
        assert!(Name::parse("👩\u{200d}💻").is_ok());
    }

    #[test]
    fn a_slug_is_for_urls() {
        for good in ["a", "banking-web", "7-up"] {
            assert!(Slug::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a b", "a_b", "ä"] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_suggested_slug_is_a_slug() {
        for (name, distinct, slug) in [
            ("Cymmetri Banking Web", None, "cymmetri-banking-web"),
            ("  --- ", None, "app"),
            ("日本", Some("x1"), "app-x1"),
            ("A & B!", Some("7"), "a-b-7"),
        ] {
            let suggested = Slug::suggest(&Name(name.to_owned()), distinct);
            assert_eq!(suggested.as_str(), slug);
            assert_eq!(Slug::parse(slug), Ok(suggested));
        }
        let long = Slug::suggest(&Name("ab ".repeat(200)), Some("zz"));
        assert!(Slug::parse(long.as_str()).is_ok());
    }
}
