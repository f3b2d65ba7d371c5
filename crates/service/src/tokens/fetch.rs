//! What other servers are asked: for what clients publish, and who somebody is.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

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

/// What is sent, and where to.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FetchRequest {
    pub url: String,
    /// The value of the `Authorization` header.
    pub authorization: Option<Zeroizing<String>>,
    /// Form-urlencoded, and then sent by `POST`.
    pub form: Option<Zeroizing<String>>,
    /// The same of a JSON-RPC request, in the place of a form.
    pub call: Option<Zeroizing<String>>,
    /// What else the head says, such as `Mcp-Session-Id`.
    pub headers: Vec<(&'static str, String)>,
    /// Where something else than the usual is waited for.
    pub bounds: Option<FetchBounds>,
}

/// For how long an answer is waited for, and how much of it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchBounds {
    pub patience: Duration,
    /// In bytes.
    pub most: usize,
}

/// An answer, of whatever status. Of a call that was answered by a stream of
/// events it is the reply, if there was one among them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FetchedText {
    pub status: u16,
    pub text: Zeroizing<String>,
    /// The `WWW-Authenticate` headers.
    pub challenges: Vec<String>,
    /// The `Mcp-Session-Id` header.
    pub session: Option<String>,
}

/// Why an answer could not be had; for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct FetchError {
    reason: String,
    is_refused: bool,
}

impl FetchRequest {
    /// JSON is wanted for an answer.
    pub fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// A JSON-RPC request, for which a stream of events is an answer too.
    pub fn call(url: impl Into<String>, call: String) -> Self {
        Self { call: Some(Zeroizing::new(call)), ..Self::get(url) }
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

    /// One without a head.
    pub fn new(status: u16, text: String) -> Self {
        Self { status, text: Zeroizing::new(text), ..Self::default() }
    }

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
        Self { reason: reason.to_string(), is_refused: false }
    }

    /// Nothing was sent, because it is nowhere that we go.
    pub fn refused(reason: impl fmt::Display) -> Self {
        Self { is_refused: true, ..Self::new(reason) }
    }

    pub const fn is_refused(&self) -> bool {
        self.is_refused
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
