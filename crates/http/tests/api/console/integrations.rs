//! `/console/integrations`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{AtConsole, Elsewhere, RelyingParty, Sent, TestApp};

on_each_database![
    an_integration_is_added_changed_reached_and_archived,
    its_oauth_client_is_set_and_cleared,
    what_is_wrong_is_said_beside_its_field,
    who_is_connected_is_listed_and_never_with_what,
    a_viewer_reads_integrations_and_changes_none,
];

const HOSTILE: &str = "<script>alert(1)</script>";

async fn an_integration_is_added_changed_reached_and_archived(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let there = Elsewhere::start(|_, _| {
        let result = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {} });
        Sent::json(200, json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string())
    })
    .await;
    let page = owner.get("/console/integrations").await;
    assert!(
        page.html.contains("No integration fits.") && page.html.contains("Add an integration"),
        "{}",
        page.html
    );
    let url = format!("{}/mcp", there.url);
    let typed = [
        ("name", HOSTILE),
        ("url", url.as_str()),
        ("category", "gateway_remote_mcp"),
        ("auth_mode", "server_token"),
        ("server_token", "hush-hush"),
        ("scopes", "read\r\n\r\nwrite"),
        ("provider", "github"),
        ("issuer", ""),
        ("credential_schema", "{ \"type\": \"object\" }"),
        ("capabilities", "tools"),
        ("capabilities", "prompts"),
    ];
    let sent = owner.send("/console/integrations", &typed).await;
    let path = owner.led_to(&sent).to_owned();
    let api = path.trim_start_matches("/console");
    let made = full.get(api).await.data();
    for (member, value) in [
        ("name", json!(HOSTILE)),
        ("url", json!(url)),
        ("auth_mode", json!("server_token")),
        ("server_token_configured", json!(true)),
        ("scopes", json!(["read", "write"])),
        ("provider", json!("github")),
        ("issuer", Value::Null),
        ("credential_schema", json!({ "type": "object" })),
        ("capabilities", json!({ "tools": true, "resources": false, "prompts": true })),
        ("validation_status", Value::Null),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    for shown in ["/console/integrations", &path, &format!("{path}/edit"), &format!("{path}/delete")] {
        let page = owner.get(shown).await;
        assert_eq!(page.status, 200, "{shown}: {}", page.html);
        assert!(
            !page.html.contains("<script>") && !page.html.contains("hush-hush"),
            "{shown}: {}",
            page.html
        );
        assert!(page.html.contains("&#60;script&#62;"), "{shown}: {}", page.html);
    }
    let sent = owner.send(&format!("{path}/validate"), &[]).await;
    let page = owner.get(owner.led_to(&sent)).await;
    assert!(page.html.contains("it speaks MCP 2025-06-18"), "{}", page.html);
    assert_eq!(full.get(api).await.data()["validation_status"], "valid");
    // Left empty, the token stays; a version that is not the newest changes nothing.
    let mut typed =
        vec![("name", "Git"), ("url", url.as_str()), ("auth_mode", "server_token"), ("version", "2")];
    let sent = owner.send(&format!("{path}/edit"), &typed).await;
    owner.led_to(&sent);
    let changed = full.get(api).await.data();
    assert_eq!((&changed["name"], &changed["server_token_configured"]), (&json!("Git"), &json!(true)));
    assert_eq!((&changed["scopes"], &changed["validation_status"]), (&json!([]), &json!("valid")));
    typed[0] = ("name", "Other");
    let page = owner.send(&format!("{path}/edit"), &typed).await;
    assert_eq!(page.status, 422, "{}", page.html);
    assert!(page.html.contains("It has changed since that version"), "{}", page.html);
    it_is_found_and_archived(&app, &owner, &path).await;
}

async fn it_is_found_and_archived(app: &TestApp, owner: &AtConsole<'_>, path: &str) {
    let (full, api) = (app.full().await, path.trim_start_matches("/console"));
    let found =
        owner.get("/console/integrations?q=gi&auth_mode=server_token&category=gateway_remote_mcp").await;
    assert!(found.html.contains(path), "{}", found.html);
    assert!(!owner.get("/console/integrations?q=nothing").await.html.contains(path));
    let sent = owner.send(&format!("{path}/delete"), &[]).await;
    assert_eq!(owner.led_to(&sent), "/console/integrations");
    assert_ne!(full.get(api).await.data()["archived_at"], Value::Null);
    assert!(!owner.get("/console/integrations").await.html.contains(path));
    assert!(owner.get("/console/integrations?archived=true").await.html.contains(path));
    let page = owner.get(path).await;
    assert!(page.html.contains("Archived: no application reaches it") && !page.html.contains("Danger zone"));
}

async fn its_oauth_client_is_set_and_cleared(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let body = json!({ "name": "Mail", "url": "https://mcp.example/mcp", "auth_mode": "oauth" });
    let made = full.post("/integrations", body).await.created();
    let api = format!("/integrations/{}", made["id"].as_str().expect("an id"));
    let path = format!("/console{api}");
    let page = owner.get(&format!("{path}/oauth")).await;
    assert!(page.html.contains(&format!("https://id.example{api}/callback")), "{}", page.html);
    let mut typed = vec![
        ("client_id", "appkeep"),
        ("client_secret", "hush-hush"),
        ("authorization_url", "https://id.example.com/authorize"),
        ("token_url", ""),
        ("scopes", ""),
    ];
    let page = owner.send(&format!("{path}/oauth"), &typed).await;
    assert_eq!(page.status, 422, "{}", page.html);
    assert!(page.html.contains("This is required beside a secret, which is sent there."), "{}", page.html);
    assert!(!page.html.contains("hush-hush"), "{}", page.html);
    assert_eq!(full.get(&format!("{api}/oauth")).await.data()["client_id"], Value::Null);
    typed[3] = ("token_url", "https://id.example.com/token");
    let sent = owner.send(&format!("{path}/oauth"), &typed).await;
    let page = owner.get(owner.led_to(&sent)).await;
    assert!(page.html.contains("Kept sealed") && !page.html.contains("hush-hush"), "{}", page.html);
    let known = full.get(&format!("{api}/oauth")).await.data();
    assert_eq!((&known["client_id"], &known["client_secret_configured"]), (&json!("appkeep"), &json!(true)));
    assert_eq!(known["scopes"], Value::Null);
    let sent = owner.send(&format!("{path}/oauth/clear"), &[]).await;
    assert_eq!(owner.led_to(&sent), path);
    assert_eq!(full.get(&format!("{api}/oauth")).await.data()["client_id"], Value::Null);
}

