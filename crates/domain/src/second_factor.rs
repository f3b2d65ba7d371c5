//! A second proof of who somebody is, after the first.

use std::fmt;

use crate::{ApplicationId, AuthMethod, DirectoryId, Lifetime, SecretHash, Timestamp, UserId};

/// A code that somebody typed, as far as it has the form of one.
#[derive(Clone, PartialEq, Eq)]
pub enum FactorCode {
    /// Six digits that a device shows (RFC 6238).
    Totp(String),
    /// One that stands in for the device, once; in capitals and without a hyphen.
    Backup(String),
}

impl FactorCode {
    const TOTP_LENGTH: usize = 6;
    const BACKUP_LENGTH: usize = 10;

    /// Spaces, hyphens and case are of no matter. Nothing for what can be
    /// neither.
    pub fn parse(raw: &str) -> Option<Self> {
        let kept = raw.chars().filter(|c| !matches!(c, ' ' | '-'));
        // One more than either has tells that it is too long.
        let text: String = kept.take(Self::BACKUP_LENGTH + 1).collect::<String>().to_ascii_uppercase();
        let is_base32 = |byte: u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7');
        match text.len() {
            Self::TOTP_LENGTH if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(Self::Totp(text)),
            Self::BACKUP_LENGTH if text.bytes().all(is_base32) => Some(Self::Backup(text)),
            _ => None,
        }
    }
}

/// It lets somebody in.
impl fmt::Debug for FactorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Totp(_) => "Totp(…)",
            Self::Backup(_) => "Backup(…)",
        })
    }
}

/// Somebody who has given the first proof, and is asked for the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Of the secret that whoever goes on shows.
    pub hash: SecretHash,
    pub directory: DirectoryId,
    pub user: UserId,
    /// Where they are about to sign in; another one does not go on with it.
    pub application: Option<ApplicationId>,
    /// How the first was given.
    pub methods: Vec<AuthMethod>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Challenge {
    /// For how long somebody looks for their device.
    pub const LIFETIME: Lifetime = Lifetime::from_minutes(5);
    /// Most that a user has at a time; the oldest make room.
    pub const MAX_LIVE: usize = 5;

    /// Whether it can still be met at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// How they proved themselves when they meet it: RFC 8176 §2 says `mfa`
    /// beside the methods where there were several.
    pub fn methods_met(&self) -> Vec<AuthMethod> {
        let more = [AuthMethod::OneTime, AuthMethod::Mfa];
        self.methods.iter().copied().filter(|method| !more.contains(method)).chain(more).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let totp = |text: &str| Some(FactorCode::Totp(text.to_owned()));
        let backup = |text: &str| Some(FactorCode::Backup(text.to_owned()));
        for (raw, code) in [
            ("123456", totp("123456")),
            (" 123 456 ", totp("123456")),
            ("abcde-fgh27", backup("ABCDEFGH27")),
            ("ABCDEFGH27", backup("ABCDEFGH27")),
            ("", None),
            ("12345", None),
            ("1234567", None),
            ("12345a", None),
            ("ABCDEFGH18", None),
            ("ABCDEFGH277", None),
            ("ＡBCDEFGH27", None),
            ("１２３４５６", None),
        ] {
            assert_eq!(FactorCode::parse(raw), code, "{raw:?}");
        }
        let shown = format!("{:?}", [totp("123456"), backup("ABCDEFGH27")]);
        assert!(!shown.contains("123456") && !shown.contains("ABCDEFGH27"), "{shown}");
    }

    #[test]
    fn a_challenge_is_met_in_time_and_by_more_than_one_method() {
        let at = Timestamp::from_seconds;
        let challenge = Challenge {
            hash: SecretHash::from_bytes([1; 32]),
            directory: DirectoryId::from_bytes([2; 16]),
            user: UserId::from_bytes([3; 16]),
            application: None,
            methods: vec![AuthMethod::Password],
            created_at: at(1),
            expires_at: at(9),
        };
        assert!(challenge.is_good(at(8)) && !challenge.is_good(at(9)));
        let met = [AuthMethod::Password, AuthMethod::OneTime, AuthMethod::Mfa];
        assert_eq!(challenge.methods_met(), met);
        let by_mail = Challenge { methods: vec![AuthMethod::OneTime], ..challenge };
        assert_eq!(by_mail.methods_met(), [AuthMethod::OneTime, AuthMethod::Mfa]);
    }
}
