//! What tokens are called.

use std::fmt;

use crate::{Context, Expression, Unevaluated};

/// Whatever somebody calls a token, within bounds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(Box<str>);

/// Why a text is no id of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTokenId {
    #[error("is not of {} to {} characters", TokenId::LEAST, TokenId::MOST)]
    Length,
    #[error("contains white space, a control character, or one of # / \\ + ? [ ] | & = % < > {{ }} ^")]
    Character,
}

impl TokenId {
    pub const LEAST: usize = 3;
    /// In characters.
    pub const MOST: usize = 400;
    const FORBIDDEN: &str = "#/\\+?[]|&=%<>{}^";

    pub fn parse(raw: &str) -> Result<Self, InvalidTokenId> {
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || Self::FORBIDDEN.contains(c);
        if raw.chars().any(is_odd) {
            return Err(InvalidTokenId::Character);
        }
        if raw.len() < Self::LEAST || raw.chars().count() > Self::MOST {
            return Err(InvalidTokenId::Length);
        }
        Ok(Self(raw.into()))
    }

    /// Whether the text is an expression by which an id is made.
    pub fn is_alias(raw: &str) -> bool {
        raw.trim_start().starts_with("{{")
    }

    /// The id that such an expression makes of the data, and of chance.
    pub fn from_alias(raw: &str, context: &Context<'_>) -> Result<Self, Unevaluated> {
        let made = Expression::parse(raw)?.evaluate_text(context)?;
        Self::parse(&made).map_err(|_| Unevaluated)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_has_bounds_and_no_odd_characters() {
        for (raw, refused) in [
            ("abc", None),
            ("d2cbc1b4-5c3a-45a3-9ee2-392a1c475ab4", None),
            ("1111-2222", None),
            ("Zoë.1", None),
            ("ab", Some(InvalidTokenId::Length)),
            ("", Some(InvalidTokenId::Length)),
            ("a b c", Some(InvalidTokenId::Character)),
            ("a\u{0}bc", Some(InvalidTokenId::Character)),
        ] {
            assert_eq!(TokenId::parse(raw).err(), refused, "{raw}");
        }
        for odd in TokenId::FORBIDDEN.chars() {
            assert_eq!(TokenId::parse(&format!("abc{odd}")), Err(InvalidTokenId::Character), "{odd}");
        }
        assert!(TokenId::parse(&"é".repeat(400)).is_ok());
        assert_eq!(TokenId::parse(&"a".repeat(401)), Err(InvalidTokenId::Length));
    }

    #[test]
    fn an_alias_makes_an_id_of_the_data() {
        let data = json!({ "number": "4242424242424242", "name": "Ada-1" });
        let context = Context { chance: [7; 32], ..Context::of_data(&data) };
        let card = TokenId::from_alias("{{ data.number | alias_card }}", &context).expect("is one");
        assert!(card.as_str().len() == 16 && card.as_str().ends_with("4242"), "{card}");
        let formatted =
            TokenId::from_alias("{{ data.name | alias_preserve_format }}", &context).expect("is one");
        assert!(formatted.as_str().len() == 5 && &formatted.as_str()[3..4] == "-", "{formatted}");
        for wrong in ["{{ data.nothing }}", "{{ data.number | nothing }}", "{{ data.number", "{{ 'a/b/c' }}"]
        {
            assert_eq!(TokenId::from_alias(wrong, &context), Err(Unevaluated), "{wrong}");
        }
        assert!(TokenId::is_alias(" {{ data }}") && !TokenId::is_alias("data"));
    }
}
