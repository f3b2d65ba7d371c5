//! What makes an issued token worthless before it expires.

use crate::{ApplicationId, GrantId, OauthFacet, Owner, SessionId, Timestamp, TokenId, UserId};

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
    /// Whatever was issued to the application until `revoked_at`; or to the
    /// service account whose id has the same bits.
    Application(ApplicationId),
    /// Whatever was issued for the user until `revoked_at`.
    User(UserId),
    /// Whatever was issued in the session, whenever that was.
    Session(SessionId),
    /// Whatever was issued of the grant, whenever that was.
    Grant(GrantId),
}

impl RevokedSubject {
    /// The id of what is revoked, of whichever kind.
    pub const fn as_bytes(&self) -> [u8; 16] {
        match self {
            Self::Token(id) => id.as_bytes(),
            Self::Application(id) => id.as_bytes(),
            Self::User(id) => id.as_bytes(),
            Self::Session(id) => id.as_bytes(),
            Self::Grant(id) => id.as_bytes(),
        }
    }
}

/// A token, as far as it matters to whether it was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issued {
    pub token: TokenId,
    pub application: ApplicationId,
    /// None when the application acquired it in its own name.
    pub person: Option<IssuedFor>,
}

/// For whom a token was issued, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuedFor {
    pub user: UserId,
    pub session: SessionId,
    pub grant: GrantId,
}

/// When something ends that tokens were issued of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    pub at: Timestamp,
    /// From here on every such token has expired.
    pub forget_at: Timestamp,
}

impl Ending {
    /// Of tokens that live as long as any may.
    pub const fn at(now: Timestamp) -> Self {
        Self { at: now, forget_at: now.plus(OauthFacet::MAX_ACCESS_TOKEN_TTL) }
    }
}

impl Issued {
    /// The ids that a revocation of it can be found by.
    pub fn subjects(&self) -> impl Iterator<Item = RevokedSubject> {
        let person = self.person.map(|person| {
            [
                RevokedSubject::User(person.user),
                RevokedSubject::Session(person.session),
                RevokedSubject::Grant(person.grant),
            ]
        });
        let own = [RevokedSubject::Token(self.token), RevokedSubject::Application(self.application)];
        own.into_iter().chain(person.into_iter().flatten())
    }
}

impl Revocation {
    /// Whether it ends this token.
    ///
    /// A token's id names the millisecond it was made in; one made in the very
    /// millisecond of the revocation counts as issued before it.
    pub fn concerns(&self, issued: &Issued) -> bool {
        let until = || issued.token.made_at().as_millis() <= self.revoked_at.as_millis();
        match self.subject {
            RevokedSubject::Token(id) => id == issued.token,
            RevokedSubject::Application(id) => id == issued.application && until(),
            RevokedSubject::User(id) => issued.person.is_some_and(|person| id == person.user) && until(),
            RevokedSubject::Session(id) => issued.person.is_some_and(|person| id == person.session),
            RevokedSubject::Grant(id) => issued.person.is_some_and(|person| id == person.grant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The millisecond of every revocation here.
    const REVOKED: u64 = 5_000;

    fn made_at(millis: u64) -> Issued {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        let person = IssuedFor {
            user: UserId::from_bytes([2; 16]),
            session: SessionId::from_bytes([3; 16]),
            grant: GrantId::from_bytes([4; 16]),
        };
        Issued {
            token: TokenId::from_bytes(bytes),
            application: ApplicationId::from_bytes([1; 16]),
            person: Some(person),
        }
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
    fn a_token_is_revoked_by_whatever_it_was_issued_for() {
        let nobody = Issued { person: None, ..made_at(REVOKED) };
        let [one, two, three, four] = [1, 2, 3, 4].map(|number| [number; 16]);
        for (subject, before, after, without_person) in [
            (RevokedSubject::Application(ApplicationId::from_bytes(one)), true, false, true),
            (RevokedSubject::User(UserId::from_bytes(two)), true, false, false),
            (RevokedSubject::Session(SessionId::from_bytes(three)), true, true, false),
            (RevokedSubject::Grant(GrantId::from_bytes(four)), true, true, false),
            (RevokedSubject::Token(nobody.token), true, false, true),
            (RevokedSubject::Application(ApplicationId::from_bytes(two)), false, false, false),
            (RevokedSubject::User(UserId::from_bytes(one)), false, false, false),
            (RevokedSubject::Session(SessionId::from_bytes(four)), false, false, false),
            (RevokedSubject::Grant(GrantId::from_bytes(three)), false, false, false),
        ] {
            let revocation = of(subject);
            assert_eq!(revocation.concerns(&made_at(REVOKED)), before, "{subject:?}");
            assert_eq!(revocation.concerns(&made_at(REVOKED + 1)), after, "{subject:?}, a moment later");
            assert_eq!(revocation.concerns(&nobody), without_person, "{subject:?}, in its own name");
        }
    }

    #[test]
    fn what_concerns_a_token_is_found_by_what_it_was_issued_for() {
        let issued = made_at(REVOKED);
        let found: Vec<RevokedSubject> = issued.subjects().collect();
        assert_eq!(found.len(), 5);
        assert!(found.iter().all(|subject| of(*subject).concerns(&issued)), "{found:?}");
        assert_eq!(Issued { person: None, ..issued }.subjects().count(), 2);
    }
}
