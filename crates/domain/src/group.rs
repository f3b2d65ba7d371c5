//! Groups of users, and of groups.

pub(crate) mod graph;

use crate::{DirectoryId, GroupId, Name, Timestamp, User, UserId};

/// Some users of a directory, and those of the groups that it contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub directory: DirectoryId,
    /// Taken once in its directory, case aside.
    pub name: Name,
    pub description: Option<String>,
    /// Counts its changes, from 1: what an update was based on. Who is in it is
    /// no part of it.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Group {
    /// Most groups from the outermost to the innermost, both counted.
    pub const MAX_DEPTH: usize = 10;
    /// Most groups that are in one, at whatever depth, and most that one is in.
    pub const MAX_REACHED: usize = 1_000;
}

/// A user is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    pub group: GroupId,
    pub user: UserId,
    pub added_at: Timestamp,
}

/// A group is in a group, and its users with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nesting {
    pub parent: GroupId,
    pub child: GroupId,
    pub added_at: Timestamp,
}

/// Somebody who is in a group, not by way of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub user: User,
    pub added_at: Timestamp,
}
