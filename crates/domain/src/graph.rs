//! The access graph: who comes to what by which application, as nodes and edges.
//!
//! What an edge is decided as, whoever draws it asks of those who decide the
//! calls themselves; here stand only the words for it.

mod cut;
mod layout;

use std::fmt;

pub use self::cut::{Candidates, LeftOut};
pub use self::layout::{Column, Layout, Place, lay_out};
use crate::access::{AccessDenied, Permission, Transform};
use crate::integration::Unreachable;
use crate::{ApplicationId, GroupId, IntegrationId, NotInUse, UserId, UserStatus};

/// A graph, or as much of it as was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessGraph {
    pub nodes: Vec<Node>,
    /// Each between two of the nodes.
    pub edges: Vec<Edge>,
    pub left_out: LeftOut,
}

/// What stands in a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    User,
    Group,
    Application,
    Integration,
    Scope,
    /// Something that an application may ask for tokens for (RFC 8707).
    Resource,
    /// A path in which data is kept.
    Container,
}

impl NodeKind {
    pub const ALL: [Self; 7] = [
        Self::User,
        Self::Group,
        Self::Application,
        Self::Integration,
        Self::Scope,
        Self::Resource,
        Self::Container,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Application => "application",
            Self::Integration => "integration",
            Self::Scope => "scope",
            Self::Resource => "resource",
            Self::Container => "container",
        }
    }
}

/// Which node it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKey {
    User(UserId),
    Group(GroupId),
    Application(ApplicationId),
    Integration(IntegrationId),
    Scope(Box<str>),
    Resource(Box<str>),
    Container(Box<str>),
}

impl NodeKey {
    pub const fn kind(&self) -> NodeKind {
        match self {
            Self::User(_) => NodeKind::User,
            Self::Group(_) => NodeKind::Group,
            Self::Application(_) => NodeKind::Application,
            Self::Integration(_) => NodeKind::Integration,
            Self::Scope(_) => NodeKind::Scope,
            Self::Resource(_) => NodeKind::Resource,
            Self::Container(_) => NodeKind::Container,
        }
    }
}

/// Its id; what has none goes by its kind and its text: `scope:bills:read`.
impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => fmt::Display::fmt(id, f),
            Self::Group(id) => fmt::Display::fmt(id, f),
            Self::Application(id) => fmt::Display::fmt(id, f),
            Self::Integration(id) => fmt::Display::fmt(id, f),
            Self::Scope(text) | Self::Resource(text) | Self::Container(text) => {
                write!(f, "{}:{text}", self.kind().as_str())
            }
        }
    }
}

/// A node, and what it is called.
#[derive(Clone, PartialEq, Eq)]
pub struct Node {
    pub key: NodeKey,
    pub name: String,
}

/// A person's name is not for logs.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("key", &self.key).finish_non_exhaustive()
    }
}

/// How one node leads to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// From who is in a group to the group.
    Member,
    /// From a user, or everybody in a group, to an application.
    Assigned,
    /// From an application to an integration.
    Attached,
    /// From a user to an integration with which they have something.
    Connected,
    /// From an application to a scope, a resource or a container.
    Granted,
}

impl EdgeKind {
    pub const ALL: [Self; 5] = [Self::Member, Self::Assigned, Self::Attached, Self::Connected, Self::Granted];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Assigned => "assigned",
            Self::Attached => "attached",
            Self::Connected => "connected",
            Self::Granted => "granted",
        }
    }
}

/// That one node leads to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub kind: EdgeKind,
    pub from: NodeKey,
    pub to: NodeKey,
    /// What is granted in a container.
    pub permission: Option<Permission>,
    /// What the call would be decided as that goes along it, if that was asked.
    pub verdict: Option<Verdict>,
}

impl Edge {
    pub const fn new(kind: EdgeKind, from: NodeKey, to: NodeKey) -> Self {
        Self { kind, from, to, permission: None, verdict: None }
    }
}

/// What a call is decided as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed(Grounds),
    Denied(Denial),
}

/// Why something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grounds {
    /// The user is in the group.
    Member,
    /// The application is for those who are assigned, and this one is.
    Assigned,
    /// The application is for everybody.
    Everybody,
    Attached,
    Connected,
    /// The scope is among the allowed ones, and there is one that is called so.
    AllowedScope,
    /// The resource is the application's own, or among the allowed ones.
    AllowedResource,
    /// A rule of the application's access.
    Rule {
        priority: u32,
        transform: Transform,
    },
    /// A permission on everything.
    Permission {
        transform: Transform,
    },
}

