//! What an authorization code led to: access tokens, and a family of refresh
//! tokens.

use std::fmt;

use appkeep_oauth::ScopeSet;

use crate::{
    ApplicationId, AuthMethod, DirectoryId, GrantId, Lifetime, Owner, SecretHash, SessionId, Timestamp,
    UserId,
};

/// What a person allowed an application at one time; its tokens end together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub id: GrantId,
    /// Of the application.
    pub owner: Owner,
    pub application: ApplicationId,
    pub session: SessionId,
    /// Where the user is.
    pub directory: DirectoryId,
    pub user: UserId,
    pub scope: ScopeSet,
    pub audience: Vec<String>,
    /// How the application spelt its `client_id`; tokens repeat it.
    pub client_spelling: String,
    pub authenticated_at: Timestamp,
    /// None where somebody else vouches for the user.
    pub methods: Vec<AuthMethod>,
    pub created_at: Timestamp,
    /// None when no refresh token was issued.
    pub family: Option<RefreshFamily>,
    pub ended_at: Option<Timestamp>,
}

/// Refresh tokens that came of each other. The newest is good, and the one
/// before it for a moment (RFC 9700 §4.14.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshFamily {
    /// Of the part that all its tokens share: finds it.
    pub key: SecretHash,
    /// Of what is the newest token's alone.
    pub current: SecretHash,
    pub previous: Option<Previous>,
    pub earlier: Option<Earlier>,
    /// When the newest token expires: later with each rotation, and never after
    /// `last_expires_at`.
    pub expires_at: Timestamp,
    /// When the last of them expires, however often they are rotated.
    pub last_expires_at: Timestamp,
}

/// The token before the newest.
#[derive(Clone, PartialEq, Eq)]
pub struct Previous {
    pub hash: SecretHash,
    /// Random. With the token before, which is not kept, it makes the newest
    /// again.
    pub link: [u8; 32],
    pub rotated_at: Timestamp,
}

/// The token before that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    pub hash: SecretHash,
    pub rotated_at: Timestamp,
}

/// Without the token it is worth nothing; all the same it is nobody's business.
impl fmt::Debug for Previous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Previous").field("rotated_at", &self.rotated_at).finish_non_exhaustive()
    }
}

/// What a refresh token is, that names a family.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The newest: it is rotated.
    Current,
    /// The one before, a moment late: with this link it makes the same
    /// successor that the other request got.
    Racing([u8; 32]),
    /// The one before that, a moment late: what takes its place was used already.
    /// It gets nothing, and nothing ends.
    Late,
    /// An older one, or a moment later, so that somebody has what is another's: the family ends.
    Reused,
    /// Nothing of the family is good any more.
    Expired,
}

impl fmt::Debug for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Current => "Current",
            Self::Racing(_) => "Racing(…)",
            Self::Late => "Late",
            Self::Reused => "Reused",
            Self::Expired => "Expired",
        })
    }
}

impl RefreshFamily {
    /// For how long the token before the newest makes its successor again.
    pub const GRACE: Lifetime = Lifetime::from_seconds(10);

    /// A family of one token: each lives for `ttl`, and all of them for `max_age`.
    pub fn begin(
        (key, current): (SecretHash, SecretHash),
        (ttl, max_age): (Lifetime, Lifetime),
        now: Timestamp,
    ) -> Self {
        let last_expires_at = now.plus(max_age);
        let expires_at = now.plus(ttl).min(last_expires_at);
        Self { key, current, previous: None, earlier: None, expires_at, last_expires_at }
    }

    /// What the token is whose own part has this hash. The hashes are compared
    /// in the same time wherever they differ.
    pub fn judge(&self, generation: &SecretHash, now: Timestamp) -> Judgement {
        if self.expires_at.min(self.last_expires_at) <= now {
            return Judgement::Expired;
        }
        if self.current.is(generation) {
            return Judgement::Current;
        }
        let fits = |hash: &SecretHash, rotated_at: Timestamp| {
            hash.is(generation) && now < rotated_at.plus(Self::GRACE)
        };
        match (&self.previous, &self.earlier) {
            (Some(one), _) if fits(&one.hash, one.rotated_at) => Judgement::Racing(one.link),
            (_, Some(one)) if fits(&one.hash, one.rotated_at) => Judgement::Late,
            _ => Judgement::Reused,
        }
    }

