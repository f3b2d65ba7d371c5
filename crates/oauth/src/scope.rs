//! What a token may be used for.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::{ErrorCode, Form, Refusal};

/// One scope-token: 1 to 255 of the characters of RFC 6749 §3.3.
///
/// Compared byte for byte: scopes are case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(Box<str>);

/// Scopes in the order in which they were first written, each once.
///
/// Two sets are equal when they name the same scopes in the same order. A set
/// may be empty when it is computed, never when it is parsed. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ScopeSet(Arc<[Scope]>);

/// Why a text is no scope, or no list of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    #[error("a scope must not be empty, and exactly one space stands between two")]
    Empty,
    #[error("a scope has at most {} bytes", Scope::MAX)]
    Length,
    #[error("a scope must not contain the character U+{:04X}", u32::from(*.0))]
    Character(char),
}

impl Scope {
    /// The longest scope, in bytes.
    pub const MAX: usize = 255;

    pub fn parse(raw: &str) -> Result<Self, InvalidScope> {
        check(raw).map(|()| Self(raw.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ScopeSet {
    /// No scope at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads scopes with exactly one space between two (RFC 6749 Appendix A.4).
    pub fn parse(raw: &str) -> Result<Self, InvalidScope> {
        let mut seen = HashSet::new();
        let mut scopes = Vec::new();
        for token in raw.split(' ') {
            check(token)?;
            if seen.insert(token) {
                scopes.push(Scope(token.into()));
            }
        }
        Ok(Self(scopes.into()))
    }

    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|known| known.as_str() == scope)
    }

    pub fn is_subset_of(&self, other: &Self) -> bool {
        // Most that are compared are the same, which is seen soon.
        self == other || self.iter().all(|scope| other.contains(scope.as_str()))
    }

    /// What both name, in the order of this one.
    pub fn intersection(&self, other: &Self) -> Self {
        if self.is_subset_of(other) {
            return self.clone();
        }
        self.filtered(|scope| other.contains(scope.as_str()))
    }

    /// Those that are to stay, in the same order.
    pub fn filtered(&self, stays: impl Fn(&Scope) -> bool) -> Self {
        Self(self.iter().filter(|scope| stays(scope)).cloned().collect())
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Scope> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        let mut kept: Vec<Scope> = Vec::new();
        let mut seen = HashSet::new();
        kept.extend(scopes.into_iter().filter(|scope| seen.insert(scope.clone())));
        Self(kept.into())
    }
}

impl<'a> IntoIterator for &'a ScopeSet {
    type Item = &'a Scope;
    type IntoIter = std::slice::Iter<'a, Scope>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for ScopeSet {
    type Item = Scope;
    type IntoIter = std::vec::IntoIter<Scope>;

    fn into_iter(self) -> Self::IntoIter {
        Vec::from(&*self.0).into_iter()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

/// What `scope` asks for; nothing when the choice is left to us.
pub(crate) fn requested(form: &Form) -> Result<Option<ScopeSet>, Refusal> {
    let parsed = form.get("scope").map(ScopeSet::parse).transpose();
    parsed.map_err(|reason| Refusal::new(ErrorCode::InvalidScope, reason.to_string()))
}

fn check(raw: &str) -> Result<(), InvalidScope> {
    if raw.is_empty() {
        return Err(InvalidScope::Empty);
    }
    if raw.len() > Scope::MAX {
        return Err(InvalidScope::Length);
    }
    raw.chars().find(|&c| !is_scope_char(c)).map_or(Ok(()), |found| Err(InvalidScope::Character(found)))
}

/// `%x21 / %x23-5B / %x5D-7E` (RFC 6749 Appendix A.4): no space, quote or backslash.
const fn is_scope_char(c: char) -> bool {
    matches!(c, '!'..='~') && c != '"' && c != '\\'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(raw: &str) -> ScopeSet {
        ScopeSet::parse(raw).expect("a list of scopes")
    }

    #[test]
    fn a_scope_is_what_the_rfc_calls_one() {
        for raw in ["a", "applications:read", "https://api.example/read", "!#[]~", &"x".repeat(255)] {
            assert_eq!(Scope::parse(raw).expect(raw).as_str(), raw);
        }
        for (raw, reason) in [
            ("", InvalidScope::Empty),
            (&*"x".repeat(256), InvalidScope::Length),
            ("a b", InvalidScope::Character(' ')),
            ("a\"b", InvalidScope::Character('"')),
            ("a\\b", InvalidScope::Character('\\')),
            ("a\tb", InvalidScope::Character('\t')),
            ("\u{7f}", InvalidScope::Character('\u{7f}')),
            ("é", InvalidScope::Character('é')),
        ] {
            assert_eq!(Scope::parse(raw), Err(reason), "{raw}");
        }
    }

    #[test]
    fn a_list_has_exactly_one_space_between_two() {
        for raw in ["", " ", " a", "a ", "a  b"] {
            assert_eq!(ScopeSet::parse(raw), Err(InvalidScope::Empty), "`{raw}`");
        }
        assert_eq!(ScopeSet::parse("a\nb"), Err(InvalidScope::Character('\n')));
    }

    #[test]
    fn a_list_keeps_the_first_of_duplicates_in_order() {
        assert_eq!(set("b a b c a").to_string(), "b a c");
        assert_eq!(set("b a b").iter().cloned().chain(set("c a")).collect::<ScopeSet>(), set("b a c"));
    }

    #[test]
    fn sets_are_compared_by_what_they_name() {
        let all = set("read write admin");
        assert!(set("admin read").is_subset_of(&all));
        assert!(!set("admin Read").is_subset_of(&all));
        assert!(ScopeSet::new().is_subset_of(&all));
        assert_eq!(set("admin delete read").intersection(&all), set("admin read"));
        assert!(set("delete").intersection(&all).is_empty());
        assert!(all.contains("write") && !all.contains("writ"));
        assert_eq!((all.len(), ScopeSet::default().len()), (3, 0));
    }

    #[test]
    fn a_character_that_must_not_stand_there_is_named() {
        let error = Scope::parse("a\"b").expect_err("refused");
        assert_eq!(error.to_string(), "a scope must not contain the character U+0022");
    }

    proptest! {
        #[test]
        fn what_parses_prints_and_parses_again(raw in "[!#-\\[\\]-~]{1,9}( [!#-\\[\\]-~]{1,9}){0,6}") {
            let parsed = set(&raw);
            prop_assert_eq!(&set(&parsed.to_string()), &parsed);
            prop_assert!(raw.split(' ').all(|token| parsed.contains(token)));
        }

        #[test]
        fn no_text_makes_it_panic(raw in any::<String>()) {
            if let Ok(parsed) = ScopeSet::parse(&raw) {
                prop_assert!(!parsed.is_empty());
                prop_assert!(parsed.to_string().len() <= raw.len());
            }
        }
    }
}