async fn what_is_wrong_is_said_beside_its_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let sent = owner.send("/console/integrations", &[("name", "Git"), ("url", "https://a.example")]).await;
    let path = owner.led_to(&sent).to_owned();
    for (typed, id, said) in [
        (vec![("name", ""), ("url", "https://b.example")], "name-fault", "This "),
        (vec![("name", "git"), ("url", "https://b.example")], "name-fault", "Another integration has it"),
        (vec![("name", "X"), ("url", "https://b.example/?key=1")], "url-fault", "contains a query"),
        (
            vec![("name", "X"), ("url", "https://b.example"), ("auth_mode", "server_token")],
            "server_token-fault",
            "is required where",
        ),
        (
            vec![("name", "X"), ("url", "https://b.example"), ("server_token", "x")],
            "server_token-fault",
            "is for `auth_mode` `server_token`",
        ),
        (vec![("name", "X"), ("url", "https://b.example"), ("scopes", "a\n\"")], "scopes-fault", "No. 2: "),
        (
            vec![("name", HOSTILE), ("url", "https://b.example"), ("credential_schema", "[1]")],
            "credential_schema-fault",
            "is no JSON object",
        ),
    ] {
        let page = owner.send("/console/integrations", &typed).await;
        assert_eq!(page.status, 422, "{typed:?}: {}", page.html);
        assert!(
            page.html.contains(&format!("id=\"{id}\"")) && page.html.contains(said),
            "{typed:?}: {}",
            page.html
        );
        assert!(!page.html.contains("<script>"), "{}", page.html);
    }
    assert_eq!(full.each("/integrations", 50).await.len(), 1);
    // An archived one's name asks whether that is meant.
    owner.led_to(&owner.send(&format!("{path}/delete"), &[]).await);
    let typed = [("name", "Git"), ("url", "https://c.example")];
    let page = owner.send("/console/integrations", &typed).await;
    assert_eq!(page.status, 422, "{}", page.html);
    assert!(page.html.contains("name=\"confirm_unarchive\""), "{}", page.html);
    let typed = [typed[0], typed[1], ("confirm_unarchive", "true")];
    let sent = owner.send("/console/integrations", &typed).await;
    assert_eq!(owner.led_to(&sent), path);
}

async fn who_is_connected_is_listed_and_never_with_what(database: TestDatabase) {
    const ADA: &str = "ada@example.com";
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let body = json!({ "name": "Mail", "url": "https://mcp.example/mcp", "auth_mode": "user_token" });
    let made = full.post("/integrations", body).await.created();
    let id = made["id"].as_str().expect("an id");
    let shop = RelyingParty::register(&full, json!({})).await;
    full.act(&format!("/applications/{}/integrations/{id}", shop.client_id)).await.with(204);
    let ada = full.person(ADA).await;
    let path = format!("/console/integrations/{id}/connections");
    assert!(owner.get(&path).await.html.contains("Nobody is connected."));
    let tokens = shop.sign_in(&app.browser(), ADA).await;
    let connection = format!("/api/v1/account/integrations/{id}/connection");
    app.bearing(&tokens.access).json(Method::PUT, &connection, json!({ "token": "hush-hush" })).await.ok();
    let page = owner.get(&path).await;
    assert!(page.html.contains(&format!("/console/users/{ada}")), "{}", page.html);
    assert!(page.html.contains("connected") && !page.html.contains("hush-hush"), "{}", page.html);
}

async fn a_viewer_reads_integrations_and_changes_none(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({ "name": "Mail", "url": "https://mcp.example/mcp", "auth_mode": "oauth" });
    let made = full.post("/integrations", body).await.created();
    let path = format!("/console/integrations/{}", made["id"].as_str().expect("an id"));
    app.runs("viewer", "platform").await;
    let viewer = app.at_console("viewer-platform@example.com").await;
    let page = viewer.get("/console/integrations").await;
    assert!(page.html.contains(&path) && !page.html.contains("Add an integration"), "{}", page.html);
    let page = viewer.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.html);
    for control in ["/edit\"", "/validate\"", "/oauth\"", "/oauth/clear\"", "/delete\"", "/access-graph"] {
        assert!(!page.html.contains(control), "{control}: {}", page.html);
    }
    let typed = [("name", "Other"), ("url", "https://other.example"), ("client_id", "x")];
    for below in ["", "/edit", "/validate", "/oauth", "/oauth/clear", "/delete"] {
        let at = if below.is_empty() { "/console/integrations".to_owned() } else { format!("{path}{below}") };
        assert_eq!(viewer.send(&at, &typed).await.status, 403, "{at}");
    }
    for below in ["/edit", "/oauth", "/delete"] {
        assert_eq!(viewer.get(&format!("{path}{below}")).await.status, 403, "{below}");
    }
    assert_eq!(full.get(path.trim_start_matches("/console")).await.data(), made);
    assert_eq!(full.each("/integrations", 50).await.len(), 1);
}
