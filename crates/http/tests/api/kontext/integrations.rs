//! `/integrations`, and what is known of who gives out tokens for one.

use std::collections::BTreeSet;

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{UNKNOWN, act, delete, get, ids, members, patch, post, put, refused, text};
use crate::harness::{TestApp, User};

on_each_database![
    an_integration_is_made_read_changed_and_archived,
    every_member_is_read_back_and_no_secret_is_shown,
    what_is_wrong_with_an_integration_is_told_by_its_place,
    an_archived_one_comes_back_when_that_is_confirmed,
    validating_answers_with_what_came_of_it,
    our_client_of_an_integration_is_said_and_taken_back,
];

const FIELDS: [&str; 15] = [
    "archivedAt",
    "authMode",
    "capabilities",
    "category",
    "createdAt",
    "credentialSchema",
    "id",
    "name",
    "oauth",
    "serverTokenConfigured",
    "updatedAt",
    "url",
    "validatedAt",
    "validationMessage",
    "validationStatus",
];

async fn make(user: &User<'_>, body: Value) -> (Value, String) {
    let mut made = post(user, "/integrations", body).await.with(201);
    assert_eq!(members(&made), BTreeSet::from(["integration"]));
    let integration = made["integration"].take();
    let path = format!("/integrations/{}", text(&integration["id"]));
    (integration, path)
}

async fn read(user: &User<'_>, path: &str) -> Value {
    get(user, path).await.ok()["integration"].take()
}

async fn an_integration_is_made_read_changed_and_archived(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (made, path) = make(&owner, json!({ "name": "Git", "url": "https://mcp.example/mcp" })).await;
    assert_eq!(members(&made), BTreeSet::from(FIELDS));
    for (member, value) in [
        ("name", json!("Git")),
        ("url", json!("https://mcp.example/mcp")),
        ("category", json!("gateway_remote_mcp")),
        ("authMode", json!("none")),
        ("oauth", json!({ "provider": null, "issuer": null, "scopes": [], "metadata": null })),
        ("serverTokenConfigured", json!(false)),
        ("validationStatus", Value::Null),
        ("createdAt", json!(app.now())),
        ("archivedAt", Value::Null),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    assert_eq!(read(&owner, &path).await, made);
    let listed = get(&owner, "/integrations").await.ok();
    assert_eq!(listed, json!({ "items": [made], "nextCursor": null }));
    app.clock.advance_micros(1_000_000);
    let changed = patch(&owner, &path, json!({ "name": "Code", "colour": "green" })).await.ok();
    assert_eq!(
        (&changed["integration"]["name"], &changed["integration"]["url"]),
        (&json!("Code"), &made["url"])
    );
    assert_eq!(read(&owner, &path).await, changed["integration"]);
    for _ in 0..2 {
        let answer = delete(&owner, &path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    }
    assert_eq!(read(&owner, &path).await["archivedAt"], json!(app.now()));
    assert_eq!(get(&owner, "/integrations").await.ok()["items"], json!([]));
    refused(patch(&owner, &path, json!({ "name": "Back" })).await, 409);
    for answer in [
        get(&owner, &format!("/integrations/{UNKNOWN}")).await,
        patch(&owner, &format!("/integrations/{UNKNOWN}"), json!({ "name": "B" })).await,
        delete(&owner, &format!("/integrations/{UNKNOWN}")).await,
        act(&owner, &format!("/integrations/{UNKNOWN}/validate")).await,
        get(&owner, &format!("/integrations/{UNKNOWN}/oauth")).await,
    ] {
        refused(answer, 404);
    }
}

async fn every_member_is_read_back_and_no_secret_is_shown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let body = json!({
        "name": "Tickets", "url": "https://mcp.example/mcp", "category": "internal_mcp_credentials",
        "authMode": "oauth", "credentialSchema": { "type": "object" },
        "oauth": { "provider": "github", "issuer": "https://issuer.example", "scopes": ["repo"] },
        "capabilities": { "tools": true },
    });
    let (made, path) = make(&owner, body.clone()).await;
    for member in ["name", "url", "category", "authMode", "credentialSchema"] {
        assert_eq!(made[member], body[member], "{member}");
    }
    for member in ["provider", "issuer", "scopes"] {
        assert_eq!(made["oauth"][member], body["oauth"][member], "{member}");
    }
    assert_eq!(made["capabilities"], json!({ "tools": true, "resources": false, "prompts": false }));
    let cleared = json!({ "credentialSchema": null, "oauth": { "provider": null } });
    let changed = patch(&owner, &path, cleared).await.ok()["integration"].take();
    assert_eq!((&changed["credentialSchema"], &changed["oauth"]["provider"]), (&Value::Null, &Value::Null));
    assert_eq!(changed["oauth"]["scopes"], json!(["repo"]));
    let body = json!({
        "name": "Bills", "url": "https://bills.example/mcp", "authMode": "server_token",
        "serverToken": "tok-very-secret",
    });
    let answer = post(&owner, "/integrations", body).await;
    assert!(!answer.text.contains("tok-very-secret"));
    assert_eq!(answer.with(201)["integration"]["serverTokenConfigured"], true);
    assert!(!get(&owner, "/integrations").await.text.contains("tok-very-secret"));
    assert!(!format!("{:?}", database.dump().await).contains("tok-very-secret"));
}

async fn what_is_wrong_with_an_integration_is_told_by_its_place(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    make(&owner, json!({ "name": "Git", "url": "https://mcp.example/mcp" })).await;
    let before = database.dump().await;
    for (body, field) in [
        (json!({}), "name is required; url is required"),
        (json!({ "name": "A", "url": "nowhere" }), "url "),
        (json!({ "name": "A", "url": "https://a.example", "authMode": "magic" }), "authMode "),
        (json!({ "name": "A", "url": "https://a.example", "category": "x" }), "category "),
        (json!({ "name": "A", "url": "https://a.example", "authMode": "server_token" }), "serverToken "),
        (json!({ "name": "A", "url": "https://a.example", "serverToken": "x" }), "serverToken "),
        (
            json!({ "name": "A", "url": "https://a.example", "oauth": { "provider": "a b" } }),
            "oauth.provider ",
        ),
        (json!({ "name": "A", "url": "https://a.example", "oauth": { "scopes": [5] } }), "oauth.scopes[0] "),
        (json!({ "name": "A", "url": "https://a.example", "credentialSchema": [] }), "credentialSchema "),
    ] {
        let said = refused(post(&owner, "/integrations", body).await, 400);
        assert!(said.starts_with(field), "{said}");
    }
    refused(post(&owner, "/integrations", json!({ "name": "git", "url": "https://b.example" })).await, 409);
    assert_eq!(database.dump().await, before);
    let reader = app.with("integrations:read").await;
    get(&reader, "/integrations").await.ok();
    refused(post(&reader, "/integrations", json!({ "name": "A", "url": "https://a.example" })).await, 403);
}

async fn an_archived_one_comes_back_when_that_is_confirmed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let mut body = json!({ "name": "Git", "url": "https://mcp.example/mcp" });
    let (made, path) = make(&owner, body.clone()).await;
    delete(&owner, &path).await.with(204);
    refused(post(&owner, "/integrations", body.clone()).await, 409);
    body["confirmUnarchive"] = json!(true);
    let (back, _) = make(&owner, body).await;
    assert_eq!((&back["id"], &back["archivedAt"]), (&made["id"], &Value::Null));
    assert_eq!(ids(&get(&owner, "/integrations").await.ok()["items"]), [text(&made["id"])]);
}

