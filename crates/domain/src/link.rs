//! Mailed addresses that are good for one time.

use std::fmt;

use crate::{DirectoryId, Email, SecretHash, Timestamp, UserId};

/// What whoever reads a person's mail can do for them, once and for a while.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    pub hash: SecretHash,
    pub directory: DirectoryId,
    pub user: UserId,
    pub purpose: LinkPurpose,
    /// Where it was sent; good only while it is still the user's.
    pub email: Email,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkPurpose {
    ResetPassword,
    VerifyEmail,
    /// To sign in, without a password.
    SignIn,
}

/// A word that names no purpose of a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of reset_password, verify_email, sign_in")]
pub struct UnknownPurpose;

impl LinkPurpose {
    pub const ALL: [Self; 3] = [Self::ResetPassword, Self::VerifyEmail, Self::SignIn];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::VerifyEmail => "verify_email",
            Self::SignIn => "sign_in",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownPurpose> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == raw).ok_or(UnknownPurpose)
    }
}

impl Link {
    /// Most that a user has for one purpose at a time.
    pub const MAX_LIVE: usize = 3;

    /// Whether it can still be followed at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// A person's address is not for logs.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("user", &self.user)
            .field("purpose", &self.purpose)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_a_while_and_does_not_show_where_it_went() {
        let at = Timestamp::from_seconds;
        let link = Link {
            hash: SecretHash::from_bytes([1; 32]),
            directory: DirectoryId::from_bytes([2; 16]),
            user: UserId::from_bytes([3; 16]),
            purpose: LinkPurpose::VerifyEmail,
            email: Email::parse("hush@example.com").expect("is an address"),
            created_at: at(1),
            expires_at: at(9),
        };
        assert!(link.is_good(at(8)) && !link.is_good(at(9)));
        assert!(!format!("{link:?}").contains("hush"));
    }

    #[test]
    fn every_purpose_is_read_back() {
        for purpose in LinkPurpose::ALL {
            assert_eq!(LinkPurpose::parse(purpose.as_str()), Ok(purpose));
        }
        assert_eq!(LinkPurpose::parse("sign_up"), Err(UnknownPurpose));
    }
}
