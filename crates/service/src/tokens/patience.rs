//! How long a request waits for the database.

use std::time::Duration;

use appkeep_storage::StorageError;

/// Shorter than the store's own deadlines: a client that is told to come back
/// is better off than one that waits, and so are those behind it.
const LONGEST: Duration = Duration::from_millis(800);

/// The outcome of a read, or [`StorageError::Unavailable`] when it takes too long.
pub(super) async fn soon<T, E: From<StorageError>>(
    reading: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let outcome = tokio::time::timeout(LONGEST, reading).await;
    outcome.unwrap_or_else(|late| Err(StorageError::Unavailable(late.into()).into()))
}
