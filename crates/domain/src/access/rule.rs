//! Rules: to which tokens a permission reaches, and how much of them is shown.

use super::{Container, Permission};

/// Gives permissions on some tokens. Of the rules that give what is asked for
/// on a token, that of the lowest priority decides what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    /// At most [`AccessRule::MAX_DESCRIPTION`] characters.
    pub description: String,
    /// From 1; no two rules of one holder have the same.
    pub priority: u32,
    pub scope: RuleScope,
    pub transform: Transform,
    /// Permissions on tokens, each once, and one at least.
    pub permissions: Vec<Permission>,
}

/// Which tokens a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleScope {
    /// Those in a container, and in those within it.
    Container(Container),
    /// Those of which all of it holds; never empty. For sessions only.
    Conditions(Vec<Condition>),
}

/// How much of a token's data is shown, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transform {
    Redact,
    /// What its mask leaves of it; nothing where it has none.
    Mask,
    Reveal,
}

/// Something that holds of a token, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub attribute: Attribute,
    pub operator: Operator,
    value: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    Id,
    Container,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    Equals,
    StartsWith,
}

/// A number that ranks nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not from 1 to {}", AccessRule::MAX_PRIORITY)]
pub struct InvalidPriority;

/// A word that names no transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is none of redact, mask, reveal")]
pub struct UnknownTransform;

/// A word that names no attribute of a token that a condition may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither id nor container")]
pub struct UnknownAttribute;

/// A word that names no operator of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither equals nor starts_with")]
pub struct UnknownOperator;

impl AccessRule {
    pub const MAX_DESCRIPTION: usize = 200;
    /// What a signed number of 32 bits holds, which is what clients keep it in.
    pub const MAX_PRIORITY: u32 = i32::MAX.unsigned_abs();

    pub fn parse_priority(raw: i64) -> Result<u32, InvalidPriority> {
        u32::try_from(raw).ok().filter(|rank| (1..=Self::MAX_PRIORITY).contains(rank)).ok_or(InvalidPriority)
    }
}

impl Transform {
    pub const ALL: [Self; 3] = [Self::Redact, Self::Mask, Self::Reveal];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redact => "redact",
            Self::Mask => "mask",
            Self::Reveal => "reveal",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownTransform> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw).ok_or(UnknownTransform)
    }
}

impl Attribute {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Container => "container",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownAttribute> {
        [Self::Id, Self::Container].into_iter().find(|known| known.as_str() == raw).ok_or(UnknownAttribute)
    }
}

impl Operator {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::StartsWith => "starts_with",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownOperator> {
        let known = [Self::Equals, Self::StartsWith].into_iter().find(|known| known.as_str() == raw);
        known.ok_or(UnknownOperator)
    }
}

impl Condition {
    /// As long as the id of a token can be, in characters.
    pub const MAX_VALUE: usize = 400;

    /// Containers are compared in small letters, as they are kept; ids as they are.
    pub fn new(attribute: Attribute, operator: Operator, value: &str) -> Self {
        let value = match attribute {
            Attribute::Id => value.to_owned(),
            Attribute::Container => value.to_ascii_lowercase(),
        };
        Self { attribute, operator, value: value.into_boxed_str() }
    }

    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether it holds of a token in this container. One that has no id yet is
    /// not the one that a condition names.
    pub(super) fn holds(&self, id: Option<&str>, container: &Container) -> bool {
        let found = match self.attribute {
            Attribute::Id => id,
            Attribute::Container => Some(container.as_str()),
        };
        found.is_some_and(|found| match self.operator {
            Operator::Equals => found == &*self.value,
            Operator::StartsWith => found.starts_with(&*self.value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for transform in Transform::ALL {
            assert_eq!(Transform::parse(transform.as_str()), Ok(transform));
        }
        for attribute in [Attribute::Id, Attribute::Container] {
            assert_eq!(Attribute::parse(attribute.as_str()), Ok(attribute));
        }
        for operator in [Operator::Equals, Operator::StartsWith] {
            assert_eq!(Operator::parse(operator.as_str()), Ok(operator));
        }
        assert_eq!(Transform::parse("Reveal"), Err(UnknownTransform));
        assert_eq!(Attribute::parse("type"), Err(UnknownAttribute));
        assert_eq!(Operator::parse("ends_with"), Err(UnknownOperator));
    }

    #[test]
    fn the_first_rule_is_rule_1() {
        for (raw, good) in [(0, false), (1, true), (2_147_483_647, true), (2_147_483_648, false), (-1, false)]
        {
            assert_eq!(AccessRule::parse_priority(raw).is_ok(), good, "{raw}");
        }
    }

    #[test]
    fn a_condition_asks_for_the_id_or_the_container() {
        use Attribute::{Container as InContainer, Id};
        use Operator::{Equals, StartsWith};
        let container = Container::parse("/users/").expect("is one");
        for (attribute, operator, value, holds) in [
            (Id, Equals, "tok_A", true),
            (Id, Equals, "tok_a", false),
            (Id, StartsWith, "tok_", true),
            (Id, StartsWith, "ok_", false),
            (InContainer, Equals, "/Users/", true),
            (InContainer, Equals, "/users", false),
            (InContainer, StartsWith, "/US", true),
            (InContainer, StartsWith, "/users/x", false),
        ] {
            let condition = Condition::new(attribute, operator, value);
            assert_eq!(condition.holds(Some("tok_A"), &container), holds, "{condition:?}");
            let holds_of_a_new_one = holds && attribute == InContainer;
            assert_eq!(condition.holds(None, &container), holds_of_a_new_one, "{condition:?}");
        }
    }
}
