//! `DELETE /applications/:id`: put away, not deleted.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{UNKNOWN, act, confidential, delete, get, made, placed, public, read, refused, text};
use crate::harness::TestApp;

on_each_database![
    archiving_sets_archived_at_and_revokes_all_active_sessions,
    an_archived_application_gets_no_tokens,
];

async fn archiving_sets_archived_at_and_revokes_all_active_sessions(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (id, path) = placed(&owner, "My App", public()).await;
    app.begin_agent(&id, 3_600).await;
    app.begin_agent(&id, 3_600).await;
    assert_eq!(read(&owner, &path).await["liveSessionCount"], 2);
    let archived_at = app.now();
    for _ in 0..2 {
        let answer = delete(&owner, &path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        app.clock.advance_micros(1_000_000);
    }
    let application = read(&owner, &path).await;
    for (member, value) in [
        ("archivedAt", json!(archived_at)),
        ("name", json!("My App")),
        ("activeSessionCount", json!(0)),
        ("idleSessionCount", json!(0)),
        ("liveSessionCount", json!(0)),
        ("totalSessionCount", json!(2)),
    ] {
        assert_eq!(application[member], value, "{member}");
    }
    let sessions = get(&owner, &format!("{path}/sessions?status=all")).await.ok();
    for session in sessions["items"].as_array().expect("a list") {
        assert_eq!(session["derivedStatus"], "disconnected");
    }
    assert_eq!(get(&owner, "/applications").await.ok()["items"], json!([]));
    let native = owner.read(&id).await;
    assert_eq!(native["archived_at"], json!(archived_at), "it is there to be restored");
    owner.act(&format!("/applications/{id}/restore")).await.ok();
    assert_eq!(read(&owner, &path).await["archivedAt"], Value::Null);
    refused(delete(&owner, &format!("/applications/{UNKNOWN}")).await, 404);
}

async fn an_archived_application_gets_no_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let created = made(&owner, "Agent", confidential()).await;
    let oauth = &created["oauth"];
    let client = app.client(text(&oauth["clientId"]), text(&oauth["clientSecret"]));
    let ask = async || client.form("/kontext/oauth2/token", "grant_type=client_credentials").await.status;
    assert_eq!(ask().await, 200);
    let path = format!("/applications/{}", text(&created["application"]["id"]));
    delete(&owner, &path).await.with(204);
    assert!(ask().await.is_client_error());
    // Nobody gets in again by another secret.
    act(&owner, &format!("{path}/rotate-secret")).await;
    assert!(ask().await.is_client_error());
}
