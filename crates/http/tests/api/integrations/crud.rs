//! `/api/v1/integrations` and `/api/v1/integrations/{integration_id}`

use appkeep_domain::integration::Integration;
use appkeep_domain::{IntegrationId, Name, Within};
use appkeep_storage::{SecretEdits, StorageError, WriteTx};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{id_of, made, path_of};
use crate::harness::TestApp;

on_each_database![
    an_integration_is_made_read_changed_and_archived,
    a_name_is_taken_once_and_comes_back_when_that_is_meant,
    what_cannot_be_is_refused,
    a_tenant_has_so_many_integrations,
    a_server_token_goes_with_its_mode_and_its_host,
    integrations_are_listed_searched_filtered_and_paged,
    a_lost_update_is_refused,
    integrations_need_their_own_scopes,
];

async fn an_integration_is_made_read_changed_and_archived(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let answer = full.post("/integrations", json!({ "name": "Git", "url": "https://mcp.example/x" })).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let location = answer.header("location").to_owned();
    let created = answer.created();
    let id = id_of(&created);
    assert!(id.starts_with("int_"), "{id}");
    let path = path_of(&created);
    assert_eq!(location, format!("/api/v1{path}"));
    let mut expected = json!({
        "id": id, "name": "Git", "url": "https://mcp.example/x", "category": "gateway_remote_mcp",
        "auth_mode": "none", "scopes": [], "provider": null, "issuer": null,
        "server_token_configured": false, "oauth_client_configured": false, "credential_schema": null,
        "capabilities": { "tools": false, "resources": false, "prompts": false },
        "validation_status": null, "validation_message": null, "validated_at": null,
        "oauth_metadata": null, "created_by": { "kind": "application", "id": app.management().0 },
        "created_at": app.now(), "updated_at": app.now(), "archived_at": null,
    });
    assert_eq!((&created, full.get(&path).await.data()), (&expected, expected.clone()));
    let uuid = uuid_of(&id);
    assert_eq!(full.get(&format!("/integrations/{uuid}")).await.data(), expected, "any spelling");
    let (action, before, after) = full.last_entry().await;
    assert_eq!((action.as_str(), before), ("integration.created", Value::Null));
    assert_eq!((&after["integration_id"], &after["url"]), (&json!(id), &json!("https://mcp.example/x")));
    app.clock.advance_micros(5_000_000);
    let schema = json!({ "type": "object", "properties": { "key": { "type": "string" } } });
    let change = json!({
        "name": "Tickets", "category": "internal_mcp_credentials", "auth_mode": "user_token",
        "scopes": ["read", "write"], "provider": "linear", "issuer": "https://id.linear.example",
        "credential_schema": schema, "capabilities": { "tools": true, "prompts": true },
    });
    let answer = full.patch(&path, change.clone()).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    for (member, value) in change.as_object().expect("an object") {
        expected[member] = value.clone();
    }
    expected["capabilities"]["resources"] = false.into();
    expected["updated_at"] = app.now().into();
    assert_eq!((answer.data(), full.get(&path).await.data()), (expected.clone(), expected.clone()));
    assert_eq!(full.patch(&path, json!({ "name": "Tickets" })).await.header("etag"), "\"2\"");
    let emptied = json!({ "provider": null, "issuer": null, "credential_schema": null, "scopes": [] });
    let emptied = full.patch(&path, emptied).await.data();
    assert_eq!((&emptied["provider"], &emptied["scopes"]), (&Value::Null, &json!([])));
    assert_eq!(full.last_entry().await.0, "integration.updated");
    for _ in 0..2 {
        assert_eq!(full.delete(&path).await.with(204), Value::Null);
        assert_eq!(full.get(&path).await.data()["archived_at"], app.now());
    }
    assert_eq!(full.entries("integration.archived").await.len(), 1);
    full.patch(&path, json!({ "name": "x" })).await.refused(409, "integration_archived");
    assert_eq!(full.get("/integrations").await.ok()["data"], json!([]));
}

/// RFC 9562 §4
fn uuid_of(id: &str) -> String {
    appkeep_domain::IntegrationId::parse(id).expect("an id").to_uuid()
}

