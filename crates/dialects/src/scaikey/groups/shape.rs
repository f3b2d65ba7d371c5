//! A group in ScaiKey's JSON.

use appkeep_api_types::Edit;
use appkeep_domain as domain;
use appkeep_http::Body;
use appkeep_service::{Error, Expected, GroupFields, GroupUpdate, TenantLabel};
use serde::{Deserialize, Serialize};

use crate::edit::edit;
use crate::scaikey::people::{Person, Tenant, text};
use crate::scaikey::words;

/// As it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    id: String,
    name: String,
    description: Option<String>,
    #[serde(rename = "group_type")]
    kind: &'static str,
    tenant_id: String,
    tenant: Tenant,
    created_at: String,
    updated_at: String,
}

/// Somebody who is in one, not by way of another.
#[derive(Debug, Serialize)]
pub(super) struct Member {
    #[serde(flatten)]
    person: Person,
    added_at: String,
}

/// That somebody is in one now.
#[derive(Debug, Serialize)]
pub(super) struct Added {
    pub(super) group_id: String,
    pub(super) user_id: String,
}

impl Group {
    pub(super) fn of(group: &domain::Group, tenant: &TenantLabel) -> Self {
        Self {
            id: group.id.to_string(),
            name: text(&group.name),
            description: group.description.clone(),
            kind: words::GROUP_TYPE,
            tenant_id: tenant.id.to_string(),
            tenant: Tenant::of(tenant),
            created_at: group.created_at.to_string(),
            updated_at: group.updated_at.to_string(),
        }
    }
}

impl Member {
    pub(super) fn of(member: &domain::Member, tenant: &TenantLabel) -> Self {
        Self {
            person: Person::of(&member.user, Some(Tenant::of(tenant))),
            added_at: member.added_at.to_string(),
        }
    }
}

/// What a new one is to be. Members that are not known are passed over.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct NewGroup(Said);

impl Body for NewGroup {
    const REQUIRED: &'static [&'static str] = &["name"];
}

/// What is to become of one.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Patch(Said);

impl Body for Patch {
    const REQUIRED: &'static [&'static str] = &[];
}

/// Who is to be in one.
#[derive(Debug, Deserialize)]
pub(super) struct NewMember {
    pub(super) user_id: String,
}

impl Body for NewMember {
    const REQUIRED: &'static [&'static str] = &["user_id"];
}

/// Whatever is said of one. Where nothing can stand, `null` is nothing said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    tenant_id: Option<String>,
    name: Option<String>,
    description: Edit<String>,
    group_type: Option<String>,
}

impl NewGroup {
    /// Whose it is to be, if it is said, and the rest.
    pub(super) fn into_fields(self) -> Result<(Option<String>, GroupFields), Error> {
        self.0.into_fields()
    }
}

impl Patch {
    /// Whose it is said to be, and the change.
    pub(super) fn into_update(self) -> Result<(Option<String>, GroupUpdate), Error> {
        let (tenant, fields) = self.0.into_fields()?;
        Ok((tenant, GroupUpdate { expected: Expected::Any, fields }))
    }
}

impl Said {
    fn into_fields(self) -> Result<(Option<String>, GroupFields), Error> {
        words::check_group_type(self.group_type.as_deref())?;
        Ok((self.tenant_id, GroupFields { name: self.name, description: edit(self.description) }))
    }
}
