//! Who lets an application's keys do something with tokens.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::access::{path_of, set};
use crate::harness::{TestApp, User};

on_each_database![
    nobody_lets_keys_do_what_their_token_does_not_open,
    nobody_makes_keys_for_what_they_may_not_do_themselves,
    roles_decide_what_keys_may_be_given,
];

const SCOPES: &str = "applications:read applications:write";

fn held(permission: &str) -> Value {
    json!({ "kind": "private", "permissions": [permission] })
}

fn ruled(transform: &str, permission: &str) -> Value {
    let rule = json!({
        "description": "", "priority": 1, "container": "/", "transform": transform,
        "permissions": [permission],
    });
    json!({ "kind": "private", "permissions": [], "rules": [rule] })
}

fn keys_of(access: &str) -> String {
    access.replace("/access", "/keys")
}

async fn nobody_lets_keys_do_what_their_token_does_not_open(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for (scopes, access, missing) in [
        ("", held("token:read"), "vault:read"),
        ("", ruled("redact", "token:search"), "vault:read"),
        ("", ruled("reveal", "token:read"), "vault:read"),
        ("", held("token:create"), "vault:write"),
        (" vault:read", held("token:read"), ""),
        (" vault:read", ruled("mask", "token:search"), ""),
        (" vault:read", ruled("reveal", "token:read"), "vault:reveal"),
        (" vault:read", ruled("redact", "token:use"), "vault:reveal"),
        (" vault:read", held("token:use"), "vault:reveal"),
        (" vault:read", held("token:delete"), "vault:write"),
        (" vault:write", held("token:create"), ""),
        (" vault:write", held("token:delete"), ""),
        (" vault:write", held("token:update"), "vault:read"),
        (" vault:write", ruled("reveal", "token:create"), "vault:reveal"),
        (" vault:read vault:reveal", ruled("reveal", "token:read"), ""),
        (" vault:read vault:reveal vault:write", ruled("reveal", "token:update"), ""),
    ] {
        let (user, path) = (app.with(&format!("{SCOPES}{scopes}")).await, path_of(&full, "m2m").await);
        let answer = set(&user, &path, access.clone()).await;
        if missing.is_empty() {
            answer.ok();
            user.act(&keys_of(&path)).await.created();
        } else {
            let challenge = answer.header("www-authenticate").to_owned();
            assert!(challenge.contains(&format!("scope=\"{missing}\"")), "{scopes} {access}: {challenge}");
            answer.refused(403, "insufficient_scope");
            assert_eq!(full.get(&path).await.ok(), json!({ "data": null }));
        }
    }
    // What is not about tokens needs none of these.
    let (writer, path) = (app.with(SCOPES).await, path_of(&full, "m2m").await);
    set(&writer, &path, json!({ "kind": "management", "permissions": ["application:read"] })).await.ok();
    writer.act(&keys_of(&path)).await.created();
}

async fn nobody_makes_keys_for_what_they_may_not_do_themselves(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = path_of(&full, "m2m").await;
    let revealing = ruled("reveal", "token:read");
    set(&full, &path, revealing.clone()).await.ok();
    let (writer, reader) = (app.with(SCOPES).await, app.with(&format!("{SCOPES} vault:read")).await);
    let before = database.dump().await;
    for user in [&writer, &reader] {
        user.act(&keys_of(&path)).await.refused(403, "insufficient_scope");
        // Nor is more made of what is there.
        let mut more = revealing.clone();
        more["permissions"] = json!(["token:read"]);
        set(user, &path, more).await.refused(403, "insufficient_scope");
    }
    assert_eq!(database.dump().await["credentials"], before["credentials"]);
    // They see why it may do what it may, and leave it as it is or take it back.
    let asked = json!({ "permission": "token:read", "container": "/" });
    assert_eq!(writer.post(&format!("{path}/explain"), asked).await.data()["transform"], "reveal");
    set(&writer, &path, revealing).await.ok();
    assert_eq!(database.dump().await["applications"], before["applications"]);
    writer.delete(&path).await.with(204);
    set(&reader, &path, ruled("mask", "token:read")).await.ok();
    writer.act(&keys_of(&path)).await.refused(403, "insufficient_scope");
    reader.act(&keys_of(&path)).await.created();
}

/// Whoever acts for a service account of this role.
async fn account<'a>(app: &'a TestApp, owner: &User<'_>, role: &str) -> User<'a> {
    let made = owner.post("/service-accounts", json!({ "name": role, "role": role })).await.created();
    let text = |member: &str| made[member].as_str().expect("text").to_owned();
    let answer = app.token(&text("id"), &text("client_secret"), "").await.ok();
    app.bearing(answer["access_token"].as_str().expect("a token"))
}

async fn roles_decide_what_keys_may_be_given(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner().await);
    let (masking, revealing) = (ruled("mask", "token:read"), ruled("reveal", "token:read"));
    let made = async |access: &Value| {
        let path = path_of(&full, "m2m").await;
        set(&full, &path, access.clone()).await.ok();
        keys_of(&path)
    };
    let (mask_keys, reveal_keys) = (made(&masking).await, made(&revealing).await);
    // An account makes an application of its own, and is none the wiser.
    for (role, refused) in [("admin", None), ("member", Some("forbidden"))] {
        let account = account(&app, &owner, role).await;
        let path = path_of(&account, "m2m").await;
        for access in [&revealing, &held("token:use"), &held("token:delete")] {
            let answer = set(&account, &path, access.clone()).await;
            match refused {
                Some(code) => drop(answer.refused(403, code)),
                None => drop(answer.ok()),
            }
        }
        set(&account, &path, masking.clone()).await.ok();
        account.act(&keys_of(&path)).await.created();
    }
    // Whoever rotates secrets makes keys, as far as they see the data themselves.
    let operator = app.runs("operator", "platform").await;
    operator.act(&reveal_keys).await.refused(403, "forbidden");
    operator.act(&mask_keys).await.created();
    app.runs("admin", "platform").await.act(&reveal_keys).await.created();
    owner.act(&reveal_keys).await.created();
}
