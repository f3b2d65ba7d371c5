//! The access graph.

use appkeep_api_types as api;
use appkeep_domain::graph::{AccessGraph, Edge, EdgeKind, LeftOut, NodeKind, Verdict};
use appkeep_service::AccessGraphQuery;

use super::access::transform;

pub(crate) fn access_graph_query(query: api::AccessGraphQuery) -> AccessGraphQuery {
    let api::AccessGraphQuery { include_policy, application, integration, user, limit } = query;
    let include_policy = include_policy.unwrap_or_default();
    AccessGraphQuery { include_policy, application, integration, user, limit }
}

pub(crate) fn access_graph(graph: &AccessGraph) -> api::AccessGraph {
    let nodes = graph.nodes.iter().map(|node| api::GraphNode {
        id: node.key.to_string(),
        kind: node_type(node.key.kind()),
        name: node.name.clone(),
    });
    api::AccessGraph {
        nodes: nodes.collect(),
        edges: graph.edges.iter().map(edge).collect(),
        left_out: left_out(&graph.left_out),
    }
}

fn edge(edge: &Edge) -> api::GraphEdge {
    api::GraphEdge {
        kind: edge_type(edge.kind),
        from: edge.from.to_string(),
        to: edge.to.to_string(),
        permission: edge.permission.map(|permission| permission.as_str().to_owned()),
        decision: edge.verdict.map(decision),
    }
}

fn decision(verdict: Verdict) -> api::GraphDecision {
    api::GraphDecision {
        allowed: verdict.is_allowed(),
        reason: verdict.reason().to_owned(),
        priority: verdict.priority().map(i64::from),
        transform: verdict.transform().map(transform),
    }
}

fn left_out(left_out: &LeftOut) -> api::GraphLeftOut {
    let of = |kind| left_out.of(kind) as u64;
    api::GraphLeftOut {
        users: of(NodeKind::User),
        groups: of(NodeKind::Group),
        applications: of(NodeKind::Application),
        integrations: of(NodeKind::Integration),
        scopes: of(NodeKind::Scope),
        resources: of(NodeKind::Resource),
        containers: of(NodeKind::Container),
        edges: left_out.edges as u64,
        is_exact: left_out.is_exact,
    }
}

const fn node_type(kind: NodeKind) -> api::GraphNodeType {
    match kind {
        NodeKind::User => api::GraphNodeType::User,
        NodeKind::Group => api::GraphNodeType::Group,
        NodeKind::Application => api::GraphNodeType::Application,
        NodeKind::Integration => api::GraphNodeType::Integration,
        NodeKind::Scope => api::GraphNodeType::Scope,
        NodeKind::Resource => api::GraphNodeType::Resource,
        NodeKind::Container => api::GraphNodeType::Container,
    }
}

const fn edge_type(kind: EdgeKind) -> api::GraphEdgeType {
    match kind {
        EdgeKind::Member => api::GraphEdgeType::Member,
        EdgeKind::Assigned => api::GraphEdgeType::Assigned,
        EdgeKind::Attached => api::GraphEdgeType::Attached,
        EdgeKind::Connected => api::GraphEdgeType::Connected,
        EdgeKind::Granted => api::GraphEdgeType::Granted,
    }
}
