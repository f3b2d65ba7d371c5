//! `/auth/password-requirements`, and a new password for whoever forgot theirs.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use super::{ADA, Pool, refused, text, token_of};
use crate::harness::{PASSWORD, REDIRECT_URI, TestApp};

on_each_database![
    anybody_may_know_what_passwords_have_to_be,
    a_forgotten_password_is_replaced_by_mail,
    nobody_learns_who_has_an_account,
    a_link_leads_to_what_the_application_registered,
    a_token_is_good_once_and_for_an_hour,
    whoever_knows_their_password_changes_it,
];

const NEW: &str = "a new and longer password";

async fn anybody_may_know_what_passwords_have_to_be(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let path = format!("/applications/{}/directory?environment=test", pool.id);
    app.full().await.patch(&path, json!({ "min_password_length": 20 })).await.ok();
    for (asker, min_length) in [(pool.live(), 12), (pool.test(), 20)] {
        let told = asker.without_secret().get("/password-requirements").await.data();
        let requirements = json!({
            "min_length": min_length, "require_uppercase": false, "require_lowercase": false,
            "require_numbers": false, "require_special": false,
        });
        assert_eq!(told, json!({ "requirements": requirements }));
    }
    let short = json!({ "email": ADA, "password": PASSWORD });
    let details = refused(
        pool.test().post("/users/register", json!({ "email": ADA, "password": "only fifteen ch" })).await,
        400,
        "validation_error",
    );
    assert_eq!(details["password"]["code"], "password_too_weak");
    pool.test().post("/users/register", short).await.created();
}

async fn a_forgotten_password_is_replaced_by_mail(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    let (_, tokens) = pool.live().register(ADA).await;
    app.clock.advance_micros(1_000_000);
    let told = pool.live().post("/forgot-password", json!({ "email": ADA })).await.data();
    assert!(text(&told["message"]).contains("if there is an account"), "{told}");
    app.goes_on().await;
    let link = letters.take_link(ADA);
    assert!(link.starts_with("/reset-password?token="), "{link}");
    let token = token_of(&link);
    let valid = pool.live().post("/validate-reset-token", json!({ "token": token })).await.data();
    assert_eq!(valid, json!({ "valid": true, "email": ADA }));
    let weak = json!({ "token": token, "new_password": "short" });
    refused(pool.live().post("/reset-password", weak).await, 400, "validation_error");
    let body = json!({ "token": token, "new_password": NEW });
    pool.live().post("/reset-password", body.clone()).await.data();
    app.clock.advance_micros(1_000_000);
    assert!(!pool.live().knows(&tokens["access_token"]).await, "whoever was signed in is not any more");
    refused(pool.live().log_in(ADA, PASSWORD).await, 401, "invalid_credentials");
    let user = pool.live().log_in(ADA, NEW).await.data();
    assert_eq!(user["user"]["email_verified"], true, "mail has arrived there");
    refused(pool.live().post("/reset-password", body).await, 400, "invalid_or_expired_token");
    let valid = pool.live().post("/validate-reset-token", json!({ "token": token })).await.data();
    assert_eq!(valid, json!({ "valid": false, "email": null }));
}