async fn a_name_is_taken_once_and_comes_back_when_that_is_meant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    app.neighbour().await;
    made(&full, json!({ "name": "Theirs", "url": "https://a.example" })).await;
    let git = made(&full, json!({ "name": "Git", "url": "https://a.example" })).await;
    let other = path_of(&made(&full, json!({ "name": "Other", "url": "https://a.example" })).await);
    let before = database.dump().await;
    for name in ["Git", "GIT"] {
        let body = json!({ "name": name, "url": "https://b.example", "confirm_unarchive": true });
        full.post("/integrations", body).await.refused_for(409, "integration_name_taken", &["name"]);
        full.patch(&other, json!({ "name": name })).await.refused_for(
            409,
            "integration_name_taken",
            &["name"],
        );
    }
    assert_eq!(database.dump().await, before);
    full.delete(&path_of(&git)).await.with(204);
    let body = json!({ "name": "git", "url": "https://b.example", "auth_mode": "user_token" });
    full.post("/integrations", body.clone()).await.refused_for(409, "integration_archived", &["name"]);
    let mut confirmed = body;
    confirmed["confirm_unarchive"] = true.into();
    let back = made(&full, confirmed).await;
    assert_eq!(
        (&back["id"], &back["name"], &back["url"]),
        (&git["id"], &json!("git"), &json!("https://b.example"))
    );
    assert_eq!((&back["archived_at"], &back["auth_mode"]), (&Value::Null, &json!("user_token")));
    assert_eq!(full.get(&path_of(&git)).await.data(), back);
    assert_eq!(full.last_entry().await.0, "integration.restored");
    full.delete(&path_of(&git)).await.with(204);
    full.patch(&other, json!({ "name": "Git" })).await.ok();
}

async fn what_cannot_be_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = path_of(&made(&full, json!({ "name": "Git", "url": "https://a.example" })).await);
    let before = database.dump().await;
    let long = "x".repeat(16 * 1_024);
    for (member, value, field) in [
        ("name", json!(" "), "name"),
        ("url", json!("/mcp"), "url"),
        ("url", json!("ftp://a.example"), "url"),
        ("url", json!("https://a.example/#x"), "url"),
        ("url", json!("https://ada:pass@a.example/"), "url"),
        ("url", json!("https://a.example/mcp?api_key=hush"), "url"),
        ("url", json!(format!("https://a.example/{}", "x".repeat(2_048))), "url"),
        ("category", json!("other"), "category"),
        ("auth_mode", json!("basic"), "auth_mode"),
        ("scopes", json!(["a b"]), "scopes[0]"),
        ("provider", json!("a b"), "provider"),
        ("issuer", json!("http://a.example"), "issuer"),
        ("credential_schema", json!({ "x": long }), "credential_schema"),
        ("server_token", json!("hush"), "server_token"),
    ] {
        let mut body = json!({ "name": "New", "url": "https://a.example" });
        body[member] = value.clone();
        full.post("/integrations", body).await.refused_for(422, "invalid_field", &[field]);
        full.patch(&path, json!({ member: value })).await.refused_for(422, "invalid_field", &[field]);
    }
    for (body, fields) in [
        (json!({}), vec!["name", "url"]),
        (
            json!({ "name": "a", "url": "https://a.example", "credential_schema": "x" }),
            vec!["credential_schema"],
        ),
        (json!({ "name": "a", "url": "https://a.example", "id": "x" }), vec!["id"]),
    ] {
        full.post("/integrations", body).await.refused_for(400, "invalid_request", &fields);
    }
    for query in ["category=other", "auth_mode=basic", "archived=perhaps"] {
        full.get(&format!("/integrations?{query}")).await.refused(400, "invalid_request");
    }
    assert_eq!(database.dump().await, before);
}

async fn a_tenant_has_so_many_integrations(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let git = made(&full, json!({ "name": "Git", "url": "https://a.example" })).await;
    let id = IntegrationId::parse(&id_of(&git)).expect("an id");
    let mut tx = app.store().read().await.expect("opens");
    let found = tx.integration(Within::Platform, app.authority().tenant(), id).await.expect("reads");
    drop(tx);
    let model = found.expect("is there");
    let many = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
        for number in 1..u16::try_from(Integration::MOST).expect("is small") {
            let mut bytes = [0; 16];
            bytes[..2].copy_from_slice(&number.to_be_bytes());
            let name = Name::parse(&format!("{number}")).expect("is a name");
            let one = Integration { id: IntegrationId::from_bytes(bytes), name, ..model.clone() };
            tx.insert_integration(Within::Platform, &one, &SecretEdits::default()).await?;
        }
        Ok(())
    };
    app.store().write(many).await.expect("are new");
    let another = json!({ "name": "Another", "url": "https://a.example" });
    full.post("/integrations", another.clone()).await.refused(409, "cap_reached");
    full.delete(&path_of(&git)).await.with(204);
    made(&full, another).await;
    let back = json!({ "name": "Git", "url": "https://a.example", "confirm_unarchive": true });
    full.post("/integrations", back).await.refused(409, "cap_reached");
    assert_eq!(full.get(&path_of(&git)).await.data()["archived_at"], app.now());
}

