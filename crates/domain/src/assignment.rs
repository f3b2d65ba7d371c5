//! Who may use an application.

use crate::{ApplicationId, DirectoryId, GroupId, Owner, Timestamp, User, UserId};

/// A user, or everybody in a group, may use an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub application: ApplicationId,
    /// Where the subject is.
    pub directory: DirectoryId,
    pub subject: Subject,
    pub created_at: Timestamp,
}

/// Whom something is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    User(UserId),
    Group(GroupId),
}

/// Somebody who may use an application, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveUser {
    pub user: User,
    /// Whose directory the user is in.
    pub owner: Owner,
    /// One for each assignment that gives it, and never none: directly first,
    /// then the shortest.
    pub paths: Vec<AccessPath>,
}

/// By what somebody may use an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessPath {
    Direct,
    /// From the group that is assigned to the one that the user is in, each in
    /// the one before it; of several ways the shortest.
    Via(Vec<GroupId>),
}
