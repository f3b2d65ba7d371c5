//! `POST /api/v1/applications/{application_id}/rotate-secret`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    the_new_secret_is_returned_once,
    the_previous_secret_stays_valid_until_previous_expires_at,
    the_overlap_is_72_hours_and_configurable_per_tenant,
    the_overlap_can_be_said_in_the_body,
    an_overlap_of_zero_ends_the_previous_secrets_at_once,
    every_replaced_secret_keeps_its_deadline,
    at_most_10_secrets_are_live,
    only_meaningful_for_m2m_and_server,
    the_body_may_be_left_out,
    rotating_needs_the_scope_applications_write,
];

struct Client {
    id: String,
    secret: String,
}

async fn client(user: &User<'_>, kind: &str) -> Client {
    let created = user.create(kind, json!({})).await;
    Client { id: text(&created["id"]), secret: text(&created["client_secret"]) }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

async fn rotate(user: &User<'_>, id: &str, body: Value) -> Value {
    user.post(&format!("/applications/{id}/rotate-secret"), body).await.data()
}

async fn is_accepted(app: &TestApp, id: &str, secret: &str) -> bool {
    let answer = app.token(id, secret, "").await;
    let accepted = answer.status == 200;
    if !accepted {
        answer.refused_by_oauth(401, "invalid_client");
    }
    accepted
}

async fn the_new_secret_is_returned_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    for kind in ["m2m", "server"] {
        let Client { id, secret } = client(&writer, kind).await;
        let answer = writer.act(&format!("/applications/{id}/rotate-secret")).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let rotated = answer.data();
        let members: Vec<_> = rotated.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(members, ["client_secret", "previous_expires_at"]);
        let fresh = text(&rotated["client_secret"]);
        assert!(fresh.starts_with("ias_") && fresh != secret);
        assert!(is_accepted(&app, &id, &fresh).await);
        assert!(!writer.read(&id).await.to_string().contains(&fresh));
        let history = app.full().await.get("/audit").await.ok().to_string();
        assert!(!history.contains(&fresh) && history.contains("application.secret_rotated"));
    }
}

async fn the_previous_secret_stays_valid_until_previous_expires_at(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let Client { id, secret } = client(&app.writer().await, "m2m").await;
    let rotated = rotate(&app.writer().await, &id, json!({ "overlap_s": 600 })).await;
    assert_eq!(rotated["previous_expires_at"], app.after(600));
    app.clock.advance_micros(600_000_000 - 1);
    assert!(is_accepted(&app, &id, &secret).await);
    app.clock.advance_micros(1);
    assert!(!is_accepted(&app, &id, &secret).await);
    assert!(is_accepted(&app, &id, &text(&rotated["client_secret"])).await);
}

async fn the_overlap_is_72_hours_and_configurable_per_tenant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let Client { id, .. } = client(&full, "m2m").await;
    assert_eq!(rotate(&full, &id, json!({})).await["previous_expires_at"], app.after(72 * 3_600));
    full.patch("/tenant", json!({ "secret_rotation_overlap_s": 60 })).await.ok();
    assert_eq!(rotate(&full, &id, json!({})).await["previous_expires_at"], app.after(60));
    full.patch("/tenant", json!({ "secret_rotation_overlap_s": 0 })).await.ok();
    assert_eq!(rotate(&full, &id, json!({})).await["previous_expires_at"], app.now());
}

async fn the_overlap_can_be_said_in_the_body(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let Client { id, .. } = client(&writer, "m2m").await;
    for seconds in [1, 604_800] {
        let rotated = rotate(&writer, &id, json!({ "overlap_s": seconds })).await;
        assert_eq!(rotated["previous_expires_at"], app.after(seconds));
    }
    let path = format!("/applications/{id}/rotate-secret");
    for seconds in [-1, 604_801] {
        let refused = writer.post(&path, json!({ "overlap_s": seconds })).await;
        refused.refused_for(422, "invalid_field", &["overlap_s"]);
    }
    for wrong in [json!("1"), json!(null), json!(1.5)] {
        let refused = writer.post(&path, json!({ "overlap_s": wrong })).await;
        refused.refused_for(400, "invalid_request", &["overlap_s"]);
    }
}

async fn an_overlap_of_zero_ends_the_previous_secrets_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let Client { id, secret } = client(&writer, "m2m").await;
    let second = text(&rotate(&writer, &id, json!({})).await["client_secret"]);
    let third = text(&rotate(&writer, &id, json!({ "overlap_s": 0 })).await["client_secret"]);
    assert!(!is_accepted(&app, &id, &secret).await);
    assert!(!is_accepted(&app, &id, &second).await);
    assert!(is_accepted(&app, &id, &third).await);
}

async fn every_replaced_secret_keeps_its_deadline(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let Client { id, secret } = client(&writer, "m2m").await;
    let second = text(&rotate(&writer, &id, json!({ "overlap_s": 60 })).await["client_secret"]);
    rotate(&writer, &id, json!({ "overlap_s": 3_000 })).await;
    app.clock.advance_micros(60_000_000);
    assert!(!is_accepted(&app, &id, &secret).await);
    assert!(is_accepted(&app, &id, &second).await);
}

async fn at_most_10_secrets_are_live(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let Client { id, secret } = client(&writer, "m2m").await;
    for _ in 0..9 {
        rotate(&writer, &id, json!({})).await;
    }
    let path = format!("/applications/{id}/rotate-secret");
    writer.act(&path).await.refused(409, "too_many_secrets");
    assert!(is_accepted(&app, &id, &secret).await);
    rotate(&writer, &id, json!({ "overlap_s": 0 })).await;
    assert_eq!(writer.act(&path).await.status, 200);
}

async fn only_meaningful_for_m2m_and_server(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let saml =
        json!({ "saml": { "entity_id": "https://sp.example", "acs_urls": ["https://sp.example/acs"] } });
    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.example/" });
    for (kind, body) in [("spa", json!({})), ("native", json!({})), ("saml", saml), ("server", keys)] {
        let id = text(&writer.create(kind, body).await["id"]);
        let refused = writer.act(&format!("/applications/{id}/rotate-secret")).await;
        assert!(refused.refused(400, "not_applicable").is_empty(), "{kind}");
    }
}

async fn the_body_may_be_left_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let Client { id, .. } = client(&writer, "m2m").await;
    let path = format!("/applications/{id}/rotate-secret");
    assert_eq!(writer.act(&path).await.status, 200);
    assert_eq!(writer.post(&path, json!({})).await.status, 200);
    writer.post(&path, json!({ "overlap": 5 })).await.refused_for(400, "invalid_request", &["overlap"]);
}

async fn rotating_needs_the_scope_applications_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let Client { id, secret } = client(&app.writer().await, "m2m").await;
    let refused = app.reader().await.act(&format!("/applications/{id}/rotate-secret")).await;
    refused.refused(403, "insufficient_scope");
    assert!(is_accepted(&app, &id, &secret).await);
}
