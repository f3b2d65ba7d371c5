//! `POST /auth/users/register`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use super::{ADA, Pool, refused, text};
use crate::harness::{PASSWORD, TestApp, claims};

on_each_database![
    somebody_registers_and_is_signed_in,
    an_address_is_registered_once,
    what_is_wrong_is_told_at_once,
    the_history_tells_and_names_nobody,
];

async fn somebody_registers_and_is_signed_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let body = json!({
        "email": "Ada@Example.com", "password": PASSWORD, "name": "Ada", "metadata": { "plan": "pro", "n": null },
        "unknown": 1,
    });
    let made = pool.live().post("/users/register", body).await.created();
    let user = json!({
        "id": made["user"]["id"], "email": "Ada@Example.com", "email_verified": false, "name": "Ada",
        "metadata": { "plan": "pro" }, "status": "active", "last_login_at": null, "created_at": app.now(),
        "updated_at": app.now(),
    });
    assert_eq!(made["user"], user);
    let tokens = &made["tokens"];
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let claims = claims(text(&tokens["access_token"]));
    assert_eq!((&claims["sub"], &claims["environment"]), (&user["id"], &json!("live")));
    assert_eq!((&claims["amr"], &claims["client_id"]), (&json!(["pwd"]), &json!(pool.live.public)));
    let me = pool.live().bearing(text(&tokens["access_token"])).get("/users/me").await.data();
    let mut expected = user.clone();
    expected["last_login_at"] = json!(app.now());
    assert_eq!(me, expected);
    let userinfo = app.bearing(text(&tokens["access_token"]));
    let told = userinfo.send(userinfo.request(Method::GET, "/oauth2/userinfo"), "").await.ok();
    assert_eq!((&told["sub"], &told["email"], &told["name"]), (&user["id"], &user["email"], &user["name"]));
    let listed = app.full().await.get(&format!("/applications/{}/users", pool.id)).await.ok();
    assert_eq!(listed["data"][0]["id"], user["id"]);
}

async fn an_address_is_registered_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    app.full().await.person(ADA).await;
    let (first, _) = pool.live().register(ADA).await;
    let again = json!({ "email": "ADA@example.com", "password": PASSWORD });
    let details = refused(pool.live().post("/users/register", again.clone()).await, 409, "email_taken");
    assert_eq!(details["email"]["code"], "email_taken");
    let (other, _) = pool.test().register(ADA).await;
    assert_ne!(first["id"], other["id"], "test is not live, and neither is the tenant's");
    let elsewhere = Pool::with(&app, json!({ "user_pool": "application", "name": "Another" })).await;
    elsewhere.live().register(ADA).await;
}

async fn what_is_wrong_is_told_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    for (body, fields) in [
        (json!({}), &["email", "password"][..]),
        (json!({ "email": "ada", "password": "short", "name": "" }), &["email", "name", "password"]),
        (json!({ "email": ADA, "password": 7, "metadata": [] }), &["metadata", "password"]),
    ] {
        let details = refused(pool.live().post("/users/register", body).await, 400, "validation_error");
        let told: Vec<&str> = details.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(told, fields);
    }
    let request =
        pool.live().request(Method::POST, "/users/register").header("content-type", "application/json");
    refused(pool.live().send(request, "{").await, 400, "invalid_json");
    let listed = app.full().await.get(&format!("/applications/{}/users", pool.id)).await.ok();
    assert_eq!(listed["data"], json!([]));
}

async fn the_history_tells_and_names_nobody(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (user, _) = pool.live().register(ADA).await;
    let full = app.full().await;
    for action in ["user.created", "user.signed_in", "session.started"] {
        let entry = full.get(&format!("/audit?action={action}")).await.ok()["data"][0].take();
        assert_eq!(entry["application_id"], pool.id.as_str(), "{entry}");
        assert!(
            entry.to_string().contains(text(&user["id"])) && !entry.to_string().contains("ada@"),
            "{entry}"
        );
    }
}
