//! `/api/v1/scopes`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{ALL_SCOPES, TestApp};

on_each_database![
    oidc_and_management_scopes_are_built_in,
    a_registered_scope_can_be_allowed_and_removed,
    a_scope_is_registered_once,
    scopes_are_paged,
    scopes_need_their_own_scopes,
];

async fn oidc_and_management_scopes_are_built_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let page = full.get("/scopes").await.ok();
    let mut expected: Vec<&str> = ["openid", "profile", "email", "offline_access"]
        .into_iter()
        .chain(ALL_SCOPES.split_whitespace())
        .chain(["admin:read", "admin:write", "management:all", "mcp:invoke", "gateway:access"])
        .collect();
    expected.sort_unstable();
    let built_in =
        |scope: &&str| json!({ "scope": scope, "description": null, "built_in": true, "created_at": null });
    let found = page["data"].as_array().expect("a list");
    assert_eq!(found.iter().map(|entry| &entry["scope"]).collect::<Vec<_>>(), expected);
    for (entry, scope) in found.iter().zip(&expected) {
        let mut entry = entry.clone();
        entry["description"].take();
        assert_eq!(entry, built_in(scope));
    }
    for scope in ["openid", "applications:read"] {
        full.delete(&format!("/scopes/{scope}")).await.refused(404, "scope_not_found");
    }
}

async fn a_registered_scope_can_be_allowed_and_removed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let new = json!({ "scope": "https://api.example/invoices", "description": "Read invoices" });
    let created = full.post("/scopes", new).await.created();
    let expected = json!({
        "scope": "https://api.example/invoices",
        "description": "Read invoices",
        "built_in": false,
        "created_at": app.now(),
    });
    assert_eq!(created, expected);
    assert!(full.get("/scopes").await.ok()["data"].as_array().expect("a list").contains(&expected));
    let body = json!({ "allowed_scopes": ["https://api.example/invoices"] });
    let application = full.create("m2m", body).await;
    let (id, secret) = (application["id"].as_str(), application["client_secret"].as_str());
    let (id, secret) = (id.expect("an id"), secret.expect("a secret"));
    assert_eq!(app.token(id, secret, "").await.ok()["scope"], "https://api.example/invoices");
    let path = "/scopes/https:%2F%2Fapi.example%2Finvoices";
    assert_eq!(full.delete(path).await.status, 204);
    full.delete(path).await.refused(404, "scope_not_found");
    let body = json!({ "name": "b", "type": "m2m", "allowed_scopes": ["https://api.example/invoices"] });
    full.post("/applications", body).await.refused_for(422, "scope_unknown", &["allowed_scopes[0]"]);
}

async fn a_scope_is_registered_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.post("/scopes", json!({ "scope": "invoices:read" })).await.created();
    for taken in ["invoices:read", "openid", "tenant:write"] {
        full.post("/scopes", json!({ "scope": taken })).await.refused_for(409, "scope_taken", &["scope"]);
    }
    for wrong in ["", "a b", "a\"b", "ü"] {
        full.post("/scopes", json!({ "scope": wrong })).await.refused_for(422, "invalid_field", &["scope"]);
    }
    full.post("/scopes", json!({})).await.refused_for(400, "invalid_request", &["scope"]);
    let long = json!({ "scope": "a", "description": "x".repeat(501) });
    full.post("/scopes", long).await.refused_for(422, "invalid_field", &["description"]);
}

async fn scopes_are_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (mut seen, mut query) = (Vec::new(), String::from("limit=5"));
    loop {
        let page = full.get(&format!("/scopes?{query}")).await.ok();
        assert_eq!(page["meta"]["limit"], 5);
        seen.extend(page["data"].as_array().expect("a list").clone());
        let Some(cursor) = page["meta"]["next_cursor"].as_str() else { break };
        query = format!("limit=5&cursor={cursor}");
    }
    assert_eq!(Value::from(seen), full.get("/scopes").await.ok()["data"]);
}

async fn scopes_need_their_own_scopes(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    writer.get("/scopes").await.refused(403, "insufficient_scope");
    let reader = app.with("scopes:read").await;
    assert_eq!(reader.get("/scopes").await.status, 200);
    reader.post("/scopes", json!({ "scope": "a" })).await.refused(403, "insufficient_scope");
    reader.delete("/scopes/a").await.refused(403, "insufficient_scope");
}
