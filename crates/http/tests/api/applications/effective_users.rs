//! `/api/v1/applications/{application_id}/effective-users`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    each_user_is_told_once_with_every_way,
    who_is_taken_out_may_no_longer,
    effective_users_are_paged,
    an_application_without_people_has_none,
    they_need_the_scope_users_read,
];

async fn application(user: &User<'_>) -> String {
    user.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned()
}

async fn put(user: &User<'_>, paths: &[String]) {
    for path in paths {
        user.put(path).await.with(204);
    }
}

/// The id of each user, and the ways.
fn ways(listed: &Value) -> Value {
    let users = listed["data"].as_array().expect("a list").iter();
    users.map(|effective| json!([effective["user"]["id"], effective["paths"]])).collect()
}

async fn each_user_is_told_once_with_every_way(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/applications/{}", application(&full).await);
    let (ada, bob, eve) = (
        full.user("ada@example.com").await,
        full.user("bob@example.com").await,
        full.user("eve@example.com").await,
    );
    let (outer, inner, other) =
        (full.group("Outer").await, full.group("Inner").await, full.group("Other").await);
    put(
        &full,
        &[
            format!("/groups/{outer}/subgroups/{inner}"),
            format!("/groups/{inner}/members/{ada}"),
            format!("/groups/{inner}/members/{bob}"),
            format!("/groups/{other}/members/{eve}"),
            format!("{path}/assignments/{outer}"),
            format!("{path}/assignments/{inner}"),
            format!("{path}/assignments/{ada}"),
        ],
    )
    .await;
    full.patch(&format!("/users/{bob}"), json!({ "status": "suspended" })).await.ok();
    let listed = full.get(&format!("{path}/effective-users")).await.ok();
    let by_groups =
        [json!({ "type": "group", "groups": [inner] }), json!({ "type": "group", "groups": [outer, inner] })];
    let direct = json!({ "type": "direct", "groups": [] });
    assert_eq!(ways(&listed), json!([[ada, [direct, by_groups[0], by_groups[1]]], [bob, by_groups]]));
    let mut shown = full.get(&format!("/users/{bob}")).await.data();
    for only_there in ["password_changed_at", "mfa_enabled", "failed_sign_ins", "locked_until"] {
        shown.as_object_mut().expect("an object").remove(only_there);
    }
    assert_eq!(listed["data"][1]["user"], shown, "suspended, and told so");
}

async fn who_is_taken_out_may_no_longer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/applications/{}", application(&full).await);
    let (user, outer, inner) =
        (full.user("ada@example.com").await, full.group("Outer").await, full.group("Inner").await);
    let made = [
        format!("{path}/assignments/{outer}"),
        format!("/groups/{outer}/subgroups/{inner}"),
        format!("/groups/{inner}/members/{user}"),
    ];
    for link in &made {
        put(&full, &made).await;
        let listed = full.get(&format!("{path}/effective-users")).await.ok();
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
        full.delete(link).await.with(204);
        let listed = full.get(&format!("{path}/effective-users")).await.ok();
        assert_eq!(listed["data"], json!([]), "{link}");
    }
}

async fn effective_users_are_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/applications/{}", application(&full).await);
    let group = full.group("Accounting").await;
    put(&full, &[format!("{path}/assignments/{group}")]).await;
    let mut users = Vec::new();
    for number in 0..5 {
        let user = full.user(&format!("{number}@example.com")).await;
        put(&full, &[format!("/groups/{group}/members/{user}"), format!("{path}/assignments/{user}")]).await;
        users.push(user);
    }
    for limit in [1, 2, 3] {
        let listed = full.each(&format!("{path}/effective-users"), limit).await;
        let ids: Vec<_> = listed.iter().map(|one| one["user"]["id"].as_str().expect("an id")).collect();
        assert_eq!(ids, users);
    }
}

async fn an_application_without_people_has_none(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/applications/{}/effective-users", application(&full).await);
    assert_eq!(full.get(&path).await.ok()["data"], json!([]));
    full.user("ada@example.com").await;
    assert_eq!(full.get(&path).await.ok()["data"], json!([]));
    let theirs = app.neighbour().await.application;
    let strange = full.get(&format!("/applications/{theirs}/effective-users")).await;
    strange.refused(404, "app_not_found");
}

async fn they_need_the_scope_users_read(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let path = format!("/applications/{}/effective-users", application(&app.full().await).await);
    let others = app.with("applications:read applications:write groups:read users:write").await;
    others.get(&path).await.refused(403, "insufficient_scope");
    assert_eq!(app.with("users:read").await.get(&path).await.status, 200);
}
