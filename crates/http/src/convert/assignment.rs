//! Who may use an application.

use appkeep_api_types::{self as api, AccessPathType, AssignmentType};
use appkeep_domain::{AccessPath, Assignment, Subject};
use appkeep_service::{EffectiveUserView, TenantLabel};

use super::user::user;
use super::{moment, texts};

pub(crate) fn assignment(assignment: &Assignment) -> api::Assignment {
    let (kind, id) = match assignment.subject {
        Subject::User(id) => (AssignmentType::User, id.to_string()),
        Subject::Group(id) => (AssignmentType::Group, id.to_string()),
    };
    api::Assignment { kind, id, assigned_at: moment(assignment.created_at) }
}

pub(crate) fn effective_user(view: &EffectiveUserView) -> api::EffectiveUser {
    let effective = &view.effective;
    api::EffectiveUser {
        user: user(&effective.user),
        tenant: view.tenant.as_ref().map(tenant_label),
        paths: effective.paths.iter().map(access_path).collect(),
    }
}

fn tenant_label(label: &TenantLabel) -> api::TenantLabel {
    api::TenantLabel { id: label.id.to_string(), name: label.name.to_string(), slug: label.slug.to_string() }
}

fn access_path(path: &AccessPath) -> api::AccessPath {
    match path {
        AccessPath::Direct => api::AccessPath { kind: AccessPathType::Direct, groups: Vec::new() },
        AccessPath::Via(groups) => api::AccessPath { kind: AccessPathType::Group, groups: texts(groups) },
    }
}
