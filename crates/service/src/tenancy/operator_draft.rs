//! From what a caller said of an operator to a user who may be one.

use std::fmt;

use appkeep_domain::{Timestamp, User};

use crate::people::{UserFields, draft_user};
use crate::registry::faults::Faults;
use crate::registry::{Edit, Expected};

/// Somebody who is to run something.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NewOperator {
    pub email: String,
    pub name: Edit<String>,
    /// Such as `admin`.
    pub role: String,
    /// `platform`, or the id of a partner or a tenant.
    pub at: String,
}

/// What is to become of an operator; what is not named stays.
#[derive(Clone, Default)]
pub struct OperatorUpdate {
    pub expected: Expected,
    pub email: Option<String>,
    pub name: Edit<String>,
    pub status: Option<String>,
}

/// A person's data is not for logs.
impl fmt::Debug for NewOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewOperator").field("role", &self.role).field("at", &self.at).finish_non_exhaustive()
    }
}

impl fmt::Debug for OperatorUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperatorUpdate").field("expected", &self.expected).finish_non_exhaustive()
    }
}

pub(super) fn apply_new(blank: User, new: &NewOperator, now: Timestamp, faults: &mut Faults) -> User {
    let fields =
        UserFields { email: Some(new.email.clone()), name: new.name.clone(), ..UserFields::default() };
    draft_user(blank, &fields, now, faults)
}

pub(super) fn apply(base: User, update: &OperatorUpdate, now: Timestamp, faults: &mut Faults) -> User {
    let fields = UserFields {
        email: update.email.clone(),
        name: update.name.clone(),
        status: update.status.clone(),
        ..UserFields::default()
    };
    draft_user(base, &fields, now, faults)
}
