//! Spans of time, as they are written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A whole number of seconds, minutes, hours or days: `10s`, `5m`, `12h`, `90d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u32);

/// A text that names no span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number with a unit, such as `10s`, `5m`, `12h` or `90d`, and more than nothing")]
pub struct InvalidSpan;

impl Span {
    pub const fn from_seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    pub const fn as_seconds(self) -> u32 {
        self.0
    }

    pub const fn as_duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl FromStr for Span {
    type Err = InvalidSpan;

    fn from_str(raw: &str) -> Result<Self, InvalidSpan> {
        let unit = raw.chars().next_back().ok_or(InvalidSpan)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(InvalidSpan),
        };
        let number = raw.strip_suffix(unit).unwrap_or_default();
        // `parse` would take a sign too.
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidSpan);
        }
        let number: u32 = number.parse().map_err(|_| InvalidSpan)?;
        number.checked_mul(seconds).filter(|&span| span > 0).map(Self).ok_or(InvalidSpan)
    }
}

/// In the largest unit that it is a whole number of.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, unit) = [(86_400, 'd'), (3_600, 'h'), (60, 'm')]
            .into_iter()
            .find(|(seconds, _)| self.0.is_multiple_of(*seconds))
            .unwrap_or((1, 's'));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (raw, seconds, shown) in [
            ("10s", 10, "10s"),
            ("5m", 300, "5m"),
            ("12h", 43_200, "12h"),
            ("90d", 7_776_000, "90d"),
            ("120s", 120, "2m"),
        ] {
            let span: Span = raw.parse().expect(raw);
            assert_eq!((span.as_seconds(), span.to_string().as_str()), (seconds, shown));
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for raw in ["", "s", "10", "10 s", "+1s", "-1s", "1.5h", "0s", "1w", "99999999d", "1é"] {
            assert_eq!(raw.parse::<Span>(), Err(InvalidSpan), "{raw}");
        }
    }
}
