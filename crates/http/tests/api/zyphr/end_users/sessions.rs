//! `/auth/sessions` and `POST /auth/users/logout`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{ADA, Pool, refused, text};
use crate::harness::{PASSWORD, TestApp, claims};

on_each_database![
    a_refresh_token_is_good_once,
    a_logout_ends_the_session_everywhere,
    a_revoked_refresh_token_takes_its_session_along,
    sessions_are_listed_and_ended_one_by_one,
];

fn refresh(tokens: &Value) -> Value {
    json!({ "refresh_token": tokens["refresh_token"] })
}

async fn a_refresh_token_is_good_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (user, first) = pool.live().register(ADA).await;
    app.clock.advance_micros(60_000_000);
    let second = pool.live().post("/sessions/refresh", refresh(&first)).await.data();
    assert_eq!(second["user"]["id"], user["id"]);
    let second = &second["tokens"];
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let [before, after] = [&first, second].map(|tokens| claims(text(&tokens["access_token"])));
    assert_eq!((&before["sid"], &before["environment"]), (&after["sid"], &after["environment"]));
    assert!(pool.live().knows(&second["access_token"]).await);
    app.clock.advance_micros(60_000_000);
    // Somebody has what was replaced: nothing of the family is good any more.
    refused(pool.live().post("/sessions/refresh", refresh(&first)).await, 401, "unauthorized");
    refused(pool.live().post("/sessions/refresh", refresh(second)).await, 401, "unauthorized");
    assert!(!pool.live().knows(&second["access_token"]).await);
    let none = json!({ "refresh_token": "nonsense" });
    refused(pool.live().post("/sessions/refresh", none).await, 401, "unauthorized");
    refused(pool.live().post("/sessions/refresh", json!({})).await, 400, "validation_error");
}

async fn a_logout_ends_the_session_everywhere(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (_, tokens) = pool.live().register(ADA).await;
    let other = pool.live().log_in(ADA, PASSWORD).await.data();
    let asker = pool.live().bearing(text(&tokens["access_token"]));
    assert_eq!(asker.act("/users/logout").await.status, 204);
    refused(asker.get("/users/me").await, 401, "unauthorized");
    refused(asker.act("/users/logout").await, 401, "unauthorized");
    let userinfo = app.bearing(text(&tokens["access_token"]));
    let answer = userinfo.send(userinfo.request(Method::GET, "/oauth2/userinfo"), "").await;
    assert_eq!(answer.status, 401);
    refused(pool.live().post("/sessions/refresh", refresh(&tokens)).await, 401, "unauthorized");
    assert!(pool.live().knows(&other["tokens"]["access_token"]).await, "no other session ends");
}

async fn a_revoked_refresh_token_takes_its_session_along(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (_, tokens) = pool.live().register(ADA).await;
    assert_eq!(pool.test().post("/sessions/revoke", refresh(&tokens)).await.status, 204);
    assert!(pool.live().knows(&tokens["access_token"]).await, "it is none of test's");
    for _ in 0..2 {
        assert_eq!(pool.live().post("/sessions/revoke", refresh(&tokens)).await.status, 204);
        assert!(!pool.live().knows(&tokens["access_token"]).await);
    }
    refused(pool.live().post("/sessions/refresh", refresh(&tokens)).await, 401, "unauthorized");
    let ended = app.full().await.entries("session.ended").await;
    assert_eq!(ended.len(), 1);
}

async fn sessions_are_listed_and_ended_one_by_one(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (_, tokens) = pool.live().register(ADA).await;
    app.clock.advance_micros(1_000_000);
    let other = pool.live().log_in(ADA, PASSWORD).await.data();
    let stranger = pool.live().register("eve@example.com").await;
    let asker = pool.live().bearing(text(&tokens["access_token"]));
    let listed = asker.get("/sessions").await.data();
    let sid = |tokens: &Value| claims(text(&tokens["access_token"]))["sid"].clone();
    let shown: Vec<_> =
        listed.as_array().expect("a list").iter().map(|one| (&one["id"], &one["current"])).collect();
    let expected = [(sid(&other["tokens"]), json!(false)), (sid(&tokens), json!(true))];
    assert_eq!(shown, expected.iter().map(|(id, current)| (id, current)).collect::<Vec<_>>());
    assert_eq!(listed[0]["ip_address"], "203.0.113.7");
    let path = |id: &Value| format!("/sessions/{}", text(id));
    refused(asker.delete(&path(&sid(&stranger.1))).await, 404, "session_not_found");
    refused(asker.delete("/sessions/nonsense").await, 404, "session_not_found");
    assert_eq!(asker.delete(&path(&sid(&other["tokens"]))).await.status, 204);
    refused(asker.delete(&path(&sid(&other["tokens"]))).await, 404, "session_not_found");
    assert!(!pool.live().knows(&other["tokens"]["access_token"]).await);
    assert_eq!(asker.get("/sessions").await.data().as_array().expect("a list").len(), 1);
    assert!(pool.live().knows(&stranger.1["access_token"]).await);
}
