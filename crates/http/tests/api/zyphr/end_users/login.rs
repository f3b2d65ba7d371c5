//! `POST /auth/users/login`

use std::time::Duration;

use appkeep_service::Rate;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use super::{ADA, Pool, refused, text};
use crate::harness::{PASSWORD, TestApp, claims};

on_each_database![
    whoever_has_the_password_logs_in,
    an_unknown_name_and_a_wrong_password_are_one_answer,
    whoever_failed_too_often_is_let_alone,
    nobody_is_let_alone_for_where_the_application_is,
    a_suspended_account_is_told_so_to_whoever_has_the_password,
    an_application_that_is_disabled_lets_nobody_in,
];

async fn whoever_has_the_password_logs_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (user, first) = pool.live().register(ADA).await;
    app.clock.advance_micros(5_000_000);
    let made = pool.live().log_in(" Ada@EXAMPLE.com ", PASSWORD).await.data();
    assert_eq!(made["user"]["id"], user["id"]);
    let [one, other] = [&first, &made["tokens"]].map(|tokens| claims(text(&tokens["access_token"])));
    assert_eq!((&one["sub"], &one["aud"]), (&other["sub"], &other["aud"]));
    assert_ne!(one["sid"], other["sid"], "each login is a session of its own");
    let me = pool.live().bearing(text(&made["tokens"]["access_token"])).get("/users/me").await.data();
    assert_eq!(me["last_login_at"], app.now());
    assert!(pool.live().knows(&first["access_token"]).await, "the one before goes on");
    let id_token = claims(text(&made["tokens"]["id_token"]));
    assert_eq!((&id_token["aud"], &id_token["email"]), (&json!(pool.live.public), &json!(ADA)));
}

async fn an_unknown_name_and_a_wrong_password_are_one_answer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    app.full().await.person("eve@example.com").await;
    pool.live().register(ADA).await;
    let mut told = Vec::new();
    for (email, password) in [(ADA, "wrong"), ("nobody@example.com", PASSWORD), ("eve@example.com", PASSWORD)]
    {
        let mut answer = pool.live().log_in(email, password).await;
        told.push(answer.body["error"].take());
        assert_eq!(answer.status, 401);
    }
    assert_eq!(told[0]["code"], "invalid_credentials");
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    let details = refused(pool.live().post("/users/login", json!({})).await, 400, "validation_error");
    assert!(details["email"].is_object() && details["password"].is_object(), "{details}");
}

async fn whoever_failed_too_often_is_let_alone(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    pool.live().register(ADA).await;
    pool.test().register(ADA).await;
    let mut failed = 0;
    while pool.live().log_in(ADA, "wrong").await.status == 401 {
        failed += 1;
        assert!(failed < 10, "nobody is let alone");
    }
    assert_eq!(failed, 6, "five are free, and the sixth locks");
    let answer = pool.live().log_in(ADA, PASSWORD).await;
    let wait: u32 = answer.header("retry-after").parse().expect("seconds");
    assert_eq!(refused(answer, 403, "account_locked"), json!({ "retry_after": wait }));
    pool.test().log_in(ADA, PASSWORD).await.data();
    app.clock.advance_micros(i64::from(wait) * 1_000_000);
    pool.live().log_in(ADA, PASSWORD).await.data();
}

async fn nobody_is_let_alone_for_where_the_application_is(database: TestDatabase) {
    let rate = Rate { times: 2, per: Duration::from_hours(1) };
    let (app, letters) = TestApp::limited(&database, rate).await;
    let pool = Pool::new(&app).await;
    pool.live().register(ADA).await;
    app.full()
        .await
        .patch(&format!("/applications/{}/directory", pool.id), json!({ "free_failures": 1 }))
        .await
        .ok();
    for number in 0..25 {
        let nobody = format!("nobody{number}@example.com");
        refused(pool.live().log_in(&nobody, "wrong").await, 401, "invalid_credentials");
        pool.live().post("/forgot-password", json!({ "email": nobody })).await.data();
    }
    pool.live().log_in(ADA, PASSWORD).await.data();
    app.goes_on().await;
    assert!(letters.take_addresses().is_empty());
}

async fn a_suspended_account_is_told_so_to_whoever_has_the_password(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (user, tokens) = pool.live().register(ADA).await;
    app.clock.advance_micros(1_000_000);
    let path = format!("/applications/{}/users/{}", pool.id, text(&user["id"]));
    app.full().await.patch(&path, json!({ "status": "suspended" })).await.ok();
    refused(pool.live().log_in(ADA, PASSWORD).await, 403, "account_suspended");
    refused(pool.live().log_in(ADA, "wrong").await, 401, "invalid_credentials");
    assert!(!pool.live().knows(&tokens["access_token"]).await);
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    refused(pool.live().post("/sessions/refresh", refresh).await, 401, "unauthorized");
}

async fn an_application_that_is_disabled_lets_nobody_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (_, tokens) = pool.live().register(ADA).await;
    let full = app.full().await;
    full.act(&format!("/applications/{}/disable", pool.id)).await.ok();
    refused(pool.live().log_in(ADA, PASSWORD).await, 403, "forbidden");
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    refused(pool.live().post("/sessions/refresh", refresh).await, 403, "forbidden");
    full.act(&format!("/applications/{}/enable", pool.id)).await.ok();
    pool.live().log_in(ADA, PASSWORD).await.data();
}
