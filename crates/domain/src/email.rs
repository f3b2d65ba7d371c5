//! Addresses that mail is sent to.

use crate::name::{is_direction, is_invisible};
use crate::{InvalidText, fold};

/// An address as it was given; two that differ in case only are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

/// A text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    #[error(transparent)]
    Text(#[from] InvalidText),
    #[error("is not an email address")]
    Form,
    #[error("contains a character that is not seen, or that turns others round")]
    Unseen,
}

impl Email {
    /// RFC 5321 §4.5.3.1.3
    pub const MAX: usize = 254;

    /// Whether mail arrives there is for a mail to find out.
    pub fn parse(raw: &str) -> Result<Self, InvalidEmail> {
        if raw.is_empty() {
            return Err(InvalidText::Empty.into());
        }
        if raw.chars().count() > Self::MAX {
            return Err(InvalidText::TooLong(Self::MAX).into());
        }
        let (local, host) = raw.rsplit_once('@').ok_or(InvalidEmail::Form)?;
        let unfit = |c: char| c.is_whitespace() || c.is_control() || c == '@';
        if local.is_empty() || host.is_empty() || raw.chars().filter(|&c| unfit(c)).count() != 1 {
            return Err(InvalidEmail::Form);
        }
        Ok(Self(raw.to_owned()))
    }

    /// The same for an address that somebody is given from now on: what looks like
    /// another's is not let in beside it.
    pub fn parse_new(raw: &str) -> Result<Self, InvalidEmail> {
        if raw.chars().any(|c| is_invisible(c) || is_direction(c)) {
            return Err(InvalidEmail::Unseen);
        }
        Self::parse(raw)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is compared.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_sides_of_one_at() {
        for good in ["a@b", "Ada.Lovelace+x@example.com", "ä@exämple.de"] {
            assert_eq!(Email::parse(good).expect(good).as_str(), good);
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n"] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Email::parse("A@B.c").expect("parses").folded(), "a@b.c");
    }

    #[test]
    fn a_new_address_shows_all_that_it_is() {
        for unseen in ['\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{ad}', '\u{61c}'] {
            let address = format!("ada{unseen}@example.com");
            assert_eq!(Email::parse_new(&address), Err(InvalidEmail::Unseen), "{unseen:?}");
            assert!(Email::parse(&address).is_ok(), "who has one already can be found: {unseen:?}");
        }
        assert!(Email::parse_new("\u{e4}da@ex\u{e4}mple.de").is_ok());
        assert_eq!(Email::parse_new("ada"), Err(InvalidEmail::Form));
    }
}
