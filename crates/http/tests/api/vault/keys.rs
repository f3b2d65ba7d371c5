//! Who comes to `/api/v1/vault` with an API key.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{put, text};
use crate::applications::access::{path_of, set};
use crate::harness::{TestApp, User};

on_each_database![
    a_key_does_here_what_its_rules_say,
    a_key_comes_to_its_own_environment,
    a_session_that_was_begun_here_is_used_here,
    keys_that_manage_reach_no_token,
    pages_of_any_site_bring_public_keys,
];

const HUSH: &str = "123-45-6789";
const PAGE: &str = "https://shop.example";

/// A key of a new application of that kind.
async fn key_of(user: &User<'_>, (kind, access): (&str, &str), mut rights: Value) -> String {
    let path = path_of(user, kind).await;
    rights["kind"] = json!(access);
    set(user, &path, rights).await.ok();
    let keys = path.replace("/access", "/keys");
    text(&user.act(&keys).await.created()["key"])
}

pub(super) async fn private_key(user: &User<'_>, rights: Value) -> String {
    key_of(user, ("m2m", "private"), rights).await
}

fn rule(priority: u32, container: &str, transform: &str, permissions: &[&str]) -> Value {
    json!({
        "description": "", "priority": priority, "container": container, "transform": transform,
        "permissions": permissions,
    })
}

fn token(id: &str, container: &str) -> Value {
    json!({
        "id": id, "type": "token", "container": container, "data": HUSH,
        "mask": "{{ data | reveal_last: 4 }}",
    })
}

async fn a_key_does_here_what_its_rules_say(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for (id, container) in [("open", "/open/"), ("masked", "/masked/"), ("closed", "/closed/")] {
        put(&full, token(id, container)).await;
    }
    let most = ["token:create", "token:read", "token:search", "token:update", "token:delete"];
    let rules = json!([rule(1, "/open/", "reveal", &most), rule(2, "/masked/", "mask", &["token:read"])]);
    let key = private_key(&full, json!({ "rules": rules })).await;
    let holder = app.bearing(&key);
    for (id, expected) in [("open", json!(HUSH)), ("masked", json!("XXX-XX-6789"))] {
        assert_eq!(holder.get(&format!("/vault/tokens/{id}")).await.data()["data"], expected, "{id}");
    }
    holder.get("/vault/tokens/closed").await.refused(403, "forbidden");
    let listed = holder.get("/vault/tokens").await.ok();
    let ids: Vec<&str> =
        listed["data"].as_array().expect("a list").iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids.len(), 2, "{listed}");
    assert!(ids.contains(&"open") && ids.contains(&"masked"), "{listed}");
    let found = holder.post("/vault/tokens/search", json!({ "type": "token" })).await.ok();
    assert_eq!((&found["data"][0]["id"], &found["data"][1]), (&json!("open"), &Value::Null));
    let filled = holder.post("/vault/detokenize", json!({ "document": "{{ open }}" })).await.data();
    assert_eq!(filled, HUSH);
    let closed = holder.post("/vault/detokenize", json!({ "document": "{{ closed }}" })).await;
    assert!(!closed.status.is_success() && !closed.text.contains(HUSH), "{}", closed.text);
    // What it changes is told under its application's name.
    let made = holder.post("/vault/tokens", token("new", "/open/new/")).await.created();
    assert_eq!(made["token"]["created_by"]["kind"], "application");
    holder.post("/vault/tokens", token("no", "/masked/")).await.refused(403, "forbidden");
    let made = holder.post("/vault/tokenize", json!({ "document": { "a": token("more", "/open/") } })).await;
    assert_eq!(made.data()["a"]["id"], "more");
    holder.patch("/vault/tokens/new", json!({ "metadata": { "a": "b" } })).await.ok();
    assert_eq!(full.get("/vault/tokens/new").await.data()["metadata"]["a"], "b");
    holder.patch("/vault/tokens/masked", json!({ "metadata": { "a": "b" } })).await.refused(403, "forbidden");
    holder.delete("/vault/tokens/new").await.with(204);
    full.get("/vault/tokens/new").await.refused(404, "token_not_found");
    holder.delete("/vault/tokens/masked").await.refused(403, "forbidden");
    // And nothing else of this API.
    holder.get("/applications").await.refused(401, "invalid_token");
    app.bearing("key_prod_us_pvt_x").get("/vault/tokens").await.refused(401, "invalid_token");
    app.nobody().get("/vault/tokens").await.refused(401, "invalid_token");
}

