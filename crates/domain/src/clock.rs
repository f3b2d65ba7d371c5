//! Moments and spans, with their units in the type.

use std::fmt;

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// A moment: microseconds since 1970-01-01T00:00:00Z.
///
/// Printed and parsed as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is not an RFC 3339 moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time of RFC 3339, such as 2026-05-20T10:00:00Z")]
pub struct InvalidTimestamp;

impl Timestamp {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Whether a deadline, if there is one, is still to come: refused from it
    /// on, to the microsecond.
    pub fn is_before(self, deadline: Option<Self>) -> bool {
        deadline.is_none_or(|deadline| self < deadline)
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }

    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Whole seconds, rounded down: the `NumericDate` of RFC 7519 §2.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    pub const fn plus(self, span: Lifetime) -> Self {
        Self(self.0.saturating_add(span.as_micros()))
    }

    pub const fn minus(self, span: Lifetime) -> Self {
        Self(self.0.saturating_sub(span.as_micros()))
    }

    pub fn parse(raw: &str) -> Result<Self, InvalidTimestamp> {
        let parsed: jiff::Timestamp = raw.parse().map_err(|_| InvalidTimestamp)?;
        Ok(Self(parsed.as_microsecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => timestamp.fmt(f),
            // Beyond the year 9999, which no RFC 3339 text can name.
            Err(_) => f.write_str(if self.0 < 0 { "0000-01-01T00:00:00Z" } else { "9999-12-31T23:59:59Z" }),
        }
    }
}

/// A span of time, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(u32);

impl Lifetime {
    pub const fn from_seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    pub const fn from_minutes(minutes: u32) -> Self {
        Self(minutes * 60)
    }

    pub const fn from_hours(hours: u32) -> Self {
        Self(hours * 3_600)
    }

    pub const fn from_days(days: u32) -> Self {
        Self(days * 86_400)
    }

    /// What is between two moments, in whole seconds and rounded up; nothing
    /// when the first is the later.
    pub fn between(first: Timestamp, second: Timestamp) -> Self {
        let micros = u64::try_from(second.0.saturating_sub(first.0)).unwrap_or_default();
        Self(u32::try_from(micros.div_ceil(1_000_000)).unwrap_or(u32::MAX))
    }

    pub const fn twice(self) -> Self {
        Self(self.0.saturating_mul(2))
    }

    pub const fn as_seconds(self) -> u32 {
        self.0
    }

    pub const fn as_micros(self) -> i64 {
        self.0 as i64 * 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_rounded_up_and_never_negative() {
        for (first, second, seconds) in [
            (0, 0, 0),
            (0, 1, 1),
            (-1, 1_000_000, 2),
            (5, 4, 0),
            (0, 3_000_000, 3),
            (i64::MIN, i64::MAX, u32::MAX),
        ] {
            let (first, second) = (Timestamp::from_micros(first), Timestamp::from_micros(second));
            assert_eq!(Lifetime::between(first, second), Lifetime::from_seconds(seconds));
        }
        assert_eq!(Lifetime::from_seconds(u32::MAX).twice(), Lifetime::from_seconds(u32::MAX));
    }

    #[test]
    fn a_moment_prints_as_it_was_written() {
        for text in ["2026-05-20T10:00:00Z", "1969-12-31T23:59:59.999999Z", "2026-05-20T10:00:00.125Z"] {
            assert_eq!(Timestamp::parse(text).expect("parses").to_string(), text);
        }
        assert_eq!(Timestamp::parse("2026-05-20T12:00:00+02:00"), Timestamp::parse("2026-05-20T10:00:00Z"));
        assert_eq!(Timestamp::parse("yesterday"), Err(InvalidTimestamp));
        assert_eq!(Timestamp::parse("2026-05-20"), Err(InvalidTimestamp));
    }
}
