//! `/api/v1/keys/verify`

use appkeep_domain::Level;
use appkeep_keys::{NewSecret, SystemEntropy};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::applications::access::{path_of, set};
use crate::harness::{TestApp, User, within_a_second};

on_each_database![
    a_key_is_worth_what_the_access_of_its_application_says,
    every_reason_that_a_key_is_not_good_has_a_word,
    a_key_of_an_application_that_is_not_seen_is_not_found,
    a_suspended_owners_keys_are_refused,
    verification_asks_no_database,
    every_node_learns_of_a_change_within_a_second,
    a_question_that_cannot_be_asked_is_refused,
    a_verified_key_was_used,
];

/// An application with a key.
struct Holder {
    id: String,
    path: String,
    key_id: String,
    key: String,
}

async fn holder(user: &User<'_>, new_key: Value) -> Holder {
    let access = path_of(user, "m2m").await;
    let rules = json!([
        { "priority": 1, "container": "/pci/high/", "transform": "mask", "permissions": ["token:read"] },
        { "priority": 2, "container": "/pci/", "transform": "reveal", "permissions": ["token:read"] },
    ]);
    let wanted = json!({ "kind": "private", "permissions": ["token:use"], "rules": rules });
    set(user, &access, wanted).await.ok();
    let path = access.trim_end_matches("/access").to_owned();
    let made = user.post(&format!("{path}/keys"), new_key).await.created();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let id = path.trim_start_matches("/applications/").to_owned();
    Holder { id, key_id: text(&made["id"]), key: text(&made["key"]), path }
}

async fn verify(user: &User<'_>, key: &str) -> Value {
    user.post("/keys/verify", json!({ "key": key })).await.data()
}

/// Why it is not good; nothing when it is.
async fn reason(user: &User<'_>, key: &str) -> Value {
    let told = verify(user, key).await;
    assert_eq!(told["valid"], told["reason"].is_null(), "{told}");
    told["reason"].clone()
}

async fn a_key_is_worth_what_the_access_of_its_application_says(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let holder = holder(&full, json!({ "environment": "test", "expires_at": app.after(60) })).await;
    let known = json!({
        "valid": true, "reason": null, "key_id": holder.key_id, "application_id": holder.id,
        "client_id": holder.id, "name": "Billing", "kind": "private", "environment": "test",
        "permissions": ["token:use"], "expires_at": app.after(60), "transform": null,
    });
    let asker = app.with("keys:verify").await;
    let answer = asker.post("/keys/verify", json!({ "key": holder.key })).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.data(), known);
    for (permission, container, reason, transform) in [
        ("token:use", Value::Null, Value::Null, Value::Null),
        ("token:use", json!("/"), Value::Null, json!("reveal")),
        ("token:read", Value::Null, Value::Null, Value::Null),
        ("token:read", json!("/PCI/"), Value::Null, json!("reveal")),
        ("token:read", json!("/pci/high/cards/"), Value::Null, json!("mask")),
        ("token:read", json!("/pci2/"), json!("no_rule_matches"), Value::Null),
        ("token:delete", json!("/pci/"), json!("permission_not_held"), Value::Null),
        ("token:delete", Value::Null, json!("permission_not_held"), Value::Null),
        ("log:read", json!("/pci/"), json!("permission_not_held"), Value::Null),
    ] {
        let mut question = json!({ "key": holder.key, "permission": permission });
        if !container.is_null() {
            question["container"] = container.clone();
        }
        let mut expected = known.clone();
        expected["valid"] = json!(reason.is_null());
        (expected["reason"], expected["transform"]) = (reason, transform);
        let told = asker.post("/keys/verify", question).await.data();
        assert_eq!(told, expected, "{permission} {container}");
    }
    // What is said anew is so at once.
    let access = format!("{}/access", holder.path);
    set(&full, &access, json!({ "kind": "private", "permissions": ["token:delete"] })).await.ok();
    assert_eq!(verify(&asker, &holder.key).await["permissions"], json!(["token:delete"]));
    // An application that ends sooner ends its keys.
    full.patch(&holder.path, json!({ "expires_at": app.after(30) })).await.ok();
    assert_eq!(verify(&asker, &holder.key).await["expires_at"], app.after(30));
}

async fn every_reason_that_a_key_is_not_good_has_a_word(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let good = holder(&full, json!({})).await;
    let asker = app.with("keys:verify").await;
    let strange = NewSecret::generate("key_prod_us_pvt_", &SystemEntropy::new());
    let client_secret = full.act(&format!("{}/rotate-secret", good.path)).await.data();
    let nothing = |reason: &str| {
        json!({
            "valid": false, "reason": reason, "key_id": null, "application_id": null, "client_id": null,
            "name": null, "kind": null, "environment": null, "permissions": null, "expires_at": null,
            "transform": null,
        })
    };
    for (key, reason) in [
        ("", "malformed"),
        ("secret", "malformed"),
        (&good.key[1..], "malformed"),
        (&good.key[..good.key.len() - 1], "malformed"),
        (strange.expose(), "not_found"),
        (client_secret["client_secret"].as_str().expect("text"), "not_found"),
    ] {
        for _ in 0..2 {
            assert_eq!(verify(&asker, key).await, nothing(reason));
        }
    }
    assert_eq!(reason(&asker, &good.key).await, Value::Null);
    for (verb, expected) in [
        ("disable", json!("application_disabled")),
        ("archive", json!("application_archived")),
        ("enable", json!("application_archived")),
        ("restore", Value::Null),
    ] {
        full.act(&format!("{}/{verb}", good.path)).await.ok();
        let told = verify(&asker, &good.key).await;
        assert_eq!((&told["reason"], &told["key_id"]), (&expected, &json!(good.key_id)), "{verb}");
    }
    full.delete(&format!("{}/keys/{}", good.path, good.key_id)).await.with(204);
    assert_eq!(reason(&asker, &good.key).await, "revoked");
    let ending = holder(&full, json!({ "expires_at": app.after(60) })).await;
    let gone = holder(&full, json!({})).await;
    full.patch(&gone.path, json!({ "expires_at": app.after(60) })).await.ok();
    let deleted = holder(&full, json!({})).await;
    let taken = holder(&full, json!({})).await;
    for one in [&ending, &gone, &deleted, &taken] {
        assert_eq!(reason(&asker, &one.key).await, Value::Null);
    }
    full.delete(&deleted.path).await.with(204);
    full.delete(&format!("{}/access", taken.path)).await.with(204);
    assert_eq!(verify(&asker, &deleted.key).await, nothing("not_found"));
    assert_eq!(verify(&asker, &taken.key).await, nothing("not_found"));
    app.clock.advance_micros(60_000_000 - 1);
    assert_eq!(reason(&asker, &ending.key).await, Value::Null);
    app.clock.advance_micros(1);
    assert_eq!(reason(&asker, &ending.key).await, "expired");
    assert_eq!(verify(&asker, &gone.key).await, nothing("not_found"));
}

