//! `/auth/users/me`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use super::{ADA, Pool, refused, text};
use crate::harness::{PASSWORD, TestApp};

on_each_database![
    somebody_changes_what_they_name_of_themselves,
    what_cannot_be_is_refused,
    whoever_goes_leaves_nothing,
];

async fn somebody_changes_what_they_name_of_themselves(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (before, tokens) = pool.live().register(ADA).await;
    let asker = pool.live().bearing(text(&tokens["access_token"]));
    app.clock.advance_micros(1_000_000);
    let body = json!({ "name": "Ada", "metadata": { "a": 1, "b": [2] }, "email": "other@example.com" });
    let changed = asker.patch("/users/me", body).await.data();
    assert_eq!((&changed["name"], &changed["metadata"]), (&json!("Ada"), &json!({ "a": 1, "b": [2] })));
    assert_eq!((&changed["email"], &changed["updated_at"]), (&before["email"], &json!(app.now())));
    let changed = asker.patch("/users/me", json!({ "name": null, "metadata": { "a": null } })).await.data();
    assert_eq!((&changed["name"], &changed["metadata"]), (&json!(null), &json!({ "b": [2] })));
    assert_eq!(asker.get("/users/me").await.data()["metadata"], json!({ "b": [2] }));
    let entries = app.full().await.entries("user.updated").await;
    assert_eq!(entries[0].1["fields"], json!(["name", "metadata"]));
    asker.patch("/users/me", json!({})).await.data();
    assert_eq!(app.full().await.entries("user.updated").await.len(), 2, "nothing changed, nothing is told");
}

async fn what_cannot_be_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (_, tokens) = pool.live().register(ADA).await;
    let asker = pool.live().bearing(text(&tokens["access_token"]));
    for body in [json!({ "name": "" }), json!({ "name": 1 }), json!({ "metadata": "x" })] {
        refused(asker.patch("/users/me", body).await, 400, "validation_error");
    }
    for asker in [pool.live(), pool.live().bearing("nonsense")] {
        refused(asker.get("/users/me").await, 401, "unauthorized");
        refused(asker.patch("/users/me", json!({ "name": "Eve" })).await, 401, "unauthorized");
        refused(asker.delete("/users/me").await, 401, "unauthorized");
        refused(asker.get("/sessions").await, 401, "unauthorized");
    }
    assert_eq!(asker.get("/users/me").await.data()["name"], json!(null));
}

async fn whoever_goes_leaves_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (user, tokens) = pool.live().register(ADA).await;
    let (other, _) = pool.test().register(ADA).await;
    let asker = pool.live().bearing(text(&tokens["access_token"]));
    assert_eq!(asker.delete("/users/me").await.status, 204);
    refused(asker.get("/users/me").await, 401, "unauthorized");
    refused(pool.live().log_in(ADA, PASSWORD).await, 401, "invalid_credentials");
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    refused(pool.live().post("/sessions/refresh", refresh).await, 401, "unauthorized");
    let full = app.full().await;
    let path = |mode: &str, id| format!("/applications/{}/users/{}?environment={mode}", pool.id, text(id));
    full.get(&path("live", &user["id"])).await.refused(404, "user_not_found");
    full.get(&path("test", &other["id"])).await.ok();
    assert_eq!(full.entries("user.deleted").await.len(), 1);
    let (again, _) = pool.live().register(ADA).await;
    assert_ne!(again["id"], user["id"]);
}
