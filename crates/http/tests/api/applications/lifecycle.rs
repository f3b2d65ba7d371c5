//! `POST /api/v1/applications/{application_id}/…`: disable, enable, archive,
//! restore, revoke-tokens.

use appkeep_domain::Clock as _;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_disabled_application_cannot_acquire_new_tokens,
    existing_tokens_remain_valid_until_expiry,
    an_enabled_application_acquires_tokens_again,
    an_archived_application_is_put_away_and_can_be_restored,
    every_verb_can_be_repeated,
    revoked_tokens_are_refused_and_new_ones_are_not,
    a_token_of_the_same_second_as_a_revocation_is_good,
    verbs_take_no_members,
    disabling_and_enabling_need_the_scope_applications_write,
];

struct Client {
    id: String,
    secret: String,
    path: String,
}

async fn client(app: &TestApp) -> Client {
    let body = json!({ "allowed_scopes": ["applications:read"] });
    let created = app.writer().await.create("m2m", body).await;
    let id = created["id"].as_str().expect("an id").to_owned();
    let secret = created["client_secret"].as_str().expect("a secret").to_owned();
    Client { path: format!("/applications/{id}"), id, secret }
}

impl Client {
    async fn token(&self, app: &TestApp) -> String {
        let answer = app.token(&self.id, &self.secret, "").await.ok();
        answer["access_token"].as_str().expect("a token").to_owned()
    }
}

async fn a_disabled_application_cannot_acquire_new_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let client = client(&app).await;
    client.token(&app).await;
    let disabled = writer.act(&format!("{}/disable", client.path)).await.data();
    assert_eq!(disabled["state"], "disabled");
    assert_eq!(writer.read(&client.id).await, disabled);
    app.token(&client.id, &client.secret, "").await.refused_by_oauth(400, "unauthorized_client");
    // Only who proves that it is the client learns that.
    app.token(&client.id, "ias_wrong", "").await.refused_by_oauth(401, "invalid_client");
}

async fn existing_tokens_remain_valid_until_expiry(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let client = client(&app).await;
    let token = client.token(&app).await;
    app.writer().await.act(&format!("{}/disable", client.path)).await.ok();
    let (id, secret) = app.management();
    for (micros, active) in [(0, true), (3_600_000_000 - 1_000_000, true), (1_000_000, false)] {
        app.clock.advance_micros(micros);
        let introspected = app.client(id, secret).form("/oauth2/introspect", &format!("token={token}")).await;
        assert_eq!(introspected.ok()["active"], active);
        let answer = app.bearing(&token).get("/applications").await;
        assert_eq!(answer.status == 200, active, "{}", answer.body);
    }
}

async fn an_enabled_application_acquires_tokens_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let client = client(&app).await;
    writer.act(&format!("{}/disable", client.path)).await.ok();
    let enabled = writer.act(&format!("{}/enable", client.path)).await.data();
    assert_eq!(enabled["state"], "enabled");
    assert_eq!(writer.read(&client.id).await, enabled);
    client.token(&app).await;
}

async fn an_archived_application_is_put_away_and_can_be_restored(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let client = client(&app).await;
    let before = writer.read(&client.id).await;
    let archived = writer.act(&format!("{}/archive", client.path)).await.data();
    assert_eq!((&archived["archived_at"], &archived["state"]), (&json!(app.now()), &json!("enabled")));
    assert_eq!(writer.read(&client.id).await, archived);
    app.token(&client.id, &client.secret, "").await.refused_by_oauth(400, "unauthorized_client");
    let restored = writer.act(&format!("{}/restore", client.path)).await.data();
    for (member, value) in before.as_object().expect("an object") {
        if member != "audit_summary" {
            assert_eq!(restored[member], *value, "{member}");
        }
    }
    client.token(&app).await;
}

async fn every_verb_can_be_repeated(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let client = client(&app).await;
    for verb in ["disable", "archive", "enable", "restore"] {
        let first = writer.act(&format!("{}/{verb}", client.path)).await;
        let etag = first.header("etag").to_owned();
        let first = first.data();
        app.clock.advance_micros(1_000_000);
        let second = writer.act(&format!("{}/{verb}", client.path)).await;
        assert_eq!(second.header("etag"), etag, "{verb}");
        assert_eq!(second.data(), first, "{verb}");
    }
}

async fn revoked_tokens_are_refused_and_new_ones_are_not(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let (client, other) = (client(&app).await, app.reader().await);
    let token = client.token(&app).await;
    assert_eq!(app.bearing(&token).get("/applications").await.status, 200);
    app.clock.advance_micros(1_000_000);
    let revoked = writer.act(&format!("{}/revoke-tokens", client.path)).await.data();
    assert_eq!(revoked, json!({ "issued_before": app.now() }));
    app.bearing(&token).get("/applications").await.refused(401, "invalid_token");
    let (id, secret) = app.management();
    let introspected = app.client(id, secret).form("/oauth2/introspect", &format!("token={token}")).await;
    assert_eq!(introspected.ok(), json!({ "active": false }));
    assert_eq!(other.get("/applications").await.status, 200);
    app.clock.advance_micros(1_000_000);
    let token = client.token(&app).await;
    assert_eq!(app.bearing(&token).get("/applications").await.status, 200);
}

/// The claims count whole seconds; what was revoked is known to the millisecond.
async fn a_token_of_the_same_second_as_a_revocation_is_good(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (writer, client) = (app.writer().await, client(&app).await);
    let before = client.token(&app).await;
    let second = app.clock.now().as_seconds();
    app.clock.advance_micros(1_000);
    writer.act(&format!("{}/revoke-tokens", client.path)).await.ok();
    app.clock.advance_micros(1_000);
    let after = client.token(&app).await;
    assert_eq!(app.clock.now().as_seconds(), second);
    app.bearing(&before).get("/applications").await.refused(401, "invalid_token");
    assert_eq!(app.bearing(&after).get("/applications").await.status, 200);
    let (id, secret) = app.management();
    for (token, active) in [(before, false), (after, true)] {
        let told = app.client(id, secret).form("/oauth2/introspect", &format!("token={token}")).await.ok();
        assert_eq!(told["active"], active);
    }
}

async fn verbs_take_no_members(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let client = client(&app).await;
    for verb in ["disable", "enable", "archive", "restore", "revoke-tokens"] {
        let path = format!("{}/{verb}", client.path);
        assert_eq!(writer.post(&path, json!({})).await.status, 200, "{verb}");
        writer.post(&path, json!({ "at": "noon" })).await.refused_for(400, "invalid_request", &["at"]);
        writer.post(&path, Value::Null).await.refused(400, "invalid_request");
    }
}

async fn disabling_and_enabling_need_the_scope_applications_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let reader = app.reader().await;
    let client = client(&app).await;
    for verb in ["disable", "enable", "archive", "restore", "revoke-tokens"] {
        let refused = reader.act(&format!("{}/{verb}", client.path)).await;
        refused.refused(403, "insufficient_scope");
    }
    client.token(&app).await;
}
