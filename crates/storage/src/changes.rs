//! The change feed's words: what changed, and who on this node is told.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::RwLock;

use crate::sql::{Sql, sql};

/// One thing that changed, so that whoever keeps a copy drops it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Change {
    pub topic: Topic,
    /// The id of what changed; which kind of id, the topic says.
    pub key: [u8; 16],
}

impl Change {
    /// Something may have been missed: every copy is to be dropped.
    pub const EVERYTHING: Self = Self { topic: Topic::Everything, key: Self::ALL };
    /// The key that stands for every one of a topic.
    pub const ALL: [u8; 16] = [0; 16];
}

/// What kind of thing changed. The numbers are kept in the database and never
/// given a second meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// More than can be named: drop every copy.
    Everything,
    /// An application, its credentials included; the key is its id.
    Application,
    /// A tenant's settings, or how it or its partner stands; the key is its id,
    /// or [`Change::ALL`] for those of a partner.
    Tenant,
    /// The signing keys of an issuer; the key is the tenant's id, or zero.
    SigningKeys,
    /// Something was revoked; the key is the id of what.
    Revocation,
    /// The scopes of a tenant; the key is the tenant's id, or zero.
    Scopes,
    /// The settings of a directory; the key is its id.
    Directory,
    /// A user, their password and the groups they are in; the key is their id.
    User,
    /// Who is in which group of a directory, or assigned to anything; the key
    /// is the directory's id.
    Memberships,
    /// Who is assigned to an application; the key is its id.
    Assignments,
    /// An integration; the key is its id.
    Integration,
    /// Which integrations an application reaches; the key is its id.
    Attachments,
    /// A service account, its secret included; the key is its id.
    ServiceAccount,
}

impl Topic {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Everything => 0,
            Self::Application => 1,
            Self::Tenant => 2,
            Self::SigningKeys => 3,
            Self::Revocation => 4,
            Self::Scopes => 5,
            Self::Directory => 6,
            Self::User => 7,
            Self::Memberships => 8,
            Self::Assignments => 9,
            Self::Integration => 10,
            Self::Attachments => 11,
            Self::ServiceAccount => 12,
        }
    }

    /// A number that a newer release has given out means more than this one
    /// can tell apart.
    pub(crate) const fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Application,
            2 => Self::Tenant,
            3 => Self::SigningKeys,
            4 => Self::Revocation,
            5 => Self::Scopes,
            6 => Self::Directory,
            7 => Self::User,
            8 => Self::Memberships,
            9 => Self::Assignments,
            10 => Self::Integration,
            11 => Self::Attachments,
            12 => Self::ServiceAccount,
            _ => Self::Everything,
        }
    }
}

/// The sequence number, the transaction's id and the time are column defaults.
pub(crate) const INSERT_CHANGE: Sql = sql!("INSERT INTO changes (topic, key) VALUES ($1, $2)");

/// Who is told of changes.
pub type ChangeSink = Arc<dyn Fn(&[Change]) + Send + Sync>;

/// Everybody on this node who is told.
#[derive(Default)]
pub(crate) struct Sinks(RwLock<Vec<ChangeSink>>);

impl Sinks {
    pub(crate) fn add(&self, sink: ChangeSink) {
        self.0.write().push(sink);
    }

    /// A sink that panics must not take the writer down with it.
    pub(crate) fn deliver(&self, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        for sink in self.0.read().iter() {
            if catch_unwind(AssertUnwindSafe(|| sink(changes))).is_err() {
                tracing::error!("somebody who is told of changes panicked");
            }
        }
    }
}

impl fmt::Debug for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sinks({})", self.0.read().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_keeps_its_number() {
        for (topic, number) in [
            (Topic::Everything, 0),
            (Topic::Application, 1),
            (Topic::Tenant, 2),
            (Topic::SigningKeys, 3),
            (Topic::Revocation, 4),
            (Topic::Scopes, 5),
            (Topic::Directory, 6),
            (Topic::User, 7),
            (Topic::Memberships, 8),
            (Topic::Assignments, 9),
            (Topic::Integration, 10),
            (Topic::Attachments, 11),
            (Topic::ServiceAccount, 12),
        ] {
            assert_eq!((topic.number(), Topic::from_number(number)), (number, topic));
        }
        assert_eq!(Topic::from_number(99), Topic::Everything);
    }
}
