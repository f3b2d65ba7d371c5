//! A colour, as people write it.

use std::fmt;

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour([u8; 3]);

/// A text that is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a colour such as #1a73e8")]
pub struct InvalidColour;

impl Colour {
    /// `#` and six hexadecimal digits.
    pub fn parse(raw: &str) -> Result<Self, InvalidColour> {
        let digits = raw.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(InvalidColour)?;
        // A sign is no digit, which the standard library takes for one.
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidColour);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| InvalidColour)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

/// In small letters, whichever it was written in.
impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_six_digits() {
        for (raw, printed) in [
            ("#1a73e8", Some("#1a73e8")),
            ("#00FFcc", Some("#00ffcc")),
            ("#000000", Some("#000000")),
            ("1a73e8", None),
            ("#1a73e", None),
            ("#1a73e8f", None),
            ("#+a73e8", None),
            ("#1a73eg", None),
            ("#äöü", None),
            ("red", None),
            ("", None),
        ] {
            assert_eq!(Colour::parse(raw).ok().map(|colour| colour.to_string()).as_deref(), printed, "{raw}");
        }
    }
}
