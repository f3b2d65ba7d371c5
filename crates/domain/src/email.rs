//! Addresses that mail is sent to.

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
}
