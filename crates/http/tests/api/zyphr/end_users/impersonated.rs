//! Somebody who administers acts as an end user.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use super::{ADA, Pool, refused, text};
use crate::harness::{PASSWORD, TestApp, claims};

on_each_database![
    an_end_user_is_acted_as_in_their_environment,
    whoever_acts_as_an_end_user_is_named_and_bound
];

async fn an_end_user_is_acted_as_in_their_environment(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let owner = app.owner().await;
    let path = format!("/applications/{}/impersonations", pool.id);
    for (mode, asker, other) in [("live", pool.live(), pool.test()), ("test", pool.test(), pool.live())] {
        let (ada, _) = asker.register(ADA).await;
        let body = json!({ "user_id": ada["id"], "reason": "Ticket 4711" });
        let started = owner.post(&path, body).await.created();
        let token = &started["access_token"];
        let said = claims(text(token));
        assert_eq!((&said["environment"], &said["sub"]), (&json!(mode), &ada["id"]));
        assert_eq!(said["act"]["sub"], started["operator_id"]);
        assert_eq!(asker.bearing(text(token)).get("/users/me").await.data()["id"], ada["id"]);
        assert!(!other.knows(token).await, "{mode}: the other environment's keys");
        owner.delete(&format!("{path}/{}", text(&started["id"]))).await.with(204);
        assert!(!asker.knows(token).await, "{mode}: it is over");
    }
}

async fn whoever_acts_as_an_end_user_is_named_and_bound(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = Pool::new(&app).await;
    let (owner, full) = (app.owner().await, app.full().await);
    let (ada, _) = pool.live().register(ADA).await;
    let body = json!({ "user_id": ada["id"], "reason": "Ticket 4711" });
    let started = owner.post(&format!("/applications/{}/impersonations", pool.id), body).await.created();
    let acting = pool.live().bearing(text(&started["access_token"]));
    refused(acting.delete("/users/me").await, 403, "impersonation_forbids");
    refused(acting.post("/verify-email/send", json!({})).await, 403, "impersonation_forbids");
    let passwords = json!({ "current_password": PASSWORD, "new_password": "a password of somebody else" });
    refused(acting.post("/users/me/password", passwords).await, 403, "impersonation_forbids");
    acting.patch("/users/me", json!({ "name": "Ada" })).await.data();
    let listed = full.get("/audit?action=user.updated").await.ok();
    let entry = &listed["data"][0];
    assert_eq!(entry["actor"], json!({ "kind": "operator", "id": started["operator_id"] }));
    assert_eq!(
        (&entry["after"]["user_id"], &entry["after"]["impersonation_id"]),
        (&ada["id"], &started["id"])
    );
    assert_eq!(pool.live().log_in(ADA, PASSWORD).await.status, 200, "Ada is still there");
}
