//! `DELETE /api/v1/applications/{application_id}`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_deleted_application_is_gone_for_good,
    its_tokens_and_secrets_are_refused_at_once,
    app_in_use_cannot_delete_while_it_has_active_sessions,
    a_delete_can_be_based_on_a_version,
    deleting_needs_the_scope_applications_write,
];

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

async fn a_deleted_application_is_gone_for_good(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = text(&full.create("spa", json!({ "slug": "shop" })).await["id"]);
    let path = format!("/applications/{id}");
    let answer = full.delete(&path).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null));
    full.get(&path).await.refused(404, "app_not_found");
    full.delete(&path).await.refused(404, "app_not_found");
    full.patch(&path, json!({ "name": "b" })).await.refused(404, "app_not_found");
    for verb in ["disable", "enable", "archive", "restore", "rotate-secret", "revoke-tokens"] {
        full.act(&format!("{path}/{verb}")).await.refused(404, "app_not_found");
    }
    let listed = full.get("/applications?type=spa").await.ok();
    assert_eq!(listed["data"], json!([]));
    // The name is free again, the id is not.
    assert_ne!(text(&full.create("spa", json!({ "slug": "shop" })).await["id"]), id);
    let history = full.get(&format!("/audit?application={id}")).await.ok();
    assert_eq!(history["data"][0]["action"], "application.deleted");
    assert_eq!(history["data"][0]["before"]["slug"], "shop");
}

async fn its_tokens_and_secrets_are_refused_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let created = writer.create("m2m", json!({ "allowed_scopes": ["applications:read"] })).await;
    let (id, secret) = (text(&created["id"]), text(&created["client_secret"]));
    let token = text(&app.token(&id, &secret, "").await.ok()["access_token"]);
    assert_eq!(app.bearing(&token).get("/applications").await.status, 200);
    assert_eq!(writer.delete(&format!("/applications/{id}")).await.status, 204);
    app.bearing(&token).get("/applications").await.refused(401, "invalid_token");
    app.token(&id, &secret, "").await.refused_by_oauth(401, "invalid_client");
    let (asker, proof) = app.management();
    let introspected = app.client(asker, proof).form("/oauth2/introspect", &format!("token={token}")).await;
    assert_eq!(introspected.ok(), json!({ "active": false }));
}

async fn app_in_use_cannot_delete_while_it_has_active_sessions(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let id = text(&writer.create("spa", json!({})).await["id"]);
    let path = format!("/applications/{id}");
    app.open_session(&id, 600).await;
    writer.delete(&path).await.refused(409, "app_in_use_cannot_delete");
    assert_eq!(writer.act(&format!("{path}/disable")).await.status, 200);
    writer.delete(&path).await.refused(409, "app_in_use_cannot_delete");
    assert_eq!(writer.read(&id).await["state"], "disabled");
    app.clock.advance_micros(600_000_000);
    assert_eq!(writer.delete(&path).await.status, 204);
}

async fn a_delete_can_be_based_on_a_version(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let id = text(&writer.create("spa", json!({})).await["id"]);
    let path = format!("/applications/{id}");
    writer.patch(&path, json!({ "name": "b" })).await.ok();
    let delete = |etag| writer.request(Method::DELETE, &format!("/api/v1{path}")).header("if-match", etag);
    writer.send(delete("\"1\""), "").await.refused(412, "precondition_failed");
    writer.send(delete("1"), "").await.refused_for(400, "invalid_request", &["If-Match"]);
    assert_eq!(writer.read(&id).await["name"], "b");
    assert_eq!(writer.send(delete("\"2\""), "").await.status, 204);
}

async fn deleting_needs_the_scope_applications_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let id = text(&app.writer().await.create("spa", json!({})).await["id"]);
    let reader = app.reader().await;
    reader.delete(&format!("/applications/{id}")).await.refused(403, "insufficient_scope");
    assert_eq!(reader.read(&id).await["id"], id);
}
