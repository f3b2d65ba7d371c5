//! Moments, as people write them.

use appkeep_domain::Timestamp;
use askama::Template;

/// A moment to the minute. The pages know no zone but UTC, and say so.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/moment.html")]
pub struct Moment {
    rfc3339: String,
    words: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let rfc3339 = Timestamp::from_seconds(at.as_seconds()).to_string();
        let words = words(&rfc3339).unwrap_or_else(|| rfc3339.clone());
        Self { rfc3339, words }
    }
}

/// `21 November 2026, 13:41 UTC`
fn words(rfc3339: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (date, time) = rfc3339.split_once('T')?;
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{} {month} {year}, {} UTC", day.trim_start_matches('0'), time.get(..5)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_words() {
        for (rfc3339, words) in [
            ("2026-11-21T13:41:59.5Z", "21 November 2026, 13:41 UTC"),
            ("2026-01-01T00:00:00Z", "1 January 2026, 00:00 UTC"),
            ("1999-12-31T23:59:59Z", "31 December 1999, 23:59 UTC"),
        ] {
            let moment = Moment::from(Timestamp::parse(rfc3339).expect(rfc3339));
            assert_eq!(moment.words, words);
        }
    }

    #[test]
    fn machines_can_read_it_too() {
        let html = Moment::from(Timestamp::from_seconds(0)).render().expect("renders");
        assert_eq!(html.trim(), "<time datetime=\"1970-01-01T00:00:00Z\">1 January 1970, 00:00 UTC</time>");
    }
}
