//! `GET /applications/access-graph`.

use std::collections::BTreeSet;

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{UNKNOWN, act, delete, get, holding, members, placed, post, public, refused, text};
use crate::harness::TestApp;

on_each_database![
    admins_see_what_applications_come_to,
    the_policy_is_laid_over_each_edge_where_it_is_asked_for,
    whoever_is_no_admin_sees_no_graph,
];

const GRAPH: &str = "/applications/access-graph";

/// What is there of an edge between these two.
fn edge<'a>(graph: &'a Value, from: &str, to: &str) -> Option<&'a Value> {
    graph["edges"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|edge| edge["source"] == from && edge["target"] == to)
}

async fn admins_see_what_applications_come_to(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let (id, path) = placed(&admin, "My App", public()).await;
    let body = json!({ "name": "Git", "url": "https://mcp.example/mcp" });
    let made = post(&admin, "/integrations", body).await.with(201);
    let git = text(&made["integration"]["id"]);
    act(&admin, &format!("{path}/integrations/{git}")).await.with(204);
    for query in ["", "/", "?includePolicy=false", "?limit=250"] {
        let graph = get(&admin, &format!("{GRAPH}{query}")).await.ok();
        assert_eq!(members(&graph), BTreeSet::from(["nodes", "edges", "omitted"]));
        let nodes = graph["nodes"].as_array().expect("a list");
        for (node, kind, name) in [(id.as_str(), "application", "My App"), (git, "integration", "Git")] {
            let expected = json!({ "id": node, "type": kind, "name": name });
            assert!(nodes.contains(&expected), "{expected} {nodes:?}");
        }
        let expected = json!({ "source": id, "target": git, "type": "attached" });
        assert_eq!(edge(&graph, &id, git), Some(&expected));
        assert_eq!(graph["omitted"]["users"], 0);
    }
    let part = get(&admin, &format!("{GRAPH}?integrationId={git}&limit=2")).await.ok();
    assert_eq!(part["nodes"].as_array().map(Vec::len), Some(2));
    for (parameter, status) in [
        (format!("applicationId={UNKNOWN}"), 404),
        (format!("integrationId={UNKNOWN}"), 404),
        (format!("userId={UNKNOWN}"), 404),
        ("limit=0".to_owned(), 400),
        ("includePolicy=perhaps".to_owned(), 400),
    ] {
        refused(get(&admin, &format!("{GRAPH}?{parameter}")).await, status);
    }
}

async fn the_policy_is_laid_over_each_edge_where_it_is_asked_for(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (id, path) = placed(&owner, "My App", public()).await;
    let made =
        post(&owner, "/integrations", json!({ "name": "Git", "url": "https://mcp.example/mcp" })).await;
    let made = made.with(201);
    let git = text(&made["integration"]["id"]);
    act(&owner, &format!("{path}/integrations/{git}")).await.with(204);
    let policy = async || {
        let graph = get(&owner, &format!("{GRAPH}?includePolicy=true")).await.ok();
        edge(&graph, &id, git).map(|edge| edge["policy"].clone())
    };
    assert_eq!(policy().await, Some(json!({ "decision": "allow", "reason": "attached" })));
    owner.act(&format!("/applications/{id}/disable")).await.ok();
    assert_eq!(policy().await, Some(json!({ "decision": "deny", "reason": "application_disabled" })));
    owner.act(&format!("/applications/{id}/enable")).await.ok();
    delete(&owner, &format!("{path}/integrations/{git}")).await.with(204);
    assert_eq!(policy().await, None);
    delete(&owner, &path).await.with(204);
    let whole = get(&owner, &format!("{GRAPH}?limit=250")).await.ok().to_string();
    assert!(!whole.contains(&id), "what is archived is not in it");
}

async fn whoever_is_no_admin_sees_no_graph(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    for role in [Role::Operator, Role::Member, Role::Viewer] {
        let user = holding(&app, role).await;
        for query in ["", "?includePolicy=true"] {
            refused(get(&user, &format!("{GRAPH}{query}")).await, 403);
        }
    }
    refused(get(&app.nobody(), GRAPH).await, 401);
}
