//! The graph as a picture.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use super::Place;
use crate::harness::TestApp;

on_each_database![the_picture_says_what_the_list_says, whatever_something_is_called_stays_text];

async fn the_picture_says_what_the_list_says(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = Place::make(&app).await;
    place.full.act(&format!("/applications/{}/disable", place.id("billing"))).await.ok();
    let answer = place.full.get("/access-graph.svg?include_policy=true&limit=250").await;
    assert_eq!(answer.status, 200);
    for (header, value) in [
        ("content-type", "image/svg+xml"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
        ),
    ] {
        assert_eq!(answer.header(header), value, "{header}");
    }
    let graph = place.graph("include_policy=true&limit=250").await;
    let (nodes, edges) =
        (graph["nodes"].as_array().expect("a list"), graph["edges"].as_array().expect("a list"));
    assert_eq!(answer.text.matches("class=\"node ").count(), nodes.len());
    // A title for each, and one for the picture.
    assert_eq!(answer.text.matches("<title").count(), nodes.len() + edges.len() + 1);
    let denied = edges.iter().filter(|edge| edge["decision"]["allowed"] == false).count();
    assert!(denied > 0);
    assert_eq!(answer.text.matches("denied, application_disabled</title>").count(), denied);
    for part in [
        "<title>ada@example.com → Team: member: allowed, member</title>",
        "<title>Shop → Mail: attached: allowed, attached</title>",
        "<title>Billing → /pci/: granted (token:read): denied, application_disabled</title>",
        "prefers-color-scheme: dark",
    ] {
        assert!(answer.text.contains(part), "{part} is not in {}", answer.text);
    }
    let without = place.full.get("/access-graph.svg?limit=250").await.text;
    assert!(!without.contains("allowed"), "{without}");
    let part = place.full.get("/access-graph.svg?limit=7").await.text;
    assert!(part.contains("not shown: "), "{part}");
    let one = place.full.get(&format!("/access-graph.svg?user={}", place.id("bob"))).await.text;
    assert!(one.contains("bob@example.com") && !one.contains("ada@example.com"), "{one}");
}

async fn whatever_something_is_called_stays_text(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let name = "</text><script>alert(1)</script><image href=\"x\" onerror='y'>&amp;]]>";
    let made = full.create("m2m", json!({ "name": name })).await;
    let integration = json!({ "name": name, "url": "https://a.example" });
    let integration = full.post("/integrations", integration).await.created();
    let (application, integration) =
        (made["id"].as_str().expect("an id"), integration["id"].as_str().expect("an id"));
    full.act(&format!("/applications/{application}/integrations/{integration}")).await.with(204);
    let user = full.post("/users", json!({ "email": "ada@example.com", "name": name })).await.created();
    let user = user["id"].as_str().expect("an id");
    full.put(&format!("/applications/{application}/assignments/{user}")).await.with(204);
    let group = full.group(name).await;
    full.put(&format!("/applications/{application}/assignments/{group}")).await.with(204);
    let picture = full.get(&format!("/access-graph.svg?application={application}")).await.text;
    assert!(picture.contains("&#60;script&#62;"), "{picture}");
    for part in ["<script", "<image", "onerror='", "href=\"x\"", "]]>", "&amp;"] {
        assert!(!picture.contains(part), "{part} is in {picture}");
    }
    let listed = full.get(&format!("/access-graph?application={application}")).await.data();
    let called = listed["nodes"].as_array().expect("a list").iter().filter(|node| node["name"] == name);
    assert_eq!(called.count(), 4);
}