async fn a_key_comes_to_its_own_environment(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = path_of(&full, "m2m").await;
    set(&full, &path, json!({ "kind": "private", "permissions": ["token:create", "token:read"] })).await.ok();
    let keys = path.replace("/access", "/keys");
    let (live, test) =
        (full.act(&keys).await.created(), full.post(&keys, json!({ "environment": "test" })).await.created());
    let (live, test) = (text(&live["key"]), text(&test["key"]));
    let [live, test] = [&live, &test].map(|key| app.bearing(key));
    for (user, own, other) in [(&live, "live", "test"), (&test, "test", "live")] {
        let made = user.post("/vault/tokens", token(own, "/a/")).await.created();
        assert_eq!(made["token"]["environment"], own);
        user.get(&format!("/vault/tokens/{other}")).await.refused(404, "token_not_found");
        user.get(&format!("/vault/tokens/{own}?environment={own}")).await.ok();
        let elsewhere = user.get(&format!("/vault/tokens/{own}?environment={other}")).await;
        elsewhere.refused_for(400, "invalid_request", &["environment"]);
        full.get(&format!("/vault/tokens/{own}?environment={own}")).await.ok();
    }
}

async fn a_session_that_was_begun_here_is_used_here(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    put(&full, token("mine", "/a/")).await;
    let page = key_of(&full, ("spa", "public"), json!({ "permissions": ["token:create"] })).await;
    let server = private_key(&full, json!({ "permissions": ["token:read"] })).await;
    let page = app.bearing(&page);
    page.get("/vault/tokens/mine").await.refused(403, "forbidden");
    let begun = page.act("/vault/sessions").await.created();
    let (key, nonce) = (text(&begun["session_key"]), begun["nonce"].clone());
    let session = app.bearing(&key);
    session.get("/vault/tokens/mine").await.refused(401, "invalid_token");
    let rules = [rule(1, "/a/", "reveal", &["token:read"])];
    let wanted = json!({ "nonce": nonce, "rules": rules });
    app.bearing(&server).post("/vault/sessions/authorize", wanted).await.with(204);
    assert_eq!(session.get("/vault/tokens/mine").await.data()["data"], HUSH);
    session.delete("/vault/tokens/mine").await.refused(403, "forbidden");
}

async fn keys_that_manage_reach_no_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    put(&full, token("mine", "/a/")).await;
    let key = key_of(&full, ("m2m", "management"), json!({ "permissions": ["log:read"] })).await;
    let manager = app.bearing(&key);
    manager.get("/vault/tokens/mine").await.refused(403, "forbidden");
    manager.post("/vault/tokens", token("other", "/a/")).await.refused(403, "forbidden");
}

async fn pages_of_any_site_bring_public_keys(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let public = key_of(&full, ("spa", "public"), json!({ "permissions": ["token:create"] })).await;
    let private = private_key(&full, json!({ "permissions": ["token:create"] })).await;
    let ask = async |user: &User<'_>, (method, path): (Method, &str), body: Value| {
        let request = user.request(method, &format!("/api/v1{path}")).header("origin", PAGE);
        let request = request.header("access-control-request-method", "POST");
        user.send(request.header("content-type", "application/json"), body.to_string()).await
    };
    for path in
        ["/vault/sessions", "/vault/tokens", "/vault/tokens/x", "/vault/tokenize", "/vault/detokenize"]
    {
        let answer = ask(&app.nobody(), (Method::OPTIONS, path), Value::Null).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert!(answer.header("access-control-allow-headers").contains("authorization"), "{path}");
        assert!(answer.header("access-control-allow-methods").contains("PATCH"), "{path}");
    }
    for (key, shown) in [(&public[..], "*"), (&private, ""), (full.token(), "")] {
        let user = app.bearing(key);
        for (method, path, body) in [
            (Method::POST, "/vault/tokens", json!({ "type": "token", "data": HUSH })),
            (Method::GET, "/vault/tokens/none", Value::Null),
            (Method::POST, "/vault/sessions", Value::Null),
            (Method::POST, "/vault/detokenize", json!({ "document": "{{ none }}" })),
        ] {
            let answer = ask(&user, (method, path), body).await;
            assert_eq!(answer.header("access-control-allow-origin"), shown, "{path}");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
    // Nothing else of this API is for them.
    let answer = ask(&app.nobody(), (Method::OPTIONS, "/applications"), Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (405, ""));
    let answer = ask(&app.nobody(), (Method::PUT, "/vault/tokens"), Value::Null).await;
    answer.refused(405, "method_not_allowed");
}
