//! `/api/v1/applications/{application_id}/credentials`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    the_secrets_of_an_application_are_listed_and_never_shown,
    a_further_secret_is_shown_once_and_works_beside_the_others,
    no_rotation_touches_a_secret_that_was_added,
    a_secret_can_be_added_with_an_end,
    at_most_10_secrets_are_live,
    adding_is_only_meaningful_where_there_is_a_secret,
    a_revoked_secret_is_refused_at_once_and_stays_listed,
    the_last_secret_can_be_revoked,
    a_secret_is_revoked_once,
    an_unknown_credential_is_told_apart_from_an_unknown_application,
    the_last_use_is_told_with_its_address,
    what_ended_30_days_ago_is_not_listed,
    credentials_are_paged,
    changing_credentials_needs_the_scope_applications_write,
    nobody_takes_over_an_application_that_opens_more,
];

struct Client {
    id: String,
    secret: String,
    path: String,
}

async fn client(user: &User<'_>) -> Client {
    let created = user.create("m2m", json!({})).await;
    let id = text(&created["id"]);
    Client { path: format!("/applications/{id}/credentials"), secret: text(&created["client_secret"]), id }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

async fn list(user: &User<'_>, client: &Client) -> Vec<Value> {
    user.get(&client.path).await.ok()["data"].as_array().expect("a list").clone()
}

async fn accepts(app: &TestApp, client: &Client, secret: &str) -> bool {
    let answer = app.token(&client.id, secret, "").await;
    let accepted = answer.status == 200;
    if !accepted {
        answer.refused_by_oauth(401, "invalid_client");
    }
    accepted
}

async fn the_secrets_of_an_application_are_listed_and_never_shown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    let listed = list(&full, &client).await;
    let mut one = listed[0].clone();
    assert!(text(&one["id"].take()).starts_with("cred_"));
    let expected = json!({
        "id": null,
        "class": "client_secret",
        "environment": null,
        "name": null,
        "prefix": "ias_",
        "last_four": client.secret[client.secret.len() - 4..],
        "created_at": app.now(),
        "created_by": { "kind": "application", "id": app.management().0 },
        "expires_at": null,
        "revoked_at": null,
        "last_used_at": null,
        "last_used_from": null,
        "safe_to_retire": "no",
        "as_of": app.now(),
    });
    assert_eq!((listed.len(), one), (1, expected));
    assert!(!Value::from(listed).to_string().contains(&client.secret));
    let spa = text(&full.create("spa", json!({})).await["id"]);
    assert_eq!(full.get(&format!("/applications/{spa}/credentials")).await.ok()["data"], json!([]));
}

async fn a_further_secret_is_shown_once_and_works_beside_the_others(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    let answer = full.post(&client.path, json!({ "name": "Frankfurt" })).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let added = answer.created();
    let members: Vec<_> = added.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(members, ["client_secret", "created_at", "expires_at", "id", "name"]);
    let secret = text(&added["client_secret"]);
    assert!(secret.starts_with("ias_") && secret != client.secret);
    assert!(accepts(&app, &client, &secret).await && accepts(&app, &client, &client.secret).await);
    let listed = list(&full, &client).await;
    assert_eq!((&listed[0]["id"], &listed[0]["name"]), (&added["id"], &json!("Frankfurt")));
    assert!(!Value::from(listed).to_string().contains(&secret));
    let history = full.get("/audit?action=application.secret_added").await.ok();
    assert_eq!(history["data"][0]["application_id"], client.id);
    assert_eq!(history["data"][0]["after"]["credential_id"], added["id"]);
    assert!(!history.to_string().contains(&secret));
    // The body may be left out, and so may what is in it.
    for (body, name) in [(json!({}), Value::Null), (json!({ "name": null }), Value::Null)] {
        assert_eq!(full.post(&client.path, body).await.created()["name"], name);
    }
    assert_eq!(full.act(&client.path).await.status, 201);
    for (body, status, code, field) in [
        (json!({ "name": "" }), 422, "invalid_field", "name"),
        (json!({ "name": "x".repeat(256) }), 422, "invalid_field", "name"),
        (json!({ "name": 5 }), 400, "invalid_request", "name"),
        (json!({ "expires_at": app.now() }), 422, "invalid_field", "expires_at"),
        (json!({ "expires_at": "tomorrow" }), 422, "invalid_field", "expires_at"),
        (json!({ "prefix": "a_" }), 400, "invalid_request", "prefix"),
    ] {
        full.post(&client.path, body).await.refused_for(status, code, &[field]);
    }
    assert_eq!(list(&full, &client).await.len(), 5);
}

