//! Who somebody is elsewhere, and how they are asked there.

use std::fmt;

use crate::{
    ConnectionId, DirectoryId, Email, Lifetime, Name, ProviderName, RedirectUri, SecretHash, Timestamp,
    UserId,
};

/// What ties a user to an account with a provider. A user has one at most by
/// each connection, and an account is one user's at most.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// By which registration it was learnt: with another one the same subject
    /// may be somebody else, so it goes when that does.
    pub connection: ConnectionId,
    pub directory: DirectoryId,
    pub user: UserId,
    pub provider: ProviderName,
    /// By which the provider knows them.
    pub subject: ProviderSubject,
    /// What the provider said when they were last there.
    pub email: Option<Email>,
    /// Whether it proved that the address is theirs.
    pub email_verified: bool,
    pub name: Option<Name>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
}

impl Identity {
    /// Whether the provider proved that this address is theirs.
    pub fn proves(&self, address: &Email) -> bool {
        let is_it = |told: &Email| told.folded() == address.folded();
        self.email_verified && self.email.as_ref().is_some_and(is_it)
    }
}

/// Who somebody is elsewhere is not for logs.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("connection", &self.connection)
            .field("user", &self.user)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// By which a provider knows somebody (OpenID Connect Core 1.0 §2: `sub`):
/// compared byte for byte, and never given to another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProviderSubject(String);

/// A text that is no subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not 1 to {max} bytes without control characters", max = ProviderSubject::MAX)]
pub struct InvalidSubject;

impl ProviderSubject {
    /// In bytes.
    pub const MAX: usize = 255;

    pub fn parse(raw: &str) -> Result<Self, InvalidSubject> {
        if (1..=Self::MAX).contains(&raw.len()) && !raw.chars().any(char::is_control) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidSubject)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ProviderSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderSubject(…)")
    }
}

/// Somebody who was sent to a provider, and is awaited back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationUnderWay {
    /// Of the `state` (RFC 6749 §4.1.1) that they bring back.
    pub state: SecretHash,
    pub directory: DirectoryId,
    /// By which they were sent; at another's provider they are not awaited.
    pub connection: ConnectionId,
    /// Where the provider sends them, which it is told again when the code is
    /// exchanged (RFC 6749 §4.1.3).
    pub redirect_uri: RedirectUri,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl AuthorizationUnderWay {
    /// For how long somebody proves there who they are.
    pub const LIFETIME: Lifetime = Lifetime::from_minutes(10);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_what_the_provider_says() {
        for good in ["1", "10769150350006150715113082367", "ä b", "a".repeat(255).as_str()] {
            assert_eq!(ProviderSubject::parse(good).expect("is one").as_str(), good);
        }
        for bad in ["", "a\0", "a\n", "a".repeat(256).as_str(), "ä".repeat(128).as_str()] {
            assert_eq!(ProviderSubject::parse(bad), Err(InvalidSubject), "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_proved_or_only_said_and_none_of_it_is_shown() {
        let identity = Identity {
            connection: ConnectionId::from_bytes([1; 16]),
            directory: DirectoryId::from_bytes([2; 16]),
            user: UserId::from_bytes([3; 16]),
            provider: ProviderName::parse("google").expect("is one"),
            subject: ProviderSubject::parse("1076915").expect("is one"),
            email: Some(Email::parse("ada@example.com").expect("is an address")),
            email_verified: true,
            name: Some(Name::parse("Ada").expect("is a name")),
            created_at: Timestamp::from_seconds(1),
            last_used_at: Timestamp::from_seconds(1),
        };
        for (verified, address, proves) in [
            (true, "ADA@example.com", true),
            (true, "eve@example.com", false),
            (false, "ada@example.com", false),
        ] {
            let identity = Identity { email_verified: verified, ..identity.clone() };
            let address = Email::parse(address).expect("is an address");
            assert_eq!(identity.proves(&address), proves, "{verified} {address:?}");
        }
        let shown = format!("{identity:?} {:?}", identity.subject);
        assert!(!shown.contains("1076915") && !shown.contains("da"), "{shown}");
    }
}
