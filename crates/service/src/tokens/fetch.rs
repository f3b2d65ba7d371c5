//! Documents that clients publish.

use std::fmt;
use std::pin::Pin;

/// Fetches a small text from an address that a client registered.
///
/// Whoever implements it refuses addresses inside our own network, follows no
/// redirect, and bounds the size of the answer and the time it takes: the
/// address is a stranger's choice.
pub trait FetchText: Send + Sync + fmt::Debug {
    fn fetch(&self, url: String) -> Pin<Box<dyn Future<Output = Result<String, FetchError>> + Send + '_>>;
}

/// Why a document could not be had; for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(String);

impl FetchError {
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}
