//! `/api/v1/applications/{application_id}/keys`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::access::{path_of, set};
use crate::harness::{TestApp, User};

on_each_database![
    a_key_is_shown_once_and_listed_while_it_is_good,
    a_key_says_where_it_is_good_and_for_what,
    at_most_3_keys_are_live,
    a_key_that_cannot_be_is_refused,
    without_access_there_are_no_keys,
];

/// The path of the keys of a new application that has some access.
async fn keys_of(user: &User<'_>, kind: &str, access: &str, permission: &str) -> String {
    let path = path_of(user, kind).await;
    set(user, &path, json!({ "kind": access, "permissions": [permission] })).await.ok();
    path.replace("/access", "/keys")
}

async fn list(user: &User<'_>, path: &str) -> Vec<Value> {
    user.get(path).await.data().as_array().expect("a list").clone()
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

async fn a_key_is_shown_once_and_listed_while_it_is_good(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = keys_of(&full, "m2m", "private", "token:read").await;
    assert_eq!(list(&full, &path).await, [] as [Value; 0]);
    let answer = full.post(&path, json!({ "name": "Frankfurt", "expires_at": app.after(60) })).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut made = answer.created();
    let (id, key) = (text(&made["id"]), text(&made["key"].take()));
    let expected = json!({
        "id": id, "key": null, "environment": "live", "name": "Frankfurt",
        "created_at": app.now(), "expires_at": app.after(60),
    });
    assert_eq!(made, expected);
    let listed = list(&full, &path).await;
    let expected = json!({
        "id": id, "class": "api_key", "environment": "live", "name": "Frankfurt",
        "prefix": "key_prod_us_pvt_", "last_four": key[key.len() - 4..],
        "created_at": app.now(), "created_by": { "kind": "application", "id": app.management().0 },
        "expires_at": app.after(60), "revoked_at": null, "last_used_at": null, "last_used_from": null,
        "safe_to_retire": "no", "as_of": app.now(),
    });
    assert_eq!(listed, std::slice::from_ref(&expected));
    assert_eq!(full.get(&format!("{path}/{id}")).await.data(), expected);
    let told = full.entries("application.key_added").await;
    assert_eq!((&told[0].1["credential_id"], &told[0].1["environment"]), (&json!(id), &json!("live")));
    let everything = format!("{listed:?} {told:?} {:?}", full.get("/audit").await.ok());
    assert!(!everything.contains(&key));
    // The second is beside it, until somebody ends it, and once only.
    let other = text(&full.act(&path).await.created()["id"]);
    assert_eq!(list(&full, &path).await.len(), 2);
    for _ in 0..2 {
        full.delete(&format!("{path}/{other}")).await.with(204);
        full.get(&format!("{path}/{other}")).await.refused(404, "credential_not_found");
    }
    assert_eq!(full.entries("application.key_revoked").await.len(), 1);
    app.clock.advance_micros(60_000_000);
    assert_eq!(list(&app.full().await, &path).await, [] as [Value; 0]);
}

async fn a_key_says_where_it_is_good_and_for_what(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for (kind, access, permission, word) in [
        ("m2m", "private", "token:read", "pvt"),
        ("spa", "public", "token:create", "pub"),
        ("m2m", "management", "log:read", "mgt"),
    ] {
        let path = keys_of(&full, kind, access, permission).await;
        for (environment, place) in [("live", "prod"), ("test", "test")] {
            let made = full.post(&path, json!({ "environment": environment })).await.created();
            assert!(text(&made["key"]).starts_with(&format!("key_{place}_us_{word}_")), "{access}");
            assert_eq!(made["environment"], environment);
        }
    }
}

async fn at_most_3_keys_are_live(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = keys_of(&full, "m2m", "private", "token:read").await;
    let mut ids = Vec::new();
    for environment in ["live", "test", "live"] {
        let made = full.post(&path, json!({ "environment": environment })).await.created();
        ids.push(text(&made["id"]));
    }
    for environment in ["live", "test"] {
        let refused = full.post(&path, json!({ "environment": environment })).await;
        refused.refused(409, "too_many_secrets");
    }
    // Client secrets are counted by themselves, and not touched.
    let credentials = path.replace("/keys", "/credentials");
    full.act(&credentials).await.created();
    full.delete(&format!("{path}/{}", ids[1])).await.with(204);
    full.act(&path).await.created();
    full.post(&path.replace("/keys", "/rotate-secret"), json!({ "overlap_s": 0 })).await.ok();
    assert_eq!(list(&full, &path).await.len(), 3, "no rotation ends a key");
}

async fn a_key_that_cannot_be_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = keys_of(&full, "m2m", "private", "token:read").await;
    let before = database.dump().await;
    for (body, status, code, field) in [
        (json!({ "name": "" }), 422, "invalid_field", "name"),
        (json!({ "name": 5 }), 400, "invalid_request", "name"),
        (json!({ "expires_at": app.now() }), 422, "invalid_field", "expires_at"),
        (json!({ "environment": "stage" }), 422, "invalid_field", "environment"),
        (json!({ "kind": "private" }), 400, "invalid_request", "kind"),
    ] {
        full.post(&path, body).await.refused_for(status, code, &[field]);
    }
    let secrets = full.get(&path.replace("/keys", "/credentials")).await.data();
    for id in [&text(&secrets[0]["id"]), "cred_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage"] {
        full.get(&format!("{path}/{id}")).await.refused(404, "credential_not_found");
        full.delete(&format!("{path}/{id}")).await.refused(404, "credential_not_found");
    }
    assert_eq!(database.dump().await, before);
}

async fn without_access_there_are_no_keys(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let access = path_of(&full, "m2m").await;
    let path = access.replace("/access", "/keys");
    full.act(&path).await.refused(400, "not_applicable");
    set(&full, &access, json!({ "kind": "private", "permissions": ["token:read"] })).await.ok();
    full.act(&path).await.created();
    full.delete(&access).await.with(204);
    assert_eq!(list(&full, &path).await, [] as [Value; 0]);
    set(&full, &access, json!({ "kind": "private", "permissions": ["token:read"] })).await.ok();
    assert_eq!(list(&full, &path).await, [] as [Value; 0], "what was ended stays so");
}
