//! `/console/access-graph`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{Page, TestApp};

on_each_database![
    the_graph_is_a_picture_whose_nodes_are_links_and_a_table,
    it_is_narrowed_and_says_what_was_left_out,
    it_is_asked_for_by_what_people_call_things,
    what_nobody_is_called_stands_beside_its_field,
    it_is_for_those_who_run_the_tenant,
];

const HOSTILE: &str = "</text><script>alert(1)</script>";

fn text(value: &serde_json::Value) -> &str {
    value.as_str().expect("a text")
}

/// That this is said beside a field of the filter, and nothing is drawn.
#[track_caller]
fn fault(page: &Page, field: &str, said: &str) {
    assert_eq!(page.status, 422, "{}", page.html);
    let (_, rest) = page.html.split_once(&format!("id=\"filter-{field}-fault\">")).unwrap_or_default();
    let fault = rest.split("</p>").next().unwrap_or_default();
    assert!(fault.contains(said), "{field}: {fault} in {}", page.html);
    assert!(!page.html.contains("data-node=\""), "{}", page.html);
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
        fault(&page, "limit", "This ");
    }
    let body = json!({ "name": "Alone", "url": "https://mcp.example/mcp" });
    let alone = full.post("/integrations", body).await.created();
    let page = owner.get(&format!("/console/access-graph?integration={}", text(&alone["id"]))).await;
    assert!(page.html.contains("1 nodes, 0 edges."), "{}", page.html);
    assert!(page.html.contains("Nothing leads from one of these to another."), "{}", page.html);
}

async fn it_is_asked_for_by_what_people_call_things(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let mut made = Vec::new();
    for (name, slug) in
        [("Billing", "bills"), ("Billing robot", "robot"), ("Shop", "front"), ("Shop", "back")]
    {
        made.push(full.create("m2m", json!({ "name": name, "slug": slug })).await);
    }
    let ids: Vec<&str> = made.iter().map(|one| text(&one["id"])).collect();
    let mut servers = Vec::new();
    for (name, url) in [("Mail", "https://mail.example/mcp"), ("Mail archive", "https://old.example/mcp")] {
        servers.push(full.post("/integrations", json!({ "name": name, "url": url })).await.created());
    }
    let mail = text(&servers[0]["id"]);
    let body = json!({ "email": "ada@example.com", "name": "Ada Lovelace" });
    let ada = full.post("/users", body).await.created();
    full.user("eve@example.com").await;
    full.put(&format!("/applications/{}/assignments/{}", ids[0], text(&ada["id"]))).await.with(204);
    let ada = text(&ada["id"]);
    for (query, node) in [
        ("application=billing", format!("application={}", ids[0])),
        ("application=Billing+rob", format!("application={}", ids[1])),
        ("application=front", format!("application={}", ids[2])),
        ("integration=MAIL", format!("integration={mail}")),
        ("user=Ada%40example.com", format!("user={ada}")),
        ("user=ada+lovelace", format!("user={ada}")),
        ("user=lovel&application=bills", format!("user={ada}")),
    ] {
        let page = owner.get(&format!("/console/access-graph?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.html);
        let link = format!("<a href=\"/console/access-graph?{node}\"");
        assert!(page.html.contains(&link), "{query}: {link} is not in {}", page.html);
        for other in &ids[2..] {
            let is_asked_for = node.ends_with(*other);
            assert_eq!(
                page.html.contains(&format!("?application={other}\"")),
                is_asked_for,
                "{query} {other}"
            );
        }
    }
    let page = owner.get("/console/access-graph?application=Shop&user=lovel&limit=9").await;
    fault(&page, "application", "There are several that fit");
    for (id, slug) in [(ids[2], "front"), (ids[3], "back")] {
        let href = format!("/console/access-graph?user=lovel&#38;limit=9&#38;application={id}");
        assert!(page.html.contains(&format!("href=\"{href}\"")), "{href} is not in {}", page.html);
        assert!(page.html.contains(slug), "{}", page.html);
    }
    assert!(page.html.contains("name=\"user\" type=\"text\" value=\"lovel\""), "{}", page.html);
    let page = owner.get("/console/access-graph?user=example.com&integration=ai").await;
    fault(&page, "user", "There are several that fit");
    fault(&page, "integration", "There are several that fit");
}

async fn what_nobody_is_called_stands_beside_its_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let bolt = app.tenant_of(None, "bolt").await;
    let theirs = app.full_at(&bolt).await;
    let neighbour = theirs.create("m2m", json!({ "name": "Neighbour", "slug": "neighbour" })).await;
    let person = theirs.user("eve@neighbour.example").await;
    let gone = full.create("m2m", json!({ "name": "Gone", "slug": "gone" })).await;
    full.act(&format!("/applications/{}/archive", text(&gone["id"]))).await.ok();
    let long = "x".repeat(256);
    for (field, typed, said) in [
        ("application", "app_x", "Nothing of this tenant is called so."),
        ("application", "neighbour", "Nothing of this tenant is called so."),
        ("application", "gone", "Nothing of this tenant is called so."),
        ("application", text(&neighbour["id"]), "There is no such application in this tenant."),
        ("application", &*long, "Nothing of this tenant is called so."),
        ("integration", "x", "Nothing of this tenant is called so."),
        ("integration", "%3Cscript%3E", "Nothing of this tenant is called so."),
        ("user", "%3Cscript%3E", "Nobody of this tenant is called so."),
        ("user", "eve%40neighbour.example", "Nobody of this tenant is called so."),
        ("user", &*person, "There is no such user in this tenant."),
    ] {
        let page = owner.get(&format!("/console/access-graph?{field}={typed}")).await;
        fault(&page, field, said);
        assert!(page.html.contains(&format!("aria-describedby=\"filter-{field}-fault\"")), "{}", page.html);
        assert!(!page.html.contains("<script>"), "{}", page.html);
    }
}

async fn it_is_for_those_who_run_the_tenant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.runs("viewer", "platform").await;
    let viewer = app.at_console("viewer-platform@example.com").await;
    for query in ["", "?user=ada", "?application=app_x"] {
        assert_eq!(viewer.get(&format!("/console/access-graph{query}")).await.status, 403, "{query}");
    }
    assert!(!viewer.get("/console/applications").await.html.contains("/console/access-graph"));
    let owner = app.owner_at_console().await;
    assert!(owner.get("/console/applications").await.html.contains("/console/access-graph"));
}
