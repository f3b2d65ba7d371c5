//! `PATCH /api/v1/applications/{application_id}`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::TestApp;

on_each_database![
    fields_not_in_the_body_are_unchanged,
    null_removes_what_can_be_absent,
    type_and_client_id_are_immutable,
    a_lost_update_is_refused,
    a_change_of_nothing_leaves_no_trace,
    a_slug_that_is_taken_is_slug_taken,
    keys_take_the_place_of_a_secret,
    updating_needs_the_scope_applications_write,
];

async fn fields_not_in_the_body_are_unchanged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let mut expected = writer.create("spa", json!({ "description": "d", "audience": "a" })).await;
    let path = format!("/applications/{}", expected["id"].as_str().expect("an id"));
    app.clock.advance_micros(5_000_000);
    let change = json!({
        "redirect_uris": ["https://banking.cymmetri.com/callback", "https://staging.cymmetri.com/callback"],
        "tags": ["customer-facing", "production", "v2-migration"],
    });
    let answer = writer.patch(&path, change.clone()).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    let changed = answer.data();
    assert_eq!(writer.get(&path).await.data(), changed);
    for member in ["redirect_uris", "tags"] {
        expected[member] = change[member].clone();
    }
    expected["updated_at"] = app.now().into();
    expected["audit_summary"] = changed["audit_summary"].clone();
    assert_eq!(changed, expected);
    assert_eq!(changed["audit_summary"]["recent"][0]["action"], "application.updated");
}

async fn null_removes_what_can_be_absent(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let full = json!({
        "description": "d",
        "logo_url": "https://example.com/logo",
        "audience": "a",
        "access_token_signing_alg": "RS256",
        "expires_at": app.after(60),
    });
    let id = writer.create("m2m", full.clone()).await["id"].as_str().expect("an id").to_owned();
    let members = full.as_object().expect("an object").keys();
    let nulls = members.map(|member| (member.clone(), json!(null))).collect::<serde_json::Map<_, _>>();
    writer.patch(&format!("/applications/{id}"), nulls.into()).await.ok();
    let read = writer.read(&id).await;
    for member in full.as_object().expect("an object").keys() {
        assert_eq!(read.get(member), Some(&json!(null)), "{member}");
    }
}

async fn type_and_client_id_are_immutable(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let created = writer.create("spa", json!({})).await;
    let path = format!("/applications/{}", created["id"].as_str().expect("an id"));
    let other = json!({ "type": "m2m", "client_id": app.management().0, "name": "b" });
    writer.patch(&path, other).await.refused_for(422, "immutable_field", &["client_id", "type"]);
    assert_eq!(writer.get(&path).await.data(), created);
    let same = json!({ "type": "spa", "client_id": created["id"], "name": "b" });
    assert_eq!(writer.patch(&path, same).await.data()["name"], "b");
}

async fn a_lost_update_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let id = writer.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned();
    let path = format!("/applications/{id}");
    let first = writer.patch_if(&path, "\"1\"", json!({ "name": "first" })).await;
    assert_eq!(first.header("etag"), "\"2\"");
    let second = writer.patch_if(&path, "\"1\"", json!({ "name": "second" })).await;
    second.refused(412, "precondition_failed");
    assert_eq!(writer.read(&id).await["name"], "first");
    for (etag, name) in [("\"7\", \"2\"", "listed"), ("*", "any")] {
        assert_eq!(writer.patch_if(&path, etag, json!({ "name": name })).await.data()["name"], name);
    }
    for etag in ["W/\"4\"", "\"abc\"", "\"04\""] {
        writer.patch_if(&path, etag, json!({ "name": "b" })).await.refused(412, "precondition_failed");
    }
    for etag in ["4", "\"4", ""] {
        let refused = writer.patch_if(&path, etag, json!({ "name": "b" })).await;
        refused.refused_for(400, "invalid_request", &["If-Match"]);
    }
    assert_eq!(writer.read(&id).await["name"], "any");
}

async fn a_change_of_nothing_leaves_no_trace(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let created = writer.create("spa", json!({ "tags": ["a"] })).await;
    let path = format!("/applications/{}", created["id"].as_str().expect("an id"));
    app.clock.advance_micros(1);
    for nothing in [json!({}), json!({ "tags": ["a"], "name": "Billing" })] {
        let answer = writer.patch(&path, nothing).await;
        assert_eq!(answer.header("etag"), "\"1\"");
        assert_eq!(answer.data(), created);
    }
}

async fn a_slug_that_is_taken_is_slug_taken(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    writer.create("spa", json!({ "slug": "taken" })).await;
    let id = writer.create("spa", json!({ "slug": "mine" })).await["id"].as_str().expect("an id").to_owned();
    let path = format!("/applications/{id}");
    let refused = writer.patch(&path, json!({ "slug": "taken", "name": "b" })).await;
    refused.refused_for(409, "slug_taken", &["slug"]);
    assert_eq!(writer.read(&id).await["name"], "Billing");
    assert_eq!(writer.patch(&path, json!({ "slug": "free" })).await.data()["slug"], "free");
}

async fn keys_take_the_place_of_a_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let created = writer.create("m2m", json!({})).await;
    let id = created["id"].as_str().expect("an id");
    let jwks = json!({ "keys": [{
        "kty": "EC",
        "crv": "P-256",
        "kid": "one",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }] });
    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks });
    let changed = writer.patch(&format!("/applications/{id}"), keys).await.data();
    assert_eq!((&changed["jwks"], &changed["can_rotate_secret"]), (&jwks, &json!(false)));
    let secret = created["client_secret"].as_str().expect("a secret");
    app.token(id, secret, "").await.refused_by_oauth(401, "invalid_client");
    let refused = writer.act(&format!("/applications/{id}/rotate-secret")).await;
    refused.refused(400, "not_applicable");
}

async fn updating_needs_the_scope_applications_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let id = app.writer().await.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned();
    let reader = app.reader().await;
    let refused = reader.patch(&format!("/applications/{id}"), json!({ "name": "b" })).await;
    refused.refused(403, "insufficient_scope");
    assert_eq!(reader.read(&id).await["name"], "Billing");
}