async fn validating_answers_with_what_came_of_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    // Nobody listens there.
    let (_, path) = make(&owner, json!({ "name": "Git", "url": "http://127.0.0.1:1/mcp" })).await;
    let answer = act(&owner, &format!("{path}/validate")).await.ok();
    assert_eq!(members(&answer), BTreeSet::from(["integration", "message", "status"]));
    assert_eq!(answer["status"], "unreachable");
    assert!(!text(&answer["message"]).is_empty());
    assert_eq!(answer["integration"], read(&owner, &path).await);
    assert_eq!(answer["integration"]["validationStatus"], "unreachable");
    refused(act(&app.with("integrations:read").await, &format!("{path}/validate")).await, 403);
}

async fn our_client_of_an_integration_is_said_and_taken_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let body = json!({ "name": "Git", "url": "https://mcp.example/mcp", "authMode": "oauth" });
    let (_, path) = make(&owner, body).await;
    let path = format!("{path}/oauth");
    let nothing = get(&owner, &path).await.ok();
    assert_eq!(nothing["oauth"]["clientId"], Value::Null);
    let client = json!({
        "clientId": "ours", "clientSecret": "very-secret-indeed", "scopes": ["repo"],
        "authorizationUrl": "https://id.git.example/authorize", "tokenUrl": "https://id.git.example/token",
    });
    let answer = put(&owner, &path, client.clone()).await;
    assert!(!answer.text.contains("very-secret-indeed"));
    let said = answer.ok();
    assert_eq!(members(&said), BTreeSet::from(["oauth"]));
    for member in ["clientId", "scopes", "authorizationUrl", "tokenUrl"] {
        assert_eq!(said["oauth"][member], client[member], "{member}");
    }
    assert_eq!(said["oauth"]["clientSecretConfigured"], true);
    assert_eq!(get(&owner, &path).await.ok(), said);
    assert_eq!(refused(put(&owner, &path, json!({})).await, 400), "clientId is required");
    let without = json!({ "clientId": "ours", "clientSecret": "x" });
    assert!(refused(put(&owner, &path, without).await, 400).starts_with("tokenUrl "));
    for _ in 0..2 {
        delete(&owner, &path).await.with(204);
        assert_eq!(get(&owner, &path).await.ok(), nothing);
    }
    let (_, other) = make(&owner, json!({ "name": "Open", "url": "https://mcp.example/mcp" })).await;
    refused(put(&owner, &format!("{other}/oauth"), client).await, 400);
}