async fn a_key_of_an_application_that_is_not_seen_is_not_found(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let holder = holder(&app.full().await, json!({})).await;
    let other = app.tenant_of(None, "other").await;
    let theirs = app.full_at(&other).await;
    let told = verify(&theirs, &holder.key).await;
    let strange = NewSecret::generate("key_prod_us_pvt_", &SystemEntropy::new());
    assert_eq!(told, verify(&theirs, strange.expose()).await);
    assert_eq!((&told["reason"], &told["application_id"]), (&json!("not_found"), &Value::Null));
    assert_eq!(reason(&app.full().await, &holder.key).await, Value::Null);
    app.reader()
        .await
        .post("/keys/verify", json!({ "key": holder.key }))
        .await
        .refused(403, "insufficient_scope");
}

async fn a_suspended_owners_keys_are_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let below = app.tenant_of(None, "other").await;
    let holder = holder(&app.full_at(&below).await, json!({})).await;
    let (owner, above) = (app.owner().await, app.machine_at(Level::Platform).await);
    for (verb, expected) in [
        ("suspend", json!("owner_suspended")),
        ("resume", Value::Null),
        ("archive", json!("owner_suspended")),
    ] {
        assert_ne!(reason(&above, &holder.key).await, expected, "{verb}");
        owner.act(&format!("/tenants/{}/{verb}", below.id)).await.ok();
        assert_eq!(reason(&above, &holder.key).await, expected, "{verb}");
    }
}

async fn verification_asks_no_database(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let holder = holder(&app.full().await, json!({})).await;
    let asker = app.with("keys:verify").await;
    let strange = NewSecret::generate("key_prod_us_pvt_", &SystemEntropy::new());
    let keys = [&holder.key[..], strange.expose(), "malformed"];
    // The feed tells once more of what was written here, which drops it.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    for key in keys {
        verify(&asker, key).await;
    }
    let before = app.statements();
    for key in keys.repeat(10) {
        let question = json!({ "key": key, "permission": "token:read", "container": "/pci/" });
        asker.post("/keys/verify", question).await.ok();
    }
    assert_eq!(app.statements(), before);
}

async fn every_node_learns_of_a_change_within_a_second(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let holder = holder(&full, json!({})).await;
    let node = app.another_node(&database).await;
    let there = node.bearing(full.token());
    assert_eq!(reason(&there, &holder.key).await, Value::Null);
    let access = format!("{}/access", holder.path);
    set(&full, &access, json!({ "kind": "private", "permissions": ["token:search"] })).await.ok();
    let told = async || verify(&there, &holder.key).await["permissions"] == json!(["token:search"]);
    within_a_second("the permissions change", told).await;
    full.delete(&format!("{}/keys/{}", holder.path, holder.key_id)).await.with(204);
    within_a_second("the key ends", async || reason(&there, &holder.key).await == "revoked").await;
    // So is a new one.
    let made = full.act(&format!("{}/keys", holder.path)).await.created();
    let key = made["key"].as_str().expect("text");
    within_a_second("the new key is known", async || reason(&there, key).await.is_null()).await;
}

async fn a_question_that_cannot_be_asked_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let asker = app.with("keys:verify").await;
    for (asked, status, code, field) in [
        (json!({}), 400, "invalid_request", "key"),
        (json!({ "key": 5 }), 400, "invalid_request", "key"),
        (json!({ "key": "x", "permission": "token:steal" }), 422, "invalid_field", "permission"),
        (
            json!({ "key": "x", "permission": "token:read", "container": "pci" }),
            422,
            "invalid_field",
            "container",
        ),
        (json!({ "key": "x", "container": "/pci/" }), 422, "invalid_field", "permission"),
    ] {
        asker.post("/keys/verify", asked).await.refused_for(status, code, &[field]);
    }
    // A secret in the wrong place is not repeated.
    let answer =
        asker.json(Method::POST, "/api/v1/keys/verify", json!({ "key": "x", "secret": "hush-hush" })).await;
    assert!(!answer.text.contains("hush-hush"), "{}", answer.text);
}

async fn a_verified_key_was_used(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let holder = holder(&full, json!({})).await;
    app.clock.advance_micros(1_000_000);
    let used_at = app.now();
    verify(&full, &holder.key).await;
    app.tell_uses().await;
    let key = full.get(&format!("{}/keys/{}", holder.path, holder.key_id)).await.data();
    assert_eq!((&key["last_used_at"], &key["last_used_from"]), (&json!(used_at), &Value::Null));
}
