//! What a browser is sent back to the client with.

use std::fmt;

use crate::Refusal;
use crate::authorize::ReturnAddress;

/// An answer of the authorization endpoint, a code or an error.
///
/// `Debug` shows neither: a code is a secret until it is traded.
#[derive(Clone, PartialEq, Eq)]
pub enum AuthorizeAnswer {
    /// The browser is redirected there, by GET.
    Redirect {
        /// Printable ASCII, fit for a header.
        location: String,
    },
    /// The browser is given a page that posts the fields there by itself (OAuth
    /// 2.0 Form Post Response Mode). Values are still to be escaped for HTML.
    FormPost { action: String, fields: Vec<(&'static str, String)> },
}

/// An authorization request refused, and where that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeError {
    refusal: Box<Refusal>,
    address: ReturnAddress,
}

impl AuthorizeError {
    pub(super) fn new(refusal: Refusal, address: ReturnAddress) -> Self {
        Self { refusal: Box::new(refusal), address }
    }

    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    pub const fn address(&self) -> &ReturnAddress {
        &self.address
    }

    /// Tells the client (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6).
    pub fn answer(&self, issuer: &str) -> AuthorizeAnswer {
        let (error, description) = (self.refusal.code().as_str(), self.refusal.description());
        self.address.answer(&[("error", error), ("error_description", description)], issuer)
    }
}

impl fmt::Debug for AuthorizeAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect { .. } => "Redirect",
            Self::FormPost { .. } => "FormPost",
        })
    }
}
