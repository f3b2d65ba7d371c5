//! Where tokens are kept: a path, whose parts hold each other.

use std::borrow::Borrow;
use std::fmt;

/// A path such as `/pci/high/`, in small letters: two that differ in case only
/// are one container. Everything is in `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Container(Box<str>);

/// Why a text is no container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContainer {
    #[error("does not begin and end with `/`")]
    Ends,
    #[error("has two `/` with nothing between them")]
    EmptyPart,
    #[error("contains something else than letters, digits, `_`, `-` and `/`")]
    Character,
    #[error("is longer than {} characters", Container::MAX)]
    TooLong,
}

impl Container {
    /// In characters.
    pub const MAX: usize = 200;

    pub fn parse(raw: &str) -> Result<Self, InvalidContainer> {
        if raw.len() > Self::MAX {
            return Err(InvalidContainer::TooLong);
        }
        if !raw.starts_with('/') || !raw.ends_with('/') {
            return Err(InvalidContainer::Ends);
        }
        if raw.contains("//") {
            return Err(InvalidContainer::EmptyPart);
        }
        if !raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte)) {
            return Err(InvalidContainer::Character);
        }
        Ok(Self(raw.to_ascii_lowercase().into_boxed_str()))
    }

    /// `/`, in which everything is.
    pub fn root() -> Self {
        Self("/".into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the other is this one or within it. Both end with a `/`, so that
    /// `/users/` does not cover `/users2/`.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.starts_with(&*self.0)
    }

    /// Every path that covers this one, from `/` down to itself.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(end, _)| &self.0[..=end])
    }
}

impl Borrow<str> for Container {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_a_path_in_small_letters() {
        for (raw, expected) in [
            ("/", Ok("/")),
            ("/pci/high/", Ok("/pci/high/")),
            ("/PCI/High-1_2/", Ok("/pci/high-1_2/")),
            ("", Err(InvalidContainer::Ends)),
            ("pci/", Err(InvalidContainer::Ends)),
            ("/pci", Err(InvalidContainer::Ends)),
            ("//", Err(InvalidContainer::EmptyPart)),
            ("/pci//high/", Err(InvalidContainer::EmptyPart)),
            ("/pci high/", Err(InvalidContainer::Character)),
            ("/../", Err(InvalidContainer::Character)),
            ("/[pci]/", Err(InvalidContainer::Character)),
            ("/\u{212a}/", Err(InvalidContainer::Character)),
        ] {
            let parsed = Container::parse(raw);
            assert_eq!(parsed.as_ref().map(Container::as_str).map_err(|error| *error), expected, "{raw}");
        }
        let most = format!("/{}/", "a".repeat(Container::MAX - 2));
        assert!(Container::parse(&most).is_ok());
        assert_eq!(Container::parse(&format!("/a{most}")), Err(InvalidContainer::TooLong));
    }

    #[test]
    fn a_container_covers_what_is_within_it() {
        for (outer, inner, covers) in [
            ("/", "/", true),
            ("/", "/users/", true),
            ("/users/", "/users/", true),
            ("/USERS/", "/users/Jedis/", true),
            ("/users/", "/users2/", false),
            ("/users/", "/user/", false),
            ("/users/jedis/", "/users/", false),
            ("/high/", "/pci/high/", false),
        ] {
            let [one, other] = [outer, inner].map(|raw| Container::parse(raw).expect(raw));
            assert_eq!(one.covers(&other), covers, "{outer} {inner}");
            assert_eq!(other.paths().any(|path| path == one.as_str()), covers, "{outer} {inner}");
        }
    }
}
