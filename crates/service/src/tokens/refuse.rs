//! Failures in the words of OAuth.

use std::error::Error as StdError;

use appkeep_domain::NotInUse;
use appkeep_oauth::{ErrorCode as OauthCode, Refusal};

use crate::{Error, ErrorCode};

/// What a client is told when we could not find out; the log learns why.
pub(super) fn refuse(error: Error) -> Refusal {
    let (code, description) = match error.code() {
        ErrorCode::Unavailable => {
            (OauthCode::TemporarilyUnavailable, "the service cannot answer at the moment; try again shortly")
        }
        _ => (OauthCode::ServerError, "something went wrong here"),
    };
    Refusal::new(code, description).because(chain(&error))
}

/// One answer for every reason why a client is not authenticated, so that
/// nobody learns which clients there are.
pub(super) fn unauthenticated(cause: impl Into<String>) -> Refusal {
    Refusal::new(OauthCode::InvalidClient, "the client is unknown or did not prove who it is").because(cause)
}

pub(super) fn unauthorized(description: &'static str) -> Refusal {
    Refusal::new(OauthCode::UnauthorizedClient, description)
}

/// Told only to the client itself.
pub(super) fn out_of_use(why: NotInUse) -> Refusal {
    unauthorized(match why {
        NotInUse::Archived => "this client is archived",
        NotInUse::Disabled => "this client is disabled",
        NotInUse::TenantSuspended => "the tenant of this client is suspended",
        NotInUse::TenantArchived => "the tenant of this client is archived",
    })
}

/// An error and what caused it.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_from_a_fault_and_the_cause_is_for_the_log() {
        for (code, oauth) in [
            (ErrorCode::Unavailable, OauthCode::TemporarilyUnavailable),
            (ErrorCode::Internal, OauthCode::ServerError),
        ] {
            let refusal = refuse(Error::new(code, "outer").because("inner"));
            assert_eq!((refusal.code(), refusal.cause()), (oauth, Some("outer: inner")));
            assert!(!refusal.description().contains("inner"));
        }
    }
}