async fn no_rotation_touches_a_secret_that_was_added(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    let added = text(&full.act(&client.path).await.created()["client_secret"]);
    let rotate = format!("/applications/{}/rotate-secret", client.id);
    full.post(&rotate, json!({ "overlap_s": 0 })).await.ok();
    assert!(accepts(&app, &client, &added).await && !accepts(&app, &client, &client.secret).await);
}

async fn a_secret_can_be_added_with_an_end(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    let added = full.post(&client.path, json!({ "expires_at": app.after(60) })).await.created();
    assert_eq!(added["expires_at"], app.after(60));
    let secret = text(&added["client_secret"]);
    app.clock.advance_micros(60_000_000 - 1);
    assert!(accepts(&app, &client, &secret).await);
    app.clock.advance_micros(1);
    assert!(!accepts(&app, &client, &secret).await);
    assert_eq!(list(&app.full().await, &client).await[0]["safe_to_retire"], "yes");
}

async fn at_most_10_secrets_are_live(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    let mut last = Value::Null;
    for _ in 0..9 {
        last = full.act(&client.path).await.created();
    }
    full.act(&client.path).await.refused(409, "too_many_secrets");
    full.act(&format!("/applications/{}/rotate-secret", client.id)).await.refused(409, "too_many_secrets");
    assert_eq!(full.delete(&format!("{}/{}", client.path, text(&last["id"]))).await.status, 204);
    assert_eq!(full.act(&client.path).await.status, 201);
}

async fn adding_is_only_meaningful_where_there_is_a_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let saml =
        json!({ "saml": { "entity_id": "https://sp.example", "acs_urls": ["https://sp.example/acs"] } });
    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.example/" });
    for (kind, body) in [("spa", json!({})), ("native", json!({})), ("saml", saml), ("server", keys)] {
        let id = text(&full.create(kind, body).await["id"]);
        let refused = full.act(&format!("/applications/{id}/credentials")).await;
        assert!(refused.refused(400, "not_applicable").is_empty(), "{kind}");
    }
}

async fn a_revoked_secret_is_refused_at_once_and_stays_listed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    let added = full.post(&client.path, json!({ "name": "Frankfurt" })).await.created();
    let (id, secret) = (text(&added["id"]), text(&added["client_secret"]));
    assert!(accepts(&app, &client, &secret).await);
    app.clock.advance_micros(1_000_000);
    let answer = full.delete(&format!("{}/{id}", client.path)).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null));
    assert!(!accepts(&app, &client, &secret).await && accepts(&app, &client, &client.secret).await);
    let listed = list(&full, &client).await;
    assert_eq!((&listed[0]["id"], &listed[0]["revoked_at"]), (&added["id"], &json!(app.now())));
    assert_eq!(listed[0]["safe_to_retire"], "yes");
    let history = full.get("/audit?action=application.secret_revoked").await.ok();
    assert_eq!(history["data"][0]["before"]["credential_id"], id);
    assert_eq!(history["data"][0]["before"]["name"], "Frankfurt");
}

async fn the_last_secret_can_be_revoked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    let only = text(&list(&full, &client).await[0]["id"]);
    assert_eq!(full.delete(&format!("{}/{only}", client.path)).await.status, 204);
    assert!(!accepts(&app, &client, &client.secret).await);
    let added = text(&full.act(&client.path).await.created()["client_secret"]);
    assert!(accepts(&app, &client, &added).await);
}

async fn a_secret_is_revoked_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    let path = format!("{}/{}", client.path, text(&list(&full, &client).await[0]["id"]));
    assert_eq!(full.delete(&path).await.status, 204);
    let revoked = list(&full, &client).await;
    app.clock.advance_micros(1_000_000);
    assert_eq!(full.delete(&path).await.status, 204);
    assert_eq!(list(&full, &client).await[0]["revoked_at"], revoked[0]["revoked_at"]);
    let history = full.get("/audit?action=application.secret_revoked").await.ok();
    assert_eq!(history["data"].as_array().expect("a list").len(), 1);
}