async fn a_server_token_goes_with_its_mode_and_its_host(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let mut body = json!({ "name": "Git", "url": "https://a.example/mcp", "auth_mode": "server_token" });
    full.post("/integrations", body.clone()).await.refused_for(422, "invalid_field", &["server_token"]);
    for bad in ["", "with space", "ä", &"x".repeat(4_097)] {
        body["server_token"] = bad.into();
        full.post("/integrations", body.clone()).await.refused_for(422, "invalid_field", &["server_token"]);
    }
    body["server_token"] = "hush-hush-7c1".into();
    let answer = full.post("/integrations", body).await;
    assert!(!answer.text.contains("hush-hush"), "{}", answer.text);
    let git = answer.created();
    let path = path_of(&git);
    assert_eq!(git["server_token_configured"], true);
    assert_eq!(full.get(&path).await.data()["server_token_configured"], true);
    full.patch(&path, json!({ "url": "https://a.example/other" })).await.ok();
    let elsewhere = json!({ "url": "https://b.example/mcp" });
    full.patch(&path, elsewhere).await.refused_for(422, "invalid_field", &["server_token"]);
    let again = json!({ "url": "https://b.example/mcp", "server_token": "hush-hush-7c2" });
    full.patch(&path, again).await.ok();
    let (_, _, after) = full.last_entry().await;
    assert_eq!(after["server_token_replaced"], true);
    assert_eq!(
        full.patch(&path, json!({ "auth_mode": "none" })).await.data()["server_token_configured"],
        false
    );
    let back = json!({ "auth_mode": "server_token" });
    full.patch(&path, back).await.refused_for(422, "invalid_field", &["server_token"]);
    let kept = format!("{:?}", database.dump().await);
    assert!(!kept.contains("hush-hush"), "it stands readable in the database");
}

async fn integrations_are_listed_searched_filtered_and_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    app.neighbour().await;
    for (name, category, auth) in [
        ("One", "gateway_remote_mcp", "none"),
        ("Two", "gateway_remote_mcp", "oauth"),
        ("Größe", "internal_mcp_credentials", "oauth"),
        ("100%", "internal_mcp_credentials", "user_token"),
    ] {
        let body =
            json!({ "name": name, "url": "https://a.example", "category": category, "auth_mode": auth });
        made(&full, body).await;
    }
    let gone = made(&full, json!({ "name": "Gone", "url": "https://a.example" })).await;
    full.delete(&path_of(&gone)).await.with(204);
    let names = |listed: Vec<Value>| {
        listed.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    for limit in [1, 3, 250] {
        assert_eq!(names(full.each("/integrations", limit).await), ["100%", "Größe", "Two", "One"]);
    }
    for (query, expected) in [
        ("q=", vec!["100%", "Größe", "Two", "One"]),
        ("q=GR%C3%96", vec!["Größe"]),
        ("q=%25", vec!["100%"]),
        ("category=gateway_remote_mcp", vec!["Two", "One"]),
        ("auth_mode=oauth", vec!["Größe", "Two"]),
        ("auth_mode=oauth&category=internal_mcp_credentials&q=r", vec!["Größe"]),
        ("archived=true", vec!["Gone"]),
        ("archived=true&q=one", vec!["Gone"]),
        ("archived=false&q=nobody", vec![]),
    ] {
        assert_eq!(names(full.each(&format!("/integrations?{query}"), 250).await), expected, "{query}");
    }
}

async fn a_lost_update_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = path_of(&made(&full, json!({ "name": "Git", "url": "https://a.example" })).await);
    assert_eq!(full.patch_if(&path, "\"1\"", json!({ "name": "Git 2" })).await.header("etag"), "\"2\"");
    let before = database.dump().await;
    full.patch_if(&path, "\"1\"", json!({ "name": "Git 3" })).await.refused(412, "precondition_failed");
    full.delete_if(&path, "\"1\"").await.refused(412, "precondition_failed");
    assert_eq!(database.dump().await, before);
    full.delete_if(&path, "\"2\"").await.with(204);
}

async fn integrations_need_their_own_scopes(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = path_of(&made(&full, json!({ "name": "Git", "url": "https://a.example" })).await);
    let writer = app.with("integrations:write applications:read applications:write").await;
    let reader = app.with("integrations:read applications:write").await;
    writer.get("/integrations").await.refused(403, "insufficient_scope");
    writer.get(&path).await.refused(403, "insufficient_scope");
    reader.get(&path).await.ok();
    reader.patch(&path, json!({ "name": "x" })).await.refused(403, "insufficient_scope");
    reader.delete(&path).await.refused(403, "insufficient_scope");
    reader.act(&format!("{path}/validate")).await.refused(403, "insufficient_scope");
    let body = json!({ "name": "x", "url": "https://a.example" });
    reader.post("/integrations", body).await.refused(403, "insufficient_scope");
    writer.delete(&path).await.with(204);
}
