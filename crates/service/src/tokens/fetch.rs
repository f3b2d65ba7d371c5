//! What other servers are asked: for what clients publish, and who somebody is.

use std::fmt;
use std::pin::Pin;

use zeroize::Zeroizing;

/// Sends a small request to an address that somebody registered, and reads the
/// small text that comes back.
///
/// Whoever implements it refuses addresses inside our own network, follows no
/// redirect, and bounds the size of the answer and the time it takes: the
/// address is a stranger's choice.
pub trait FetchText: Send + Sync + fmt::Debug {
    fn fetch(
        &self,
        request: FetchRequest,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedText, FetchError>> + Send + '_>>;
}

/// What is sent, and where to. JSON is wanted for an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchRequest {
    pub url: String,
    /// The value of the `Authorization` header.
    pub authorization: Option<Zeroizing<String>>,
    /// Form-urlencoded, and then sent by `POST`.
    pub form: Option<Zeroizing<String>>,
}

/// An answer, of whatever status.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchedText {
    pub status: u16,
    pub text: Zeroizing<String>,
}

/// Why an answer could not be had; for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(String);

impl FetchRequest {
    pub fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), authorization: None, form: None }
    }

    pub fn post(url: impl Into<String>, form: Zeroizing<String>) -> Self {
        Self { form: Some(form), ..Self::get(url) }
    }

    #[must_use]
    pub fn authorized_by(self, value: String) -> Self {
        Self { authorization: Some(Zeroizing::new(value)), ..self }
    }
}

impl FetchedText {
    const OK: u16 = 200;

    pub const fn is_ok(&self) -> bool {
        self.status == Self::OK
    }

    /// The text of a 200.
    pub fn ok(self) -> Result<Zeroizing<String>, FetchError> {
        if self.is_ok() {
            return Ok(self.text);
        }
        Err(FetchError::new(format!("answered with status {}", self.status)))
    }
}

impl FetchError {
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// What proves who we are stands in it.
impl fmt::Debug for FetchRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FetchRequest(…)")
    }
}

/// A token may stand in it.
impl fmt::Debug for FetchedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedText").field("status", &self.status).finish_non_exhaustive()
    }
}
