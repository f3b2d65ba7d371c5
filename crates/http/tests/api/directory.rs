//! `/api/v1/directory`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::TestApp;

on_each_database![
    the_directory_is_there_when_it_is_asked_for,
    its_policy_is_changed,
    a_setting_out_of_bounds_is_refused,
    a_lost_update_is_refused,
    it_needs_the_scopes_of_the_tenant,
];

async fn the_directory_is_there_when_it_is_asked_for(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let answer = full.get("/directory").await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let directory = answer.data();
    assert!(directory["id"].as_str().expect("an id").starts_with("dir_"));
    let policy =
        ["min_password_length", "free_failures", "longest_delay_s"].map(|member| directory[member].clone());
    assert_eq!(policy, [json!(12), json!(5), json!(900)]);
    full.user("ada@example.com").await;
    assert_eq!(full.get("/directory").await.data(), directory, "it is the same one");
}

async fn its_policy_is_changed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let patch = json!({ "min_password_length": 8, "free_failures": 100, "longest_delay_s": 30 });
    let answer = full.patch("/directory", patch.clone()).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    let changed = answer.data();
    for (member, value) in patch.as_object().expect("an object") {
        assert_eq!(changed[member], *value, "{member}");
    }
    assert_eq!(full.get("/directory").await.data(), changed);
    let before = json!({ "min_password_length": 12, "free_failures": 5, "longest_delay_s": 900 });
    assert_eq!(full.last_entry().await, ("directory.updated".to_owned(), before, patch.clone()));
    let unchanged = full.patch("/directory", patch).await;
    assert_eq!((unchanged.header("etag"), &unchanged.body["data"]), ("\"2\"", &changed));
    let history = full.get("/audit?action=directory.updated").await.ok();
    assert_eq!(history["data"].as_array().map(Vec::len), Some(1));
}

async fn a_setting_out_of_bounds_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let before = full.get("/directory").await.data();
    for (length, failures, delay) in [(7, 0, 29), (65, 101, 86_401), (-1, -1, -1)] {
        let patch =
            json!({ "min_password_length": length, "free_failures": failures, "longest_delay_s": delay });
        let fields = ["free_failures", "longest_delay_s", "min_password_length"];
        full.patch("/directory", patch).await.refused_for(422, "invalid_field", &fields);
    }
    for (patch, field) in [
        (json!({ "min_password_length": null }), "min_password_length"),
        (json!({ "longest_delay_s": "30" }), "longest_delay_s"),
        (json!({ "id": "dir_1" }), "id"),
    ] {
        full.patch("/directory", patch).await.refused_for(400, "invalid_request", &[field]);
    }
    assert_eq!(full.get("/directory").await.data(), before);
}

async fn a_lost_update_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    assert_eq!(full.patch_if("/directory", "\"1\"", json!({ "free_failures": 6 })).await.status, 200);
    let second = full.patch_if("/directory", "\"1\"", json!({ "free_failures": 7 })).await;
    second.refused(412, "precondition_failed");
    assert_eq!(full.get("/directory").await.data()["free_failures"], 6);
}

async fn it_needs_the_scopes_of_the_tenant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let users = app.with("users:read users:write").await;
    users.get("/directory").await.refused(403, "insufficient_scope");
    let reader = app.with("tenant:read").await;
    assert_eq!(reader.get("/directory").await.status, 200);
    reader.patch("/directory", json!({})).await.refused(403, "insufficient_scope");
}
