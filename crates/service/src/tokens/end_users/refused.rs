//! Why an end user, or their application, does not get what they ask for.

use appkeep_domain::LinkingRefused;
use appkeep_oauth::{ErrorCode as OauthCode, Refusal};
use appkeep_storage::StorageError;

use crate::error::{Error, ErrorCode, Fault};
use crate::tokens::limits::TooOften;
use crate::tokens::links::LinkRefused;
use crate::tokens::proof::SignInRefused;

/// A refusal at an application's own API for its users.
#[derive(Debug)]
pub enum EndUserRefused {
    /// The keys or the token prove nothing; and what is said of it.
    Unauthorized(&'static str),
    /// The application may not be used at the moment.
    Closed,
    /// The person did not sign in.
    SignIn(SignInRefused),
    /// The link was used, is too old, or never was one.
    LinkGone,
    /// Nobody signs in here with it.
    NoSuchProvider,
    /// Nobody is awaited with this state from this provider, or no longer.
    StateGone,
    /// The provider sent somebody back without a code, and its word for why.
    ProviderSaidNo(String),
    /// The provider cannot be asked.
    ProviderUnavailable,
    /// What somebody came back with proves nothing.
    NotVouchedFor,
    /// Whoever it is, they become nobody here.
    NotLinked(LinkingRefused),
    /// There is nothing to verify.
    AlreadyVerified,
    /// This is asked too often.
    TooOften {
        retry_after_s: u32,
    },
    Failed(Error),
}

impl From<Error> for EndUserRefused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StorageError> for EndUserRefused {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<SignInRefused> for EndUserRefused {
    fn from(refused: SignInRefused) -> Self {
        Self::SignIn(refused)
    }
}

impl From<TooOften> for EndUserRefused {
    fn from(TooOften { retry_after_s }: TooOften) -> Self {
        Self::TooOften { retry_after_s }
    }
}

impl From<LinkRefused> for EndUserRefused {
    fn from(refused: LinkRefused) -> Self {
        match refused {
            LinkRefused::Gone => Self::LinkGone,
            LinkRefused::Password(reason) => {
                Error::invalid(Fault::new("new_password", ErrorCode::PasswordTooWeak, reason)).into()
            }
            LinkRefused::Failed(error) => Self::Failed(error),
        }
    }
}

/// What OAuth refuses to issue.
impl From<Refusal> for EndUserRefused {
    fn from(refusal: Refusal) -> Self {
        match (refusal.code(), refusal.retry_after()) {
            (_, Some(retry_after_s)) => Self::TooOften { retry_after_s },
            (OauthCode::InvalidGrant, None) => {
                Self::Unauthorized("the refresh token is unknown, was used or revoked, or has expired")
            }
            (OauthCode::UnauthorizedClient, None) => Self::Closed,
            (OauthCode::TemporarilyUnavailable, None) => {
                Error::new(ErrorCode::Unavailable, refusal.description().to_owned()).because(refusal).into()
            }
            _ => Error::new(ErrorCode::Internal, "something went wrong here").because(refusal).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_oauth_refuses_is_told_apart() {
        let refused = |code| EndUserRefused::from(Refusal::new(code, "no"));
        assert!(matches!(refused(OauthCode::InvalidGrant), EndUserRefused::Unauthorized(_)));
        assert!(matches!(refused(OauthCode::UnauthorizedClient), EndUserRefused::Closed));
        let late = EndUserRefused::from(Refusal::new(OauthCode::TemporarilyUnavailable, "no").after(7));
        assert!(matches!(late, EndUserRefused::TooOften { retry_after_s: 7 }), "{late:?}");
        for (code, expected) in [
            (OauthCode::TemporarilyUnavailable, ErrorCode::Unavailable),
            (OauthCode::ServerError, ErrorCode::Internal),
        ] {
            let EndUserRefused::Failed(error) = refused(code) else { panic!("{code:?}") };
            assert_eq!(error.code(), expected);
        }
    }
}
