//! How often something may happen, as it is written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// So many times in so long: `100/s`, `60/m`, `1000/h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub times: u32,
    pub per: Duration,
}

/// A text that names no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number, `/` and `s`, `m` or `h`, such as `60/m`, or `off`")]
pub struct InvalidRate;

impl Rate {
    pub const fn per_minute(times: u32) -> Self {
        Self { times, per: Duration::from_mins(1) }
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(raw: &str) -> Result<Self, InvalidRate> {
        let (times, unit) = raw.split_once('/').ok_or(InvalidRate)?;
        let per = match unit {
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            _ => return Err(InvalidRate),
        };
        if !times.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidRate);
        }
        let times: u32 = times.parse().map_err(|_| InvalidRate)?;
        // More than one in a microsecond could not be told from no limit.
        if (1..=1_000_000).contains(&times) { Ok(Self { times, per }) } else { Err(InvalidRate) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per.as_secs() {
            1 => "s",
            60 => "m",
            _ => "h",
        };
        write!(f, "{}/{unit}", self.times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_in_a_unit_of_time() {
        for (raw, times, seconds) in [("100/s", 100, 1), ("60/m", 60, 60), ("1/h", 1, 3_600)] {
            let rate: Rate = raw.parse().expect(raw);
            assert_eq!((rate.times, rate.per.as_secs(), rate.to_string().as_str()), (times, seconds, raw));
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for raw in ["", "60", "/m", "0/s", "60/d", "60/", "-1/s", "1.5/s", "1000001/s", "60 / m"] {
            assert_eq!(raw.parse::<Rate>(), Err(InvalidRate), "{raw}");
        }
    }
}
