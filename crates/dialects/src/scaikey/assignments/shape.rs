//! Assignments in ScaiKey's JSON.

use appkeep_domain::{Application, Subject, Timestamp};
use appkeep_http::Body;
use appkeep_service::{self as service, AssignedApplication, TenantLabel};
use serde::{Deserialize, Serialize};

use crate::scaikey::people::{Person, Tenant, text};
use crate::scaikey::words;

/// Who is assigned to an application, not by way of a group.
#[derive(Debug, Serialize)]
pub(super) struct Assignees {
    application_id: String,
    tenant_id: String,
    users: Vec<AssignedUser>,
    groups: Vec<AssignedGroup>,
    has_more: bool,
}

#[derive(Debug, Serialize)]
struct AssignedUser {
    #[serde(flatten)]
    person: Person,
    assigned_at: String,
}

#[derive(Debug, Serialize)]
struct AssignedGroup {
    id: String,
    name: String,
    group_type: &'static str,
    assigned_at: String,
}

/// That somebody is assigned to an application.
#[derive(Debug, Serialize)]
pub(super) struct Assignment {
    application_id: String,
    application: ApplicationOf,
    tenant_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    assigned_at: String,
}

#[derive(Debug, Serialize)]
struct ApplicationOf {
    id: String,
    name: String,
    application_type: &'static str,
    scope: &'static str,
}

impl Assignees {
    pub(super) fn of(found: &service::Assignees, tenant: &TenantLabel) -> Self {
        let user = |(user, assigned_at): &(_, Timestamp)| AssignedUser {
            person: Person::of(user, Some(Tenant::of(tenant))),
            assigned_at: assigned_at.to_string(),
        };
        let group = |(group, assigned_at): &(appkeep_domain::Group, Timestamp)| AssignedGroup {
            id: group.id.to_string(),
            name: text(&group.name),
            group_type: words::GROUP_TYPE,
            assigned_at: assigned_at.to_string(),
        };
        Self {
            application_id: found.application.id.to_string(),
            tenant_id: tenant.id.to_string(),
            users: found.users.iter().map(user).collect(),
            groups: found.groups.iter().map(group).collect(),
            has_more: found.has_more,
        }
    }
}

impl Assignment {
    pub(super) fn of(assigned: &AssignedApplication, subject: Subject, tenant: &TenantLabel) -> Self {
        let (user_id, group_id) = match subject {
            Subject::User(id) => (Some(id.to_string()), None),
            Subject::Group(id) => (None, Some(id.to_string())),
        };
        Self {
            application_id: assigned.application.id.to_string(),
            application: ApplicationOf::of(&assigned.application),
            tenant_id: tenant.id.to_string(),
            group_id,
            user_id,
            assigned_at: assigned.assigned_at.to_string(),
        }
    }
}

impl ApplicationOf {
    fn of(application: &Application) -> Self {
        Self {
            id: application.id.to_string(),
            name: text(&application.name),
            application_type: words::application_type(application.kind),
            scope: words::scope(application.owner),
        }
    }
}

/// What somebody is to be assigned to.
#[derive(Debug, Deserialize)]
pub(super) struct NewAssignment {
    pub(super) application_id: String,
}

impl Body for NewAssignment {
    const REQUIRED: &'static [&'static str] = &["application_id"];
}
