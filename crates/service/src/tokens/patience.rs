//! How long a request waits for the database.

use std::time::Duration;

use appkeep_storage::{Freshness, StorageError};

/// Shorter than the store's own deadlines: a client that is told to come back
/// is better off than one that waits, and so are those behind it.
const LONGEST: Duration = Duration::from_millis(800);
/// For a node that is not told of changes: its database is away, most likely.
const LONGEST_IN_DOUBT: Duration = Duration::from_millis(200);

/// The outcome of a read, or [`StorageError::Unavailable`] when it takes too long.
pub(super) async fn soon<T, E: From<StorageError>>(
    freshness: &Freshness,
    reading: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let longest = if freshness.is_current() { LONGEST } else { LONGEST_IN_DOUBT };
    let outcome = tokio::time::timeout(longest, reading).await;
    outcome.unwrap_or_else(|late| Err(StorageError::Unavailable(late.into()).into()))
}
