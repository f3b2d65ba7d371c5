//! How far a person has come, as a form carries it from page to page.

use appkeep_domain::{Lifetime, Timestamp};
use appkeep_service::Progress;

/// Whoever leaves a page open for longer begins again.
const GOOD_FOR: Lifetime = Lifetime::from_minutes(10);

/// Letters for what was done, and when that was.
///
/// It is not secret, and stands under the form's token.
pub(super) fn print(progress: Progress, now: Timestamp) -> String {
    let done = [(progress.authenticated, 'a'), (progress.chosen, 'c')];
    let letters: String = done.into_iter().filter(|(done, _)| *done).map(|(_, letter)| letter).collect();
    format!("{letters}.{}", now.as_seconds())
}

/// Nothing was done when it is too old, or is none of ours.
pub(super) fn read(text: &str, now: Timestamp) -> Progress {
    let Some((letters, at)) = text.split_once('.') else { return Progress::default() };
    let Ok(at) = at.parse::<i64>() else { return Progress::default() };
    if now > Timestamp::from_seconds(at).plus(GOOD_FOR) {
        return Progress::default();
    }
    Progress { authenticated: letters.contains('a'), chosen: letters.contains('c'), ..Progress::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_remembered_for_ten_minutes() {
        let at = Timestamp::from_seconds;
        for (authenticated, chosen, text) in
            [(false, false, ".100"), (true, false, "a.100"), (true, true, "ac.100"), (false, true, "c.100")]
        {
            let progress = Progress { authenticated, chosen, ..Progress::default() };
            assert_eq!(print(progress, at(100)), text);
            assert_eq!(read(text, at(700)), progress);
            assert_eq!(read(text, at(701)), Progress::default());
        }
        for text in ["", "a", "a.", "a.x", "a.99999999999999999999"] {
            assert_eq!(read(text, at(100)), Progress::default(), "{text}");
        }
    }
}