async fn an_unknown_credential_is_told_apart_from_an_unknown_application(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let [one, other] = [client(&full).await, client(&full).await];
    let others = text(&list(&full, &other).await[0]["id"]);
    for unknown in ["cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage", &others, &one.id] {
        full.delete(&format!("{}/{unknown}", one.path)).await.refused(404, "credential_not_found");
    }
    let gone = "/applications/app_01KAH8Q2M4F7V9X3C5N8R1T6ZD/credentials";
    full.get(gone).await.refused(404, "app_not_found");
    full.act(gone).await.refused(404, "app_not_found");
    full.delete(&format!("{gone}/{others}")).await.refused(404, "app_not_found");
    assert!(accepts(&app, &other, &other.secret).await);
}

async fn the_last_use_is_told_with_its_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    app.clock.advance_micros(1_000_000);
    let used_at = app.now();
    assert!(accepts(&app, &client, &client.secret).await);
    app.tell_uses().await;
    let before = list(&full, &client).await.remove(0);
    assert_eq!(
        (&before["last_used_at"], &before["last_used_from"]),
        (&json!(used_at), &json!("203.0.113.7"))
    );
    // A day later, with a newer one in use, it may go.
    let rotate = format!("/applications/{}/rotate-secret", client.id);
    let rotated = text(&full.post(&rotate, json!({ "overlap_s": 604_800 })).await.data()["client_secret"]);
    let answers = async || -> Vec<Value> {
        let reader = app.reader().await;
        list(&reader, &client).await.iter().map(|one| one["safe_to_retire"].clone()).collect()
    };
    assert_eq!(answers().await, ["no", "no"]);
    app.clock.advance_micros(86_400 * 1_000_000);
    assert!(accepts(&app, &client, &rotated).await);
    assert_eq!(answers().await, ["no", "no"], "the new one's use is not told");
    app.tell_uses().await;
    assert_eq!(answers().await, ["no", "unknown"], "the last second is not told");
    app.clock.advance_micros(20 * 1_000_000);
    app.tell_uses().await;
    assert_eq!(answers().await, ["no", "yes"]);
}

async fn what_ended_30_days_ago_is_not_listed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let client = client(&app.full().await).await;
    let only = text(&list(&app.full().await, &client).await[0]["id"]);
    assert_eq!(app.full().await.delete(&format!("{}/{only}", client.path)).await.status, 204);
    let month = 30 * 86_400 * 1_000_000;
    app.clock.advance_micros(month - 1);
    assert_eq!(list(&app.full().await, &client).await.len(), 1);
    app.clock.advance_micros(1);
    assert!(list(&app.full().await, &client).await.is_empty());
}

async fn credentials_are_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let client = client(&full).await;
    for _ in 0..4 {
        full.act(&client.path).await.created();
    }
    let all = list(&full, &client).await;
    let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = full.get(&format!("{}?{query}", client.path)).await.ok();
        assert_eq!(page["meta"]["limit"], 2);
        seen.extend(page["data"].as_array().expect("a list").clone());
        let Some(cursor) = page["meta"]["next_cursor"].as_str() else { break };
        query = format!("limit=2&cursor={cursor}");
    }
    assert_eq!((all.len(), seen), (5, all));
}

async fn changing_credentials_needs_the_scope_applications_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let client = client(&app.writer().await).await;
    let reader = app.reader().await;
    let only = text(&list(&reader, &client).await[0]["id"]);
    reader.act(&client.path).await.refused(403, "insufficient_scope");
    reader.delete(&format!("{}/{only}", client.path)).await.refused(403, "insufficient_scope");
    assert!(accepts(&app, &client, &client.secret).await);
    assert_eq!(list(&reader, &client).await.len(), 1);
}

async fn nobody_takes_over_an_application_that_opens_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let created = app.full().await.create("m2m", json!({ "allowed_scopes": ["tenant:write"] })).await;
    let path = format!("/applications/{}/credentials", text(&created["id"]));
    let writer = app.writer().await;
    let only = text(&writer.get(&path).await.ok()["data"][0]["id"]);
    writer.act(&path).await.refused(403, "forbidden");
    writer.delete(&format!("{path}/{only}")).await.refused(403, "forbidden");
    assert_eq!(app.full().await.act(&path).await.status, 201);
}
