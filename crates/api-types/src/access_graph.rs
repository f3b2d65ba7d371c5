//! Who comes to what by which application.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Transform;

/// Which part of the graph to show; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccessGraphQuery {
    /// Whether each edge says what it is decided as.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = bool, required = false, default = false)]
    pub include_policy: Option<bool>,
    /// What leads to this application, and to what it leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub application: Option<String>,
    /// What leads to this integration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub integration: Option<String>,
    /// To what this user comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub user: Option<String>,
    /// Most nodes that are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 100)]
    pub limit: Option<i64>,
}

/// Nodes, and edges between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessGraph {
    /// Users, groups, applications, and what these come to, in this order.
    pub nodes: Vec<GraphNode>,
    /// Each between two of the nodes.
    pub edges: Vec<GraphEdge>,
    pub left_out: GraphLeftOut,
}

/// What stands in the graph.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GraphNode {
    /// Its id; of what has none, its type and its text: `scope:bills:read`.
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[serde(rename = "type")]
    pub kind: GraphNodeType,
    #[schema(example = "Billing")]
    pub name: String,
}

/// That one node leads to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GraphEdge {
    #[serde(rename = "type")]
    pub kind: GraphEdgeType,
    /// The id of the node that it begins at.
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub from: String,
    /// The id of the node that it leads to.
    #[schema(example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub to: String,
    /// What is granted in a container; `null` of everything else.
    #[schema(required = true, example = "token:read")]
    pub permission: Option<String>,
    /// `null` unless `include_policy` asked for it.
    #[schema(required = true)]
    pub decision: Option<GraphDecision>,
}

/// What the call is decided as that goes along an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GraphDecision {
    pub allowed: bool,
    /// A word for programs, such as `attached`, `rule`, `application_disabled`
    /// or `reauthorization_required`.
    #[schema(example = "attached")]
    pub reason: String,
    /// Of the rule that decided, if one did.
    #[schema(required = true)]
    pub priority: Option<i64>,
    /// How much is shown of what is in a container.
    #[schema(required = true)]
    pub transform: Option<Transform>,
}

/// How much there is that is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GraphLeftOut {
    pub users: u64,
    pub groups: u64,
    pub applications: u64,
    pub integrations: u64,
    pub scopes: u64,
    pub resources: u64,
    pub containers: u64,
    pub edges: u64,
    /// Whether these are the numbers; if not, there is more than they say.
    pub is_exact: bool,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GraphNodeType {
    User,
    Group,
    Application,
    Integration,
    Scope,
    /// Something that an application may ask for tokens for.
    Resource,
    /// A path in which data is kept.
    Container,
}

/// How one node leads to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GraphEdgeType {
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

/// A person's data is not for logs.
impl fmt::Debug for GraphNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphNode").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}
