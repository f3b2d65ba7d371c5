//! Expressions are evaluated off the threads that serve: what is asked of one
//! vault keeps nobody else waiting.

use std::sync::{Arc, LazyLock};

use crate::error::Error;
use crate::places::Places;

/// How many wait for each processor, at some hundred milliseconds each.
const WAITING_EACH: usize = 32;
const TOO_MANY: &str = "too much is asked of the vault at this moment; try again shortly";

/// Processors are the process's, whatever runs in it.
static PLACES: LazyLock<Arc<Places>> = LazyLock::new(|| Arc::new(Places::new(WAITING_EACH, TOO_MANY)));

/// `unavailable` when too many wait.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    PLACES.work(work).await
}
