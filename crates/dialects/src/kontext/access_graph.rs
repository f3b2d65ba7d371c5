//! `/applications/access-graph`: who comes to what by which application.

use appkeep_domain::access::Permission;
use appkeep_domain::graph::{AccessGraph, Edge, LeftOut, Node, NodeKey, NodeKind, Verdict};
use appkeep_http::action::ReadIntegrations;
use appkeep_http::{Access, AppState, Problem, Query};
use appkeep_service::{AccessGraphQuery, Integrations};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    with_slash("/applications/access-graph", &get(get_graph))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Parameters {
    include_policy: Option<bool>,
    application_id: Option<String>,
    integration_id: Option<String>,
    user_id: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Graph {
    nodes: Vec<ShownNode>,
    edges: Vec<ShownEdge>,
    /// How much there is that is not shown.
    omitted: Omitted,
}

#[derive(Serialize)]
struct ShownNode {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
}

#[derive(Serialize)]
struct ShownEdge {
    source: String,
    target: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission: Option<&'static str>,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Policy>,
}

#[derive(Serialize)]
struct Policy {
    decision: &'static str,
    reason: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Omitted {
    users: usize,
    groups: usize,
    applications: usize,
    integrations: usize,
    scopes: usize,
    resources: usize,
    containers: usize,
    edges: usize,
    is_exact: bool,
}

/// For owners and admins.
async fn get_graph(
    access: Access<ReadIntegrations>,
    State(integrations): State<Integrations>,
    Query(asked): Query<Parameters>,
) -> Result<Json<Graph>, Problem> {
    let Parameters { include_policy, application_id, integration_id, user_id, limit } = asked;
    let query = AccessGraphQuery {
        include_policy: include_policy.unwrap_or_default(),
        application: application_id,
        integration: integration_id,
        user: user_id,
        limit,
    };
    let graph = integrations.access_graph(&access.by, query).await?;
    Ok(Json(Graph::of(&graph)))
}

impl Graph {
    fn of(graph: &AccessGraph) -> Self {
        Self {
            nodes: graph.nodes.iter().map(ShownNode::of).collect(),
            edges: graph.edges.iter().map(ShownEdge::of).collect(),
            omitted: Omitted::of(&graph.left_out),
        }
    }
}

impl ShownNode {
    fn of(node: &Node) -> Self {
        Self { id: id(&node.key), kind: node.key.kind().as_str(), name: node.name.clone() }
    }
}

impl ShownEdge {
    fn of(edge: &Edge) -> Self {
        Self {
            source: id(&edge.from),
            target: id(&edge.to),
            kind: edge.kind.as_str(),
            permission: edge.permission.map(Permission::as_str),
            policy: edge.verdict.map(Policy::of),
        }
    }
}

impl Policy {
    const fn of(verdict: Verdict) -> Self {
        let decision = if verdict.is_allowed() { "allow" } else { "deny" };
        Self { decision, reason: verdict.reason() }
    }
}

impl Omitted {
    fn of(left_out: &LeftOut) -> Self {
        Self {
            users: left_out.of(NodeKind::User),
            groups: left_out.of(NodeKind::Group),
            applications: left_out.of(NodeKind::Application),
            integrations: left_out.of(NodeKind::Integration),
            scopes: left_out.of(NodeKind::Scope),
            resources: left_out.of(NodeKind::Resource),
            containers: left_out.of(NodeKind::Container),
            edges: left_out.edges,
            is_exact: left_out.is_exact,
        }
    }
}

/// As everything goes by its id here.
fn id(key: &NodeKey) -> String {
    match key {
        NodeKey::User(id) => id.to_uuid(),
        NodeKey::Group(id) => id.to_uuid(),
        NodeKey::Application(id) => id.to_uuid(),
        NodeKey::Integration(id) => id.to_uuid(),
        NodeKey::Scope(_) | NodeKey::Resource(_) | NodeKey::Container(_) => key.to_string(),
    }
}
