//! A browser in which a person has proved who they are.

use std::fmt;
use std::net::IpAddr;

use crate::{DirectoryId, SecretHash, SignInId, Timestamp, UserId};

/// Found by the secret in the browser's cookie. Under it the person has a
/// [`Session`](crate::Session) with each application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    pub id: SignInId,
    pub directory: DirectoryId,
    pub user: UserId,
    /// Of the cookie; another one after each proof, so that one that was known
    /// before is worth nothing after.
    pub secret: SecretHash,
    /// When the person last proved who they are: the `auth_time` of OpenID
    /// Connect Core 1.0 §2.
    pub authenticated_at: Timestamp,
    /// By what, never none.
    pub methods: Vec<AuthMethod>,
    pub from: SeenFrom,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// From this moment on it is over, ended or not.
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl SignIn {
    /// Whether it still stands at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}

/// By what a person proves who they are: an `amr` value of RFC 8176 §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    Password,
    /// Something that is good for one time: a device's code, or a link that was
    /// mailed. No word of the standard fits a link better.
    OneTime,
    /// More than one kind of proof together.
    Mfa,
}

/// A word that names no way to prove who one is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of pwd, otp, mfa")]
pub struct UnknownAuthMethod;

impl AuthMethod {
    pub const ALL: [Self; 3] = [Self::Password, Self::OneTime, Self::Mfa];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::OneTime => "otp",
            Self::Mfa => "mfa",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownAuthMethod> {
        Self::ALL.into_iter().find(|method| method.as_str() == raw).ok_or(UnknownAuthMethod)
    }
}

/// Where somebody was, as far as the request told.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SeenFrom {
    pub address: Option<IpAddr>,
    pub user_agent: Option<UserAgent>,
}

/// Where a person is, is not for logs.
impl fmt::Debug for SeenFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeenFrom(…)")
    }
}

/// What a program calls itself (RFC 9110 §10.1.5), fit to be shown in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// In characters.
    pub const MAX: usize = 255;

    /// What of a header's value can be kept: printable ASCII, and not more than
    /// so much. None when nothing is left.
    pub fn of_header(raw: &str) -> Option<Self> {
        let printable = raw.trim().chars().filter(|c| matches!(c, ' '..='~'));
        let kept: String = printable.take(Self::MAX).collect();
        (!kept.is_empty()).then_some(Self(kept))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_lives_until_it_ends_or_expires() {
        let at = Timestamp::from_seconds;
        let sign_in = SignIn {
            id: SignInId::from_bytes([1; 16]),
            directory: DirectoryId::from_bytes([2; 16]),
            user: UserId::from_bytes([3; 16]),
            secret: SecretHash::from_bytes([4; 32]),
            authenticated_at: at(1),
            methods: vec![AuthMethod::Password],
            from: SeenFrom::default(),
            created_at: at(1),
            last_seen_at: at(1),
            expires_at: at(9),
            ended_at: None,
        };
        assert!(sign_in.is_live(at(8)) && !sign_in.is_live(at(9)), "over from the deadline on");
        let ended = SignIn { ended_at: Some(at(5)), ..sign_in };
        assert!(!ended.is_live(at(6)));
    }

    #[test]
    fn every_method_is_read_back() {
        for method in AuthMethod::ALL {
            assert_eq!(AuthMethod::parse(method.as_str()), Ok(method));
        }
        assert_eq!(AuthMethod::parse("password"), Err(UnknownAuthMethod));
    }

    #[test]
    fn of_a_header_is_kept_what_can_be_shown() {
        for (raw, kept) in [
            ("curl/8.5.0", Some("curl/8.5.0".to_owned())),
            (" a\r\nb\u{202e}ä c ", Some("ab c".to_owned())),
            ("äöü", None),
            ("  ", None),
            ("", None),
            (&"x".repeat(300), Some("x".repeat(255))),
        ] {
            assert_eq!(UserAgent::of_header(raw).map(|agent| agent.as_str().to_owned()), kept, "{raw:?}");
        }
    }

    #[test]
    fn where_a_person_is_is_not_shown() {
        let from = SeenFrom { address: "192.0.2.7".parse().ok(), user_agent: UserAgent::of_header("curl") };
        let shown = format!("{from:?}");
        assert!(!shown.contains("192") && !shown.contains("curl"), "{shown}");
    }
}
