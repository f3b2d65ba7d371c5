//! The texts by which a person is called and reached.

use std::fmt;

use crate::name::{is_invisible, printable};
use crate::{InvalidText, fold};

/// What somebody signs in with instead of an address; two that differ in case
/// only are one. It has no `@`, so that it is never taken for an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

/// Why a text is no user name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsername {
    #[error(transparent)]
    Text(#[from] InvalidText),
    #[error("contains a space, an `@` or something invisible")]
    Character,
}

impl Username {
    /// In characters.
    pub const MAX: usize = 64;

    pub fn parse(raw: &str) -> Result<Self, InvalidUsername> {
        printable(raw, Self::MAX)?;
        if raw.chars().any(|c| c.is_whitespace() || c == '@' || is_invisible(c)) {
            return Err(InvalidUsername::Character);
        }
        Ok(Self(raw.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is compared.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// A telephone number in the international form of E.164.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

/// A text that is no telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not `+`, a digit from 1 to 9 and up to 14 more digits, as E.164 has it")]
pub struct InvalidPhone;

impl Phone {
    /// Of digits: a country's code, and more.
    const LENGTHS: std::ops::RangeInclusive<usize> = 3..=15;

    pub fn parse(raw: &str) -> Result<Self, InvalidPhone> {
        let digits = raw.strip_prefix('+').ok_or(InvalidPhone)?;
        let known = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if known && Self::LENGTHS.contains(&digits.len()) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidPhone)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which language somebody reads: a well-formed tag of BCP 47, such as `de-CH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale(String);

/// A text that is no language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a language tag such as `en` or `de-CH`")]
pub struct InvalidLocale;

impl Locale {
    /// RFC 5646 §4.4.1 asks for room for 35 characters.
    pub const MAX: usize = 35;

    /// RFC 5646 §2.1, without the tags that it lists as irregular.
    pub fn parse(raw: &str) -> Result<Self, InvalidLocale> {
        let mut subtags = raw.split('-');
        let language = subtags.next().unwrap_or_default();
        let is_language =
            (2..=8).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_subtag = |text: &str| {
            (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if raw.len() > Self::MAX || !is_language || !subtags.all(is_subtag) {
            return Err(InvalidLocale);
        }
        Ok(Self(raw.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! shown {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

shown! { Username Phone Locale }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_is_one_word_and_no_address() {
        for good in ["ada", "Ada.Lovelace", "ädä_7", "+49"] {
            assert_eq!(Username::parse(good).expect(good).as_str(), good);
        }
        for bad in ["ada@example", "ada lovelace", "ada\u{200b}", "ada\tb"] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Username::parse(""), Err(InvalidText::Empty.into()));
        assert_eq!(Username::parse(&"a".repeat(65)), Err(InvalidText::TooLong(64).into()));
        assert_eq!(Username::parse("ÄDA").expect("is one").folded(), "äda");
    }

    #[test]
    fn a_phone_number_is_international() {
        for (raw, good) in [
            ("+4930123456", true),
            ("+123", true),
            ("+123456789012345", true),
            ("+1234567890123456", false),
            ("+12", false),
            ("+0123456", false),
            ("4930123456", false),
            ("+49 30 123456", false),
            ("", false),
        ] {
            assert_eq!(Phone::parse(raw).is_ok(), good, "{raw}");
        }
    }

    #[test]
    fn a_locale_is_a_language_tag() {
        for (raw, good) in [
            ("en", true),
            ("de-CH", true),
            ("zh-Hant-TW", true),
            ("sl-rozaj-biske-1994", true),
            ("", false),
            ("e", false),
            ("de_CH", false),
            ("de-", false),
            ("1a", false),
            ("abcdefghi", false),
            ("en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd", false),
        ] {
            assert_eq!(Locale::parse(raw).is_ok(), good, "{raw}");
        }
    }
}
