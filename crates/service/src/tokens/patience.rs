//! How long a request waits for the database.

use std::pin::Pin;
use std::time::Duration;

use appkeep_storage::{Freshness, StorageError};

/// Shorter than the store's own deadlines: a client that is told to come back
/// is better off than one that waits, and so are those behind it.
const LONGEST: Duration = Duration::from_millis(800);
/// For a node that is not told of changes: its database is away, most likely.
const LONGEST_IN_DOUBT: Duration = Duration::from_millis(200);

/// The outcome of a read, or [`StorageError::Unavailable`] when it takes too long.
///
/// It is boxed, because most requests read nothing: a read's future is
/// kilobytes long, and would be a part of theirs.
pub(super) fn soon<'a, T: 'a, E: From<StorageError> + 'a>(
    freshness: &'a Freshness,
    reading: impl Future<Output = Result<T, E>> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>> {
    Box::pin(async {
        let longest = if freshness.is_current() { LONGEST } else { LONGEST_IN_DOUBT };
        let outcome = tokio::time::timeout(longest, reading).await;
        outcome.unwrap_or_else(|late| Err(StorageError::Unavailable(late.into()).into()))
    })
}