    /// The family with a newest token that the link makes of the one before.
    pub fn rotated(&self, to: SecretHash, link: [u8; 32], ttl: Lifetime, now: Timestamp) -> Self {
        Self {
            key: self.key,
            current: to,
            previous: Some(Previous { hash: self.current, link, rotated_at: now }),
            earlier: self.previous.as_ref().map(|one| Earlier { hash: one.hash, rotated_at: one.rotated_at }),
            expires_at: now.plus(ttl).min(self.last_expires_at),
            last_expires_at: self.last_expires_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: SecretHash = SecretHash::from_bytes([1; 32]);
    const SECOND: SecretHash = SecretHash::from_bytes([2; 32]);
    const THIRD: SecretHash = SecretHash::from_bytes([3; 32]);
    const TTL: Lifetime = Lifetime::from_seconds(60);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn family() -> RefreshFamily {
        let key = SecretHash::from_bytes([9; 32]);
        RefreshFamily::begin((key, FIRST), (TTL, Lifetime::from_seconds(100)), at(0))
    }

    #[test]
    fn the_newest_is_good_and_the_one_before_for_a_moment() {
        let rotated = family().rotated(SECOND, [7; 32], TTL, at(20));
        for (generation, second, judgement) in [
            (SECOND, 20, Judgement::Current),
            (SECOND, 79, Judgement::Current),
            (SECOND, 80, Judgement::Expired),
            (FIRST, 19, Judgement::Racing([7; 32])),
            (FIRST, 29, Judgement::Racing([7; 32])),
            (FIRST, 30, Judgement::Reused),
            (FIRST, 80, Judgement::Expired),
            (THIRD, 20, Judgement::Reused),
        ] {
            assert_eq!(rotated.judge(&generation, at(second)), judgement, "{generation:?} at {second}");
        }
        assert_eq!(family().judge(&SECOND, at(1)), Judgement::Reused, "there is none before");
    }

    #[test]
    fn a_rotation_moves_the_end_and_never_past_the_last() {
        let first = family();
        assert_eq!((first.expires_at, first.last_expires_at), (at(60), at(100)));
        let second = first.rotated(SECOND, [7; 32], TTL, at(30));
        assert_eq!((second.expires_at, second.last_expires_at), (at(90), at(100)));
        let third = second.rotated(THIRD, [8; 32], TTL, at(50));
        assert_eq!((third.expires_at, third.last_expires_at), (at(100), at(100)));
        assert_eq!(third.judge(&FIRST, at(51)), Judgement::Reused, "two rotations ago");
        let quick = second.rotated(THIRD, [8; 32], TTL, at(31));
        for (second, judgement) in [(31, Judgement::Late), (39, Judgement::Late), (40, Judgement::Reused)] {
            assert_eq!(quick.judge(&FIRST, at(second)), judgement, "two rotations ago, at {second}");
        }
        let fourth = quick.rotated(SecretHash::from_bytes([4; 32]), [9; 32], TTL, at(32));
        assert_eq!(fourth.judge(&FIRST, at(32)), Judgement::Reused, "three rotations ago");
        assert_eq!(fourth.judge(&SECOND, at(32)), Judgement::Late);
        let short = RefreshFamily::begin((FIRST, SECOND), (TTL, Lifetime::from_seconds(10)), at(0));
        assert_eq!(short.expires_at, at(10));
    }

    #[test]
    fn a_link_is_not_shown() {
        let rotated = family().rotated(SECOND, [77; 32], TTL, at(20));
        let shown = format!("{rotated:?} {:?}", rotated.judge(&FIRST, at(21)));
        assert!(!shown.contains("77"), "{shown}");
    }
}
