//! A tenant's people: users, groups, who may use an application, and what they
//! have with it.
//!
//! Written like the rest of the registry: every function takes who asks first,
//! and decides before it looks. What is told of a person in the history is who
//! they are by id, and which of their fields changed; never what is in them.

mod assignments;
mod connection_draft;
mod connections;
mod consents;
mod describe;
mod directory;
mod effective_index;
mod effective_pages;
mod effective_users;
mod end_users;
pub(crate) mod find;
mod group_members;
mod groups;
pub(crate) mod identities;
pub(crate) mod impersonations;
pub(crate) mod lockouts;
mod names;
mod of_tenants;
mod passwords;
mod pool;
mod second_factors;
mod sessions;
mod subgroups;
mod tenant_assignments;
mod tenant_sessions;
mod there;
mod user_draft;
mod user_list;
mod users;

pub use connection_draft::{AppleFields, ConnectionFields, NewConnection};
pub use connections::ConnectionUpdate;
pub(crate) use describe::changed_fields as changed_user_fields;
pub use directory::DirectoryUpdate;
pub(crate) use effective_index::EffectiveIndex;
pub use effective_pages::{EffectiveQuery, EffectiveUserIn};
pub use effective_users::{EffectiveUserQuery, EffectiveUserView};
pub use end_users::OwnPeople;
pub use groups::{GroupFields, GroupQuery, GroupUpdate};
pub use impersonations::{ActingAs, ImpersonationView};
pub use lockouts::LockedAddress;
pub use of_tenants::{Of, PeopleQuery};
pub use pool::Pool;
pub use sessions::{SessionQuery, SessionView, UserSessionQuery};
pub use tenant_assignments::{AssignedApplication, Assignees};
pub use tenant_sessions::TenantSessionQuery;
pub use there::There;
pub use user_draft::{MemberEdits, UserFields};
pub(crate) use user_draft::{apply as draft_user, blank as blank_user};
pub use user_list::UserQuery;
pub(crate) use users::taken as user_taken;
pub use users::{UserUpdate, UserView};

use crate::by::By;
use crate::registry::Registry;
use crate::registry::record::Stamp;

/// One change to something that has an id, tried in a transaction.
struct Step<I> {
    by: By,
    id: I,
    stamp: Stamp,
}

impl Registry {
    fn step_of<I>(&self, by: &By, id: I) -> Step<I> {
        Step { by: by.clone(), id, stamp: self.stamp() }
    }
}
