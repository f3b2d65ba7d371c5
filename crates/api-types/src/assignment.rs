//! Who may use an application.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{AccessPathType, AssignmentType, User};

/// A user, or everybody in a group, may use an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assignment {
    #[serde(rename = "type")]
    pub kind: AssignmentType,
    /// The id of the user or of the group.
    #[schema(example = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(format = DateTime)]
    pub assigned_at: String,
}

/// Somebody to whom an application is assigned, and by which ways.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EffectiveUser {
    pub user: User,
    /// Where the user is; `null` for somebody who is in no tenant.
    #[schema(required = true)]
    pub tenant: Option<TenantLabel>,
    /// One for each assignment that gives it: directly first, then the shortest.
    pub paths: Vec<AccessPath>,
}

/// A tenant, as it is named beside its people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantLabel {
    #[schema(example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "Cymmetri")]
    pub name: String,
    #[schema(example = "cymmetri")]
    pub slug: String,
}

/// Which effective users to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EffectiveUserQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
    /// Those of this tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub tenant_id: Option<String>,
}

/// One way by which somebody may use an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessPath {
    #[serde(rename = "type")]
    pub kind: AccessPathType,
    /// From the group that is assigned to the one that the user is in, each in
    /// the one before it; empty when the user is assigned directly.
    #[schema(example = json!(["grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD"]))]
    pub groups: Vec<String>,
}

/// A person's data is not for logs.
impl fmt::Debug for EffectiveUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EffectiveUser").field("paths", &self.paths).finish_non_exhaustive()
    }
}
