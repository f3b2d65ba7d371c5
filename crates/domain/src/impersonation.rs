//! Somebody who administers acts as one of an application's people: for a while,
//! with a reason, and never with more rights than they have themselves.

use crate::authorize::rank_over;
use crate::{
    Application, ApplicationId, DirectoryId, ImpersonationId, Lifetime, OperatorId, Owner, Reason, Resource,
    RoleGrant, SeenFrom, SessionId, Timestamp, User, UserId,
};

/// From when until when, who acted as whom, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impersonation {
    pub id: ImpersonationId,
    /// Of the application.
    pub owner: Owner,
    pub application: ApplicationId,
    /// Where the user is.
    pub directory: DirectoryId,
    pub user: UserId,
    /// In which it happens, and which ends with it.
    pub session: SessionId,
    pub operator: OperatorId,
    pub reason: Reason,
    /// Where the operator was.
    pub from: SeenFrom,
    pub started_at: Timestamp,
    /// From this moment on it is over, ended or not.
    pub expires_at: Timestamp,
    pub ended: Option<ImpersonationEnd>,
}

/// When it was over, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImpersonationEnd {
    pub at: Timestamp,
    pub reason: EndReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Somebody ended it.
    Ended,
    /// Nobody did, and its time is over.
    Expired,
    /// What it stood on went away: the session, the user, the application, or
    /// what the operator may do.
    Revoked,
}

/// A word that names no way for it to end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of ended, expired, revoked")]
pub struct UnknownEndReason;

impl EndReason {
    pub const ALL: [Self; 3] = [Self::Ended, Self::Expired, Self::Revoked];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownEndReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == raw).ok_or(UnknownEndReason)
    }
}

/// For so long nobody acts as somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not from 1 to 60 minutes")]
pub struct InvalidDuration;

impl Impersonation {
    pub const SHORTEST: Lifetime = Lifetime::from_minutes(1);
    pub const LONGEST: Lifetime = Lifetime::from_minutes(60);
    /// When nobody says for how long.
    pub const USUAL: Lifetime = Lifetime::from_minutes(30);

    /// For how long it is to last, in seconds.
    pub fn duration(seconds: i64) -> Result<Lifetime, InvalidDuration> {
        let lifetime = u32::try_from(seconds).map(Lifetime::from_seconds).map_err(|_| InvalidDuration)?;
        if (Self::SHORTEST..=Self::LONGEST).contains(&lifetime) { Ok(lifetime) } else { Err(InvalidDuration) }
    }

    /// How it was over at `now`; not at all while it goes on.
    pub fn end(&self, now: Timestamp) -> Option<ImpersonationEnd> {
        let expired = ImpersonationEnd { at: self.expires_at, reason: EndReason::Expired };
        self.ended.or_else(|| (self.expires_at <= now).then_some(expired))
    }

    /// Whether it goes on.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.end(now).is_none()
    }
}

/// An operator, with every role that they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    pub id: OperatorId,
    pub roles: &'a [RoleGrant],
}

/// As whom somebody wants to act, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Intended<'a> {
    pub by: Known<'a>,
    pub application: &'a Application,
    /// What decides about the application, and whose people its people are.
    pub resource: &'a Resource,
    pub user: &'a User,
    /// The operators who have the user's address, whether or not anybody has
    /// shown that mail arrives there.
    pub same_address: &'a [Known<'a>],
}

/// Why somebody who may act as others does not act as this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImpersonationRefused {
    #[error("nobody acts as themselves; sign in instead")]
    Oneself,
    #[error("the user's address is that of an operator with as many rights as yours, or more")]
    EqualRights,
    #[error("operators sign in to this application, and nobody acts as one of them")]
    OfOperators,
    #[error("the application is disabled or archived")]
    NotInUse,
    #[error("the user may not sign in")]
    NoSignIn,
}

impl Intended<'_> {
    /// Whether it may begin at `now`, besides that the operator's role allows
    /// such a thing.
    pub fn check(&self, now: Timestamp) -> Result<(), ImpersonationRefused> {
        if self.resource.for_operators {
            return Err(ImpersonationRefused::OfOperators);
        }
        if self.same_address.iter().any(|other| other.id == self.by.id) {
            return Err(ImpersonationRefused::Oneself);
        }
        if !self.same_address.iter().all(|other| self.outranks(other)) {
            return Err(ImpersonationRefused::EqualRights);
        }
        if !self.application.may_acquire_tokens(now) {
            return Err(ImpersonationRefused::NotInUse);
        }
        if self.user.may_sign_in() { Ok(()) } else { Err(ImpersonationRefused::NoSignIn) }
    }

    /// By what each may do to this application: what somebody runs elsewhere
    /// makes them nothing here.
    fn outranks(&self, other: &Known<'_>) -> bool {
        rank_over(self.resource, self.by.roles) > rank_over(self.resource, other.roles)
    }
}

/// What a person does with their own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnAction {
    /// Sees who they are, and where they are signed in.
    Read,
    /// Changes their name, or what else is no proof of who they are.
    Update,
    SignOut,
    ChangePassword,
    /// Changes their address, or shows that mail arrives there.
    ChangeEmail,
    /// Changes what they prove who they are with besides a password.
    ChangeFactors,
    /// Changes with which accounts elsewhere they sign in.
    ChangeConnections,
    DeleteAccount,
    /// Runs the registry, as far as they are an operator.
    Administer,
}

impl OwnAction {
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Update,
        Self::SignOut,
        Self::ChangePassword,
        Self::ChangeEmail,
        Self::ChangeFactors,
        Self::ChangeConnections,
        Self::DeleteAccount,
        Self::Administer,
    ];

    /// Whether only the person themselves may, and nobody who acts as them:
    /// what would let somebody in for longer, shut the person out, or bind them.
    pub const fn is_theirs_alone(self) -> bool {
        match self {
            Self::Read | Self::Update | Self::SignOut => false,
            Self::ChangePassword
            | Self::ChangeEmail
            | Self::ChangeFactors
            | Self::ChangeConnections
            | Self::DeleteAccount
            | Self::Administer => true,
        }
    }
}

#[cfg(test)]
mod tests;
