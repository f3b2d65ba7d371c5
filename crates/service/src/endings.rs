//! Many sessions that ended at once, whose rows follow some at a time.

use appkeep_domain::Within;
use appkeep_storage::{StorageError, Store, WriteTx};

use crate::error::Error;

/// How many one transaction ends, so that it is in nobody's way for long.
const BATCH: u32 = 1_000;

/// Has the rows of all sessions follow that have ended already, and says how
/// many they were. Whoever ended them calls it before they answer; if it does
/// not get there, the sweep does.
pub(crate) async fn finish_endings(store: &Store) -> Result<u64, Error> {
    if !store.read().await?.has_sessions_to_end(Within::Platform).await? {
        return Ok(0);
    }
    let batch = async |tx: &mut WriteTx| -> Result<Option<u32>, StorageError> {
        tx.end_more_sessions(Within::Platform, BATCH).await
    };
    let mut ended = 0;
    while let Some(count) = store.write(batch).await? {
        ended += u64::from(count);
    }
    Ok(ended)
}
