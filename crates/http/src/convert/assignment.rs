//! Who may use an application.

use appkeep_api_types::{self as api, AccessPathType, AssignmentType};
use appkeep_domain::{AccessPath, Assignment, EffectiveUser, Subject};

use super::user::user;
use super::{moment, texts};

pub(crate) fn assignment(assignment: &Assignment) -> api::Assignment {
    let (kind, id) = match assignment.subject {
        Subject::User(id) => (AssignmentType::User, id.to_string()),
        Subject::Group(id) => (AssignmentType::Group, id.to_string()),
    };
    api::Assignment { kind, id, assigned_at: moment(assignment.created_at) }
}

pub(crate) fn effective_user(effective: &EffectiveUser) -> api::EffectiveUser {
    api::EffectiveUser {
        user: user(&effective.user),
        paths: effective.paths.iter().map(access_path).collect(),
    }
}

fn access_path(path: &AccessPath) -> api::AccessPath {
    match path {
        AccessPath::Direct => api::AccessPath { kind: AccessPathType::Direct, groups: Vec::new() },
        AccessPath::Via(groups) => api::AccessPath { kind: AccessPathType::Group, groups: texts(groups) },
    }
}
