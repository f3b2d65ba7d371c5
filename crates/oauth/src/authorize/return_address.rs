//! Where an answer goes.

use std::fmt;

use crate::Refusal;
use crate::authorize::{AuthorizeAnswer, AuthorizeError, ResponseMode};
use crate::urlencoded::with_members;

/// A redirect URI that is registered, with how the answer travels there and the
/// `state` that it repeats.
///
/// Only a [`ProvedClaim`](crate::ProvedClaim) makes one, so who holds one may
/// send the browser there. `Debug` does not show the state.
#[derive(Clone, PartialEq, Eq)]
pub struct ReturnAddress {
    pub(super) redirect_uri: RedirectUri,
    pub(super) response_mode: ResponseMode,
    pub(super) state: Option<String>,
}

/// Where an answer goes, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RedirectUri {
    /// As the request spelt it.
    Requested(String),
    /// The only one that the client has; the request named none.
    Registered(String),
}

impl ReturnAddress {
    /// As the request spelt it, or as registered where it named none.
    pub fn redirect_uri(&self) -> &str {
        match &self.redirect_uri {
            RedirectUri::Requested(uri) | RedirectUri::Registered(uri) => uri,
        }
    }

    /// What the request said. With something said, the token request has to say
    /// the same (RFC 6749 §4.1.3).
    pub fn requested_redirect_uri(&self) -> Option<&str> {
        match &self.redirect_uri {
            RedirectUri::Requested(uri) => Some(uri),
            RedirectUri::Registered(_) => None,
        }
    }

    pub const fn response_mode(&self) -> ResponseMode {
        self.response_mode
    }

    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Gives the client its code (RFC 6749 §4.1.2).
    pub fn grant(&self, code: &str, issuer: &str) -> AuthorizeAnswer {
        self.answer(&[("code", code)], issuer)
    }

    /// Refuses the request, whatever the reason, at this address.
    pub fn refuse(self, refusal: Refusal) -> AuthorizeError {
        AuthorizeError::new(refusal, self)
    }

    /// The members of an answer, then `state` as it was sent (RFC 6749 §4.1.2)
    /// and `iss` (RFC 9207 §2).
    pub(super) fn answer(&self, members: &[(&'static str, &str)], issuer: &str) -> AuthorizeAnswer {
        let state = self.state().map(|state| ("state", state));
        let members: Vec<_> = members.iter().copied().chain(state).chain([("iss", issuer)]).collect();
        match self.response_mode {
            ResponseMode::Query => {
                AuthorizeAnswer::Redirect { location: with_members(self.redirect_uri(), &members) }
            }
            ResponseMode::FormPost => AuthorizeAnswer::FormPost {
                action: self.redirect_uri().to_owned(),
                fields: members.into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
            },
        }
    }
}

impl fmt::Debug for ReturnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReturnAddress")
            .field("redirect_uri", &self.redirect_uri)
            .field("response_mode", &self.response_mode)
            .finish_non_exhaustive()
    }
}
