//! The servers on a database, as they tell of themselves.

use appkeep_domain::{Clock as _, Coverage, Lifetime, Timestamp, Within};
use appkeep_storage::{StorageError, Store};

use super::Finding;
use crate::clock::SystemClock;

const SERVERS: &str = "servers";
/// For how long a server that vanished is worth a warning. What it leaves is
/// kept until another vanishes.
const RECENT: Lifetime = Lifetime::from_hours(1);

/// What is to be said of them, and whether there is any.
pub(super) async fn examine(store: &Store) -> (Finding, bool) {
    match marks(store).await {
        Ok(marks) => judge(&marks, SystemClock.now()),
        Err(error) => (Finding::unread(SERVERS, error), false),
    }
}

async fn marks(store: &Store) -> Result<Vec<Timestamp>, StorageError> {
    store.read().await?.node_marks(Within::Platform).await
}

fn judge(marks: &[Timestamp], now: Timestamp) -> (Finding, bool) {
    let silent_before = now.minus(Coverage::SILENT_AFTER);
    let (live, silent): (Vec<Timestamp>, Vec<Timestamp>) =
        marks.iter().partition(|&&mark| mark >= silent_before);
    let message = match live.len() {
        0 => "none tells that it is there".to_owned(),
        1 => "one tells that it is there".to_owned(),
        count => format!("{count} tell that they are there"),
    };
    let finding = match silent.first() {
        Some(&last) if last >= now.minus(RECENT) => {
            let seconds = Timestamp::from_seconds(last.as_seconds());
            let message =
                format!("{message}; another has not been heard of since {seconds}, and did not stop");
            Finding::warning(
                SERVERS,
                message,
                "see what became of it: it crashed, or cannot reach the database",
            )
        }
        _ => Finding::ok(SERVERS, message),
    };
    (finding, !live.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn a_server_that_vanished_is_told_of_for_a_while() {
        let now = Timestamp::from_seconds(1_000_000);
        for (seconds_ago, level, is_served) in [
            (&[][..], Level::Ok, false),
            (&[0], Level::Ok, true),
            (&[0, 5, 60], Level::Ok, true),
            (&[0, 61], Level::Warning, true),
            (&[3_600], Level::Warning, false),
            (&[3_601], Level::Ok, false),
        ] {
            let ago = |seconds: &u32| now.minus(Lifetime::from_seconds(*seconds));
            let marks: Vec<_> = seconds_ago.iter().map(ago).collect();
            let (found, served) = judge(&marks, now);
            assert_eq!((found.level, served), (level, is_served), "{seconds_ago:?}: {found:?}");
        }
    }
}
