//! Live and test never mix: every call with the other environment's keys.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{ADA, Asker, Pool, refused, text, token_of};
use crate::harness::{PASSWORD, TestApp};

on_each_database![
    nothing_of_live_is_good_in_test_nor_the_other_way_round,
    nothing_of_one_application_is_good_at_another,
];

/// Tries everything that `theirs` has with the keys of `others`.
async fn nothing_is_good(theirs: &Asker<'_>, others: &Asker<'_>, (tokens, links): (&Value, [&str; 3])) {
    let bearing = others.bearing(text(&tokens["access_token"]));
    for (method, path) in [
        (Method::GET, "/users/me"),
        (Method::PATCH, "/users/me"),
        (Method::DELETE, "/users/me"),
        (Method::GET, "/users/me/oauth-connections"),
        (Method::DELETE, "/users/me/oauth-connections/google"),
        (Method::POST, "/users/logout"),
        (Method::GET, "/sessions"),
        (Method::DELETE, "/sessions/ses_00000000000000000000000000"),
        (Method::POST, "/verify-email/send"),
        (Method::POST, "/verify-email/resend"),
    ] {
        let request = bearing.request(method.clone(), path).header("content-type", "application/json");
        refused(bearing.send(request, "{}").await, 401, "unauthorized");
    }
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    refused(others.post("/sessions/refresh", refresh.clone()).await, 401, "unauthorized");
    assert_eq!(others.post("/sessions/revoke", refresh).await.status, 204);
    let [reset, verify, sign_in] = links;
    let valid = others.post("/validate-reset-token", json!({ "token": reset })).await.data();
    assert_eq!(valid["valid"], false);
    let body = json!({ "token": reset, "new_password": "somebody else's password" });
    refused(others.post("/reset-password", body).await, 400, "invalid_or_expired_token");
    let body = json!({ "token": verify });
    refused(others.post("/verify-email/confirm", body).await, 400, "invalid_or_expired_token");
    let body = json!({ "token": sign_in });
    refused(others.post("/magic-link/verify", body).await, 400, "invalid_or_expired_token");
    refused(others.log_in(ADA, PASSWORD).await, 401, "invalid_credentials");
    others.post("/forgot-password", json!({ "email": ADA })).await.data();
    others.post("/magic-link/send", json!({ "email": ADA })).await.data();
    assert!(theirs.knows(&tokens["access_token"]).await, "and all of it is good still");
}

/// Somebody with a link of each kind, and nobody at the others' who has their
/// address.
async fn tried(theirs: &Asker<'_>, others: &Asker<'_>, letters: &crate::harness::Letterbox) {
    let (_, tokens) = theirs.register(ADA).await;
    let app = theirs.app;
    theirs.post("/forgot-password", json!({ "email": ADA })).await.data();
    app.goes_on().await;
    let reset = letters.take_address_of_link(ADA);
    theirs.bearing(text(&tokens["access_token"])).act("/verify-email/send").await.data();
    let verify = letters.take_address_of_link(ADA);
    theirs.post("/magic-link/send", json!({ "email": ADA })).await.data();
    app.goes_on().await;
    let sign_in = letters.take_address_of_link(ADA);
    let links = [&reset, &verify, &sign_in].map(|link| token_of(link));
    nothing_is_good(theirs, others, (&tokens, links)).await;
    app.goes_on().await;
    assert!(letters.take_addresses().is_empty(), "nobody there has the address");
    theirs.post("/magic-link/verify", json!({ "token": links[2] })).await.data();
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    theirs.post("/sessions/refresh", refresh).await.data();
}

async fn nothing_of_live_is_good_in_test_nor_the_other_way_round(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = Pool::new(&app).await;
    tried(&pool.live(), &pool.test(), &letters).await;
    let pool = Pool::with(
        &app,
        json!({ "user_pool": "application", "name": "Another", "redirect_uris": [crate::harness::REDIRECT_URI] }),
    )
    .await;
    tried(&pool.test(), &pool.live(), &letters).await;
}

async fn nothing_of_one_application_is_good_at_another(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let body = json!({
        "user_pool": "application", "name": "Another", "redirect_uris": [crate::harness::REDIRECT_URI],
    });
    let (pool, other) = (Pool::new(&app).await, Pool::with(&app, body).await);
    tried(&pool.live(), &other.live(), &letters).await;
}
