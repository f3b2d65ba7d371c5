//! Who may use an application.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// One for each assignment that gives it: directly first, then the shortest.
    pub paths: Vec<AccessPath>,
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
