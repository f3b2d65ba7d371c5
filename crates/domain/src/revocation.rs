//! What makes an issued token worthless before it expires.

use crate::{ApplicationId, Owner, Timestamp, TokenId};

/// One revocation, kept until nothing it concerns could still be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    pub owner: Owner,
    pub subject: RevokedSubject,
    pub revoked_at: Timestamp,
    /// From here on every token that it concerns has expired.
    pub forget_at: Timestamp,
}

/// What is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevokedSubject {
    /// One token, by its `jti`.
    Token(TokenId),
    /// Whatever was issued to the application until `revoked_at`.
    Application(ApplicationId),
}

impl RevokedSubject {
    /// The id of what is revoked, of either kind.
    pub const fn as_bytes(&self) -> [u8; 16] {
        match self {
            Self::Token(id) => id.as_bytes(),
            Self::Application(id) => id.as_bytes(),
        }
    }
}

impl Revocation {
    /// Whether it ends the token with this `jti`, issued to this application.
    ///
    /// A token's id names the millisecond it was made in; one made in the very
    /// millisecond of the revocation counts as issued before it.
    pub fn concerns(&self, token: TokenId, application: ApplicationId) -> bool {
        match self.subject {
            RevokedSubject::Token(id) => id == token,
            RevokedSubject::Application(id) => {
                id == application && token.made_at().as_millis() <= self.revoked_at.as_millis()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_made_at(millis: u64) -> TokenId {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        TokenId::from_bytes(bytes)
    }

    fn of(subject: RevokedSubject) -> Revocation {
        Revocation {
            owner: Owner::Global,
            subject,
            revoked_at: Timestamp::from_micros(5_000_500),
            forget_at: Timestamp::from_seconds(100),
        }
    }

    #[test]
    fn a_token_is_revoked_by_its_id_or_by_when_it_was_issued() {
        let [ours, other] = [[1; 16], [2; 16]].map(ApplicationId::from_bytes);
        let all = of(RevokedSubject::Application(ours));
        for (millis, application, revoked) in
            [(4_999, ours, true), (5_000, ours, true), (5_001, ours, false), (4_999, other, false)]
        {
            assert_eq!(all.concerns(token_made_at(millis), application), revoked, "{millis}");
        }
        let one = of(RevokedSubject::Token(token_made_at(9_000)));
        assert!(one.concerns(token_made_at(9_000), other) && !one.concerns(token_made_at(9_001), ours));
    }
}