/// Why something is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    NotInUse(NotInUse),
    UserSuspended,
    UserPending,
    /// The scope is allowed, and registered no more.
    UnknownScope,
    /// No token is given for the resource.
    InvalidTarget,
    Unreachable(Unreachable),
    Access(AccessDenied),
}

impl Verdict {
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// The word for programs.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Allowed(grounds) => grounds.as_str(),
            Self::Denied(denial) => denial.as_str(),
        }
    }

    /// Which rule decided, if one did.
    pub const fn priority(self) -> Option<u32> {
        match self {
            Self::Allowed(Grounds::Rule { priority, .. }) => Some(priority),
            _ => None,
        }
    }

    /// How much is shown, where that is decided too.
    pub const fn transform(self) -> Option<Transform> {
        match self {
            Self::Allowed(Grounds::Rule { transform, .. } | Grounds::Permission { transform }) => {
                Some(transform)
            }
            _ => None,
        }
    }
}

impl Grounds {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Assigned => "assigned",
            Self::Everybody => "everybody",
            Self::Attached => "attached",
            Self::Connected => "connected",
            Self::AllowedScope => "allowed_scope",
            Self::AllowedResource => "allowed_resource",
            Self::Rule { .. } => "rule",
            Self::Permission { .. } => "permission",
        }
    }
}

impl Denial {
    /// The words that the calls themselves are refused with, where they have one.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotInUse(why) => why.as_str(),
            Self::UserSuspended => "user_suspended",
            Self::UserPending => "user_pending",
            Self::UnknownScope => "scope_unknown",
            Self::InvalidTarget => "invalid_target",
            Self::Unreachable(why) => why.as_str(),
            Self::Access(AccessDenied::NotHeld) => "not_held",
            Self::Access(AccessDenied::ElsewhereOnly) => "elsewhere_only",
        }
    }

    /// Why somebody may do nothing at all, if that is so.
    pub const fn of_user(status: UserStatus) -> Option<Self> {
        match status {
            UserStatus::Active => None,
            UserStatus::Suspended => Some(Self::UserSuspended),
            UserStatus::Pending => Some(Self::UserPending),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_is_another() {
        let kinds: BTreeSet<_> = NodeKind::ALL.into_iter().map(NodeKind::as_str).collect();
        assert_eq!(kinds.len(), NodeKind::ALL.len());
        let edges: BTreeSet<_> = EdgeKind::ALL.into_iter().map(EdgeKind::as_str).collect();
        assert_eq!(edges.len(), EdgeKind::ALL.len());
    }

    #[test]
    fn a_node_goes_by_its_id_or_by_its_kind_and_text() {
        let user = UserId::from_bytes([1; 16]);
        for (key, printed) in [
            (NodeKey::User(user), user.to_string()),
            (NodeKey::Scope("bills:read".into()), "scope:bills:read".to_owned()),
            (NodeKey::Resource("mcp-gateway".into()), "resource:mcp-gateway".to_owned()),
            (NodeKey::Container("/pci/".into()), "container:/pci/".to_owned()),
        ] {
            assert_eq!(key.to_string(), printed);
        }
    }

    #[test]
    fn a_name_is_not_in_the_log() {
        let key = NodeKey::User(UserId::from_bytes([1; 16]));
        let node = Node { key, name: "Ada".to_owned() };
        assert!(!format!("{node:?}").contains("Ada"));
    }

    #[test]
    fn a_verdict_says_why_and_how_much_is_shown() {
        let rule = Verdict::Allowed(Grounds::Rule { priority: 3, transform: Transform::Mask });
        assert_eq!(
            (rule.reason(), rule.priority(), rule.transform()),
            ("rule", Some(3), Some(Transform::Mask))
        );
        let gone = Verdict::Denied(Denial::Unreachable(Unreachable::Archived));
        assert_eq!((gone.reason(), gone.is_allowed(), gone.transform()), ("archived", false, None));
        assert_eq!(Denial::of_user(UserStatus::Active), None);
        assert_eq!(Denial::of_user(UserStatus::Pending), Some(Denial::UserPending));
    }
}
