//! `/auth/verify-email`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use super::{ADA, Pool, refused, text, token_of};
use crate::harness::{REDIRECT_URI, TestApp};

on_each_database![
    an_address_is_verified_by_mail,
    a_verification_leads_to_what_the_application_registered,
    nobody_is_written_to_again_and_again,
];

async fn an_address_is_verified_by_mail(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    let (_, tokens) = pool.live().register(ADA).await;
    let asker = pool.live().bearing(text(&tokens["access_token"]));
    refused(pool.live().act("/verify-email/send").await, 401, "unauthorized");
    asker.act("/verify-email/send").await.data();
    let link = letters.take_link(ADA);
    assert!(link.starts_with("/verify-address?token="), "{link}");
    assert_eq!(asker.get("/users/me").await.data()["email_verified"], false);
    let token = json!({ "token": token_of(&link) });
    refused(pool.test().post("/verify-email/confirm", token.clone()).await, 400, "invalid_or_expired_token");
    let confirmed = pool.live().without_secret().post("/verify-email/confirm", token.clone()).await.data();
    assert_eq!(confirmed, json!({ "email_verified": true }));
    assert_eq!(asker.get("/users/me").await.data()["email_verified"], true);
    refused(asker.act("/verify-email/send").await, 400, "already_verified");
    refused(pool.live().post("/verify-email/confirm", token).await, 400, "invalid_or_expired_token");
    assert_eq!(app.full().await.entries("user.address_verified").await.len(), 1);
}

async fn a_verification_leads_to_what_the_application_registered(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    let (_, tokens) = pool.live().register(ADA).await;
    let asker = pool.live().bearing(text(&tokens["access_token"]));
    let elsewhere = json!({ "redirect_url": "https://evil.example" });
    refused(asker.post("/verify-email/send", elsewhere).await, 400, "validation_error");
    asker.post("/verify-email/send", json!({ "redirect_url": REDIRECT_URI })).await.data();
    let link = letters.take_address_of_link(ADA);
    assert!(link.starts_with(&format!("{REDIRECT_URI}?token=ml_")), "{link}");
}

async fn nobody_is_written_to_again_and_again(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    let (_, tokens) = pool.live().register(ADA).await;
    let asker = pool.live().bearing(text(&tokens["access_token"]));
    asker.act("/verify-email/send").await.data();
    let answer = asker.act("/verify-email/resend").await;
    assert_eq!(answer.header("retry-after"), "60");
    refused(answer, 429, "rate_limit_exceeded");
    letters.take_link(ADA);
    app.clock.advance_micros(60_000_000);
    asker.act("/verify-email/resend").await.data();
    letters.take_link(ADA);
}
