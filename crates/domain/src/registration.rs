//! Applications that register themselves (RFC 7591), as far as a tenant lets
//! them.

use crate::{
    Actor, ActorKind, ApplicationId, Lifetime, Name, RegistrationTokenId, SecretHash, TenantId, Timestamp,
};

/// What a tenant wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationSettings {
    pub mode: RegistrationMode,
    /// For how long one is kept that never got a token.
    pub unused_ttl: Lifetime,
}

/// Who may register an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegistrationMode {
    /// Nobody but those who administer the tenant, in the ordinary way.
    Closed,
    /// Whoever was given an initial access token (RFC 7591 §3).
    Token,
    Open,
}

/// A word that names no such mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("none of closed, token, open")]
pub struct UnknownRegistrationMode;

/// A time that is too short for somebody to sign in, or longer than anybody
/// needs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not from {least} to {most} seconds", least = RegistrationSettings::MIN_UNUSED_TTL.as_seconds(),
    most = RegistrationSettings::MAX_UNUSED_TTL.as_seconds())]
pub struct InvalidUnusedTtl;

/// That an application registered itself, and what it says of itself beyond what
/// an application is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub application: ApplicationId,
    pub tenant: TenantId,
    /// Of its registration access token (RFC 7592 §1.2), which was shown once.
    pub access_token: SecretHash,
    /// What it was let in by; nothing where the tenant lets in anybody.
    pub let_in_by: Option<RegistrationTokenId>,
    pub said: SaidOfClient,
    pub created_at: Timestamp,
    /// Until when it is kept, unless it gets a token; nothing once it has.
    pub unused_until: Option<Timestamp>,
}

/// What it says of itself, for people who look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SaidOfClient {
    pub client_uri: Option<String>,
    pub policy_uri: Option<String>,
    pub tos_uri: Option<String>,
    pub contacts: Vec<String>,
    pub software_id: Option<String>,
    pub software_version: Option<String>,
    /// The redirect URIs that it had when it last said something; nothing where
    /// that was not kept.
    pub redirect_uris: Option<Vec<String>>,
    /// Whether somebody else changed those since. From then on it adds none.
    pub redirects_are_decided: bool,
}

/// An initial access token: lets in so many applications until its time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationToken {
    pub id: RegistrationTokenId,
    pub tenant: TenantId,
    /// For whom or for what it was made.
    pub name: Option<Name>,
    pub hash: SecretHash,
    pub last_four: String,
    pub uses: u32,
    pub max_uses: u32,
    pub created_by: Actor,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl RegistrationSettings {
    pub const MIN_UNUSED_TTL: Lifetime = Lifetime::from_hours(1);
    pub const MAX_UNUSED_TTL: Lifetime = Lifetime::from_days(30);
    pub const DEFAULT: Self = Self { mode: RegistrationMode::Closed, unused_ttl: Lifetime::from_days(1) };

    pub const fn parse_unused_ttl(seconds: u32) -> Result<Lifetime, InvalidUnusedTtl> {
        if seconds < Self::MIN_UNUSED_TTL.as_seconds() || seconds > Self::MAX_UNUSED_TTL.as_seconds() {
            return Err(InvalidUnusedTtl);
        }
        Ok(Lifetime::from_seconds(seconds))
    }
}

impl RegistrationMode {
    pub const ALL: [Self; 3] = [Self::Closed, Self::Token, Self::Open];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Token => "token",
            Self::Open => "open",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownRegistrationMode> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == raw).ok_or(UnknownRegistrationMode)
    }
}

impl Registration {
    /// Most of a tenant's at one time that never got a token.
    pub const MOST_UNUSED: u32 = 1_000;

    /// Who made the application: what let it in, or nobody in particular.
    pub fn maker(&self) -> Actor {
        let id = self.let_in_by.as_ref().map_or_else(|| "open".to_owned(), ToString::to_string);
        Actor { kind: ActorKind::Registration, id }
    }

    /// Who changes it afterwards: whoever holds its registration access token.
    pub fn holder(&self) -> Actor {
        Actor { kind: ActorKind::Registration, id: self.application.to_string() }
    }
}

impl RegistrationToken {
    /// Most that a tenant has at one time, those included whose time is over and
    /// that nobody has removed yet.
    pub const MOST: u32 = 200;
    pub const DEFAULT_TTL: Lifetime = Lifetime::from_days(7);
    pub const MAX_TTL: Lifetime = Lifetime::from_days(365);
    pub const MAX_USES: u32 = 10_000;

    /// Whether it lets in one more.
    pub fn is_good(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.uses < self.max_uses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for mode in RegistrationMode::ALL {
            assert_eq!(RegistrationMode::parse(mode.as_str()), Ok(mode));
        }
        assert_eq!(RegistrationMode::parse("Open"), Err(UnknownRegistrationMode));
    }

    #[test]
    fn what_is_unused_is_kept_for_an_hour_to_thirty_days() {
        for (seconds, good) in [(3_599, false), (3_600, true), (2_592_000, true), (2_592_001, false)] {
            assert_eq!(RegistrationSettings::parse_unused_ttl(seconds).is_ok(), good, "{seconds}");
        }
        let default = RegistrationSettings::DEFAULT.unused_ttl.as_seconds();
        assert!(RegistrationSettings::parse_unused_ttl(default).is_ok());
    }

    #[test]
    fn a_token_lets_in_so_many_until_its_time_is_over() {
        let token = |uses| RegistrationToken {
            id: RegistrationTokenId::from_bytes([1; 16]),
            tenant: TenantId::from_bytes([2; 16]),
            name: None,
            hash: SecretHash::from_bytes([3; 32]),
            last_four: "1nPa".to_owned(),
            uses,
            max_uses: 2,
            created_by: Actor { kind: ActorKind::System, id: "system".to_owned() },
            created_at: Timestamp::from_seconds(0),
            expires_at: Timestamp::from_seconds(10),
        };
        for (uses, second, good) in [(0, 0, true), (1, 9, true), (2, 9, false), (0, 10, false)] {
            assert_eq!(token(uses).is_good(Timestamp::from_seconds(second)), good, "{uses} {second}");
        }
    }
}
