//! `/auth/magic-link`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use super::{ADA, Pool, refused, text, token_of};
use crate::harness::{REDIRECT_URI, TestApp, claims};

on_each_database![
    a_link_signs_in_once,
    a_link_is_good_for_a_quarter_of_an_hour_and_where_it_was_made,
    without_a_redirect_uri_there_is_no_link,
];

async fn a_link_signs_in_once(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    let (user, _) = pool.live().register(ADA).await;
    pool.live().post("/magic-link/send", json!({ "email": ADA })).await.data();
    app.goes_on().await;
    let link = letters.take_address_of_link(ADA);
    assert!(link.starts_with(&format!("{REDIRECT_URI}?token=ml_")), "{link}");
    let token = json!({ "token": token_of(&link) });
    let made = pool.live().post("/magic-link/verify", token.clone()).await.data();
    assert_eq!((&made["user"]["id"], &made["user"]["email_verified"]), (&user["id"], &json!(true)));
    let access = text(&made["tokens"]["access_token"]);
    assert_eq!(claims(access)["amr"], json!(["otp"]));
    assert!(pool.live().knows(&made["tokens"]["access_token"]).await);
    refused(pool.live().post("/magic-link/verify", token).await, 400, "invalid_or_expired_token");
    let entry = app.full().await.entries("user.signed_in").await[0].1.clone();
    assert_eq!(entry["methods"], json!(["otp"]));
}

async fn a_link_is_good_for_a_quarter_of_an_hour_and_where_it_was_made(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    let (user, _) = pool.live().register(ADA).await;
    pool.live().post("/magic-link/send", json!({ "email": ADA })).await.data();
    app.goes_on().await;
    let link = letters.take_address_of_link(ADA);
    let token = json!({ "token": token_of(&link) });
    refused(pool.test().post("/magic-link/verify", token.clone()).await, 400, "invalid_or_expired_token");
    let new_password = json!({ "token": token_of(&link), "new_password": "another long password" });
    refused(pool.live().post("/reset-password", new_password).await, 400, "invalid_or_expired_token");
    app.clock.advance_micros(15 * 60_000_000);
    refused(pool.live().post("/magic-link/verify", token).await, 400, "invalid_or_expired_token");
    app.clock.advance_micros(60_000_000);
    pool.live().post("/magic-link/send", json!({ "email": ADA })).await.data();
    app.goes_on().await;
    let path = format!("/applications/{}/users/{}", pool.id, text(&user["id"]));
    app.full().await.patch(&path, json!({ "status": "suspended" })).await.ok();
    let token = json!({ "token": token_of(&letters.take_address_of_link(ADA)) });
    refused(pool.live().post("/magic-link/verify", token).await, 400, "invalid_or_expired_token");
}

async fn without_a_redirect_uri_there_is_no_link(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::with(&app, json!({ "user_pool": "application" })).await;
    pool.live().register(ADA).await;
    let details =
        refused(pool.live().post("/magic-link/send", json!({ "email": ADA })).await, 400, "validation_error");
    assert!(details["redirect_url"].is_object(), "{details}");
    app.goes_on().await;
    assert!(letters.take_addresses().is_empty());
}
