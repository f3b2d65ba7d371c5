//! `/console/access-graph`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::TestApp;

on_each_database![
    the_graph_is_a_picture_whose_nodes_are_links_and_a_table,
    it_is_narrowed_and_says_what_was_left_out,
    it_is_for_those_who_run_the_tenant,
];

const HOSTILE: &str = "</text><script>alert(1)</script>";

fn text(value: &serde_json::Value) -> &str {
    value.as_str().expect("a text")
}

async fn the_graph_is_a_picture_whose_nodes_are_links_and_a_table(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let made = full.create("m2m", json!({ "name": HOSTILE })).await;
    let application = text(&made["id"]);
    let body = json!({ "name": "Mail", "url": "https://mcp.example/mcp" });
    let integration = full.post("/integrations", body).await.created();
    let integration = text(&integration["id"]);
    full.act(&format!("/applications/{application}/integrations/{integration}")).await.with(204);
    let ada = full.user("ada@example.com").await;
    full.put(&format!("/applications/{application}/assignments/{ada}")).await.with(204);
    let path = format!("/console/access-graph?application={application}");
    let page = owner.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.html);
    assert_eq!(page.html.matches("data-node=\"").count(), 3, "{}", page.html);
    // An edge stands in the picture and in the table.
    assert_eq!(page.html.matches("data-from=\"").count(), 4, "{}", page.html);
    for part in [
        "3 nodes, 2 edges.",
        "<a href=\"/console/access-graph?user=",
        "<title>user: ada@example.com</title>",
        "The integration is attached to the application.",
        "allowed</span>",
        &format!("href=\"/console/applications/{application}\""),
        &format!("href=\"/console/users/{ada}\""),
        "&#60;script&#62;",
    ] {
        assert!(page.html.contains(part), "{part} is not in {}", page.html);
    }
    // Nothing in it is what the policy of pages forbids.
    for part in ["<script>", "<style", " style=", "onload", "xmlns"] {
        assert!(!page.html.contains(part), "{part} is in {}", page.html);
    }
    let own: Vec<&str> = page.html.split('"').filter(|part| part.starts_with("/console/assets/")).collect();
    assert_eq!(own.len(), 5, "the console's three, and its own two: {own:?}");
    for file in own {
        assert_eq!(owner.get(file).await.status, 200, "{file}");
    }
    full.act(&format!("/applications/{application}/disable")).await.ok();
    let page = owner.get(&path).await;
    assert!(page.html.contains("denied</span>"), "{}", page.html);
    assert!(page.html.contains("(application_disabled)"), "{}", page.html);
}

async fn it_is_narrowed_and_says_what_was_left_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    for name in ["One", "Two", "Three"] {
        full.create("m2m", json!({ "name": name, "audience": format!("https://{name}.example") })).await;
    }
    let page = owner.get("/console/access-graph?limit=2").await;
    assert!(page.html.contains("not shown: "), "{}", page.html);
    assert!(page.html.contains("Ask for more nodes"), "{}", page.html);
    assert!(page.html.contains("href=\"#edges\""), "what has no page leads to the table: {}", page.html);
    for limit in ["0", "251", "x"] {
        let page = owner.get(&format!("/console/access-graph?limit={limit}")).await;
        assert_eq!(page.status, 422, "{limit}: {}", page.html);
        assert!(page.html.contains("`limit` "), "{limit}: {}", page.html);
    }
    for query in ["application=app_x", "integration=x", "user=%3Cscript%3E"] {
        let page = owner.get(&format!("/console/access-graph?{query}")).await;
        assert_eq!(page.status, 404, "{query}: {}", page.html);
    }
    let body = json!({ "name": "Alone", "url": "https://mcp.example/mcp" });
    let alone = full.post("/integrations", body).await.created();
    let page = owner.get(&format!("/console/access-graph?integration={}", text(&alone["id"]))).await;
    assert!(page.html.contains("1 nodes, 0 edges."), "{}", page.html);
    assert!(page.html.contains("Nothing leads from one of these to another."), "{}", page.html);
}

async fn it_is_for_those_who_run_the_tenant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.runs("viewer", "platform").await;
    let viewer = app.at_console("viewer-platform@example.com").await;
    assert_eq!(viewer.get("/console/access-graph").await.status, 403);
    assert!(!viewer.get("/console/applications").await.html.contains("/console/access-graph"));
    let owner = app.owner_at_console().await;
    assert!(owner.get("/console/applications").await.html.contains("/console/access-graph"));
}