async fn whoever_knows_their_password_changes_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (ada, tokens) = pool.live().register(ADA).await;
    let elsewhere = pool.live().log_in(ADA, PASSWORD).await.data();
    let path = "/users/me/password";
    let body = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let asking = pool.live().bearing(text(&tokens["access_token"]));
    for (asker, body, status, code) in [
        (pool.live().without_secret(), body(PASSWORD, NEW), 401, "unauthorized"),
        (pool.test().bearing(text(&tokens["access_token"])), body(PASSWORD, NEW), 401, "unauthorized"),
        (asking.clone(), body("another password", NEW), 401, "invalid_credentials"),
        (asking.clone(), body(PASSWORD, "short"), 400, "validation_error"),
        (asking.clone(), json!({ "new_password": NEW }), 400, "validation_error"),
    ] {
        refused(asker.post(path, body).await, status, code);
    }
    assert_eq!(pool.live().log_in(ADA, PASSWORD).await.status, 200, "nothing has changed");
    app.clock.advance_micros(1_000_000);
    asking.without_secret().post(path, body(PASSWORD, NEW)).await.with(204);
    app.clock.advance_micros(1_000_000);
    for tokens in [&tokens, &elsewhere["tokens"]] {
        assert!(!pool.live().knows(&tokens["access_token"]).await, "no session of before goes on");
    }
    refused(pool.live().log_in(ADA, PASSWORD).await, 401, "invalid_credentials");
    assert_eq!(pool.live().log_in(ADA, NEW).await.data()["user"]["id"], ada["id"]);
    let told = app.full().await.get("/audit?action=user.password_changed").await.ok();
    let entry = &told["data"][0];
    assert_eq!(entry["actor"], json!({ "kind": "user", "id": ada["id"] }), "{entry}");
    let asking = pool.live().log_in(ADA, NEW).await.data();
    let asking = pool.live().bearing(text(&asking["tokens"]["access_token"]));
    for _ in 0..10 {
        asking.post(path, body(PASSWORD, "yet another password")).await;
    }
    refused(asking.post(path, body(NEW, "yet another password")).await, 403, "account_locked");
}

async fn nobody_learns_who_has_an_account(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    pool.live().register(ADA).await;
    app.full().await.person("eve@example.com").await;
    let mut told = Vec::new();
    for path in ["/forgot-password", "/magic-link/send"] {
        for email in [ADA, "nobody@example.com", "eve@example.com"] {
            let mut answer = pool.live().post(path, json!({ "email": email })).await;
            assert_eq!(answer.status, 200);
            told.push(answer.body["data"].take());
        }
    }
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    app.goes_on().await;
    assert_eq!(letters.take_addresses(), [ADA, ADA]);
    refused(pool.live().post("/forgot-password", json!({ "email": "ada" })).await, 400, "validation_error");
}

async fn a_link_leads_to_what_the_application_registered(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::with(
        &app,
        json!({ "user_pool": "application", "redirect_uris": [REDIRECT_URI, "https://shop.example/reset?a=b"] }),
    )
    .await;
    pool.live().register(ADA).await;
    for path in ["/forgot-password", "/magic-link/send"] {
        let elsewhere = json!({ "email": ADA, "redirect_url": "https://evil.example/callback" });
        let details = refused(pool.live().post(path, elsewhere).await, 400, "validation_error");
        assert!(details["redirect_url"].is_object(), "{details}");
    }
    let body = json!({ "email": ADA, "redirect_url": "https://shop.example/reset?a=b" });
    pool.live().post("/forgot-password", body).await.data();
    app.goes_on().await;
    let link = letters.take_address_of_link(ADA);
    assert!(link.starts_with("https://shop.example/reset?a=b&token=ml_"), "{link}");
    let body = json!({ "token": token_of(&link), "new_password": NEW });
    pool.live().post("/reset-password", body).await.data();
}

async fn a_token_is_good_once_and_for_an_hour(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    pool.live().register(ADA).await;
    pool.live().post("/forgot-password", json!({ "email": ADA })).await.data();
    app.goes_on().await;
    let link = letters.take_link(ADA);
    let body = json!({ "token": token_of(&link), "new_password": NEW });
    let elsewhere = Pool::with(&app, json!({ "user_pool": "application", "name": "Another" })).await;
    refused(elsewhere.live().post("/reset-password", body.clone()).await, 400, "invalid_or_expired_token");
    app.clock.advance_micros(3_600_000_000);
    refused(pool.live().post("/reset-password", body).await, 400, "invalid_or_expired_token");
    pool.live().log_in(ADA, PASSWORD).await.data();
}
