//! `PATCH /api/v1/users/{user_id}`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    what_is_named_changes_and_the_rest_stays,
    another_address_is_not_verified,
    members_of_metadata_are_merged_by_name,
    somebody_is_suspended_and_let_in_again,
    what_was_issued_is_refused_from_then_on,
    what_another_has_is_not_to_be_had,
    a_lost_update_is_refused,
    a_value_that_cannot_be_changes_nothing,
    changing_needs_the_scope_users_write,
];

async fn what_is_named_changes_and_the_rest_stays(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({ "email": "ada@example.com", "username": "countess", "name": "Ada", "locale": "en" });
    let before = full.post("/users", body).await.created();
    let path = format!("/users/{}", before["id"].as_str().expect("an id"));
    app.clock.advance_micros(5_000_000);
    let answer =
        full.patch(&path, json!({ "username": null, "phone": "+4930123456", "name": "Augusta" })).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    let changed = answer.data();
    let mut expected = before;
    expected["username"] = Value::Null;
    expected["phone"] = "+4930123456".into();
    expected["name"] = "Augusta".into();
    expected["updated_at"] = app.now().into();
    assert_eq!(changed, expected);
    assert_eq!(full.get(&path).await.data(), expected);
    let (action, before, after) = full.last_entry().await;
    let told =
        json!({ "user_id": expected["id"], "status": "active", "fields": ["username", "phone", "name"] });
    assert_eq!((action.as_str(), before, after), ("user.updated", told.clone(), told));
    for nothing in [json!({}), json!({ "name": "Augusta", "username": null })] {
        let unchanged = full.patch(&path, nothing).await;
        assert_eq!((unchanged.header("etag"), &unchanged.body["data"]), ("\"2\"", &expected));
    }
    assert_eq!(full.get("/audit?action=user.updated").await.ok()["data"].as_array().map(Vec::len), Some(1));
}

async fn another_address_is_not_verified(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({ "email": "ada@example.com", "email_verified": true });
    let id = full.post("/users", body).await.created()["id"].as_str().expect("an id").to_owned();
    let path = format!("/users/{id}");
    for (patch, email, verified) in [
        (json!({ "email": "ADA@example.com" }), "ADA@example.com", true),
        (json!({ "email": "new@example.com" }), "new@example.com", false),
        (json!({ "email_verified": true }), "new@example.com", true),
        (json!({ "email": "newer@example.com", "email_verified": true }), "newer@example.com", true),
        (json!({ "email_verified": false }), "newer@example.com", false),
    ] {
        full.patch(&path, patch).await.ok();
        let user = full.get(&path).await.data();
        assert_eq!((&user["email"], &user["email_verified"]), (&json!(email), &json!(verified)));
    }
    // The one before is free again.
    full.user("ada@example.com").await;
}

async fn members_of_metadata_are_merged_by_name(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({ "email": "ada@example.com", "metadata": { "a": { "deep": 1 }, "b": 2, "c": null } });
    let created = full.post("/users", body).await.created();
    assert_eq!(created["metadata"], json!({ "a": { "deep": 1 }, "b": 2 }));
    let path = format!("/users/{}", created["id"].as_str().expect("an id"));
    for (patch, metadata) in [
        (json!({ "metadata": { "b": null, "d": "é" } }), json!({ "a": { "deep": 1 }, "d": "é" })),
        (json!({ "metadata": { "a": { "other": [] } } }), json!({ "a": { "other": [] }, "d": "é" })),
        (json!({ "metadata": {} }), json!({ "a": { "other": [] }, "d": "é" })),
        (json!({ "custom_attributes": { "x": 1.5 } }), json!({ "a": { "other": [] }, "d": "é" })),
        (json!({ "metadata": null }), json!({})),
    ] {
        full.patch(&path, patch).await.ok();
        assert_eq!(full.get(&path).await.data()["metadata"], metadata);
    }
    assert_eq!(full.get(&path).await.data()["custom_attributes"], json!({ "x": 1.5 }));
}

async fn somebody_is_suspended_and_let_in_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.user("ada@example.com").await;
    let path = format!("/users/{id}");
    for (status, action) in
        [("suspended", "user.suspended"), ("active", "user.activated"), ("pending", "user.updated")]
    {
        let before = full.get(&path).await.data()["status"].take();
        full.patch(&path, json!({ "status": status })).await.ok();
        assert_eq!(full.get(&path).await.data()["status"], status);
        let told = |status: Value| json!({ "user_id": id, "status": status, "fields": ["status"] });
        assert_eq!(full.last_entry().await, (action.to_owned(), told(before), told(status.into())));
    }
}

async fn what_was_issued_is_refused_from_then_on(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/users/{}", full.user("ada@example.com").await);
    let password = format!("/api/v1{path}/password");
    let set = json!({ "password": "correct horse" });
    let is = |status: &str| json!({ "status": status });
    let url = format!("/api/v1{path}");
    for (method, url, body, revokes) in [
        (Method::PATCH, &url, json!({ "name": "Ada" }), false),
        (Method::PATCH, &url, is("suspended"), true),
        (Method::PATCH, &url, is("suspended"), false),
        (Method::PATCH, &url, is("active"), false),
        (Method::PATCH, &url, is("pending"), true),
        (Method::PUT, &password, set, true),
        (Method::DELETE, &password, json!({}), true),
        (Method::DELETE, &password, json!({}), false),
        (Method::DELETE, &url, json!({}), true),
    ] {
        app.clock.advance_micros(1_000_000);
        let before = database.dump().await["revocations"].clone();
        let answer = full.json(method.clone(), url, body.clone()).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        let after = database.dump().await["revocations"].clone();
        assert_eq!(before != after, revokes, "{method} {url} {body}");
    }
}

async fn what_another_has_is_not_to_be_had(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.post("/users", json!({ "email": "ada@example.com", "username": "ada" })).await.created();
    let path = format!("/users/{}", full.user("bob@example.com").await);
    let both = full.patch(&path, json!({ "email": "Ada@example.com", "username": "ADA" })).await;
    let expected = [("email", "email_taken"), ("username", "username_taken")];
    let expected = expected.map(|(field, code)| (field.to_owned(), code.to_owned()));
    assert_eq!(both.refused(409, "email_taken"), expected);
    // One's own is no clash.
    full.patch(&path, json!({ "email": "BOB@example.com", "username": "bob" })).await.ok();
    full.patch(&path, json!({ "username": "BOB" })).await.ok();
}

async fn a_lost_update_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/users/{}", full.user("ada@example.com").await);
    assert_eq!(full.patch_if(&path, "\"1\"", json!({ "name": "first" })).await.status, 200);
    full.patch_if(&path, "\"1\"", json!({ "name": "second" })).await.refused(412, "precondition_failed");
    assert_eq!(full.get(&path).await.data()["name"], "first");
    let wrong = full.patch_if(&path, "1", json!({})).await;
    wrong.refused_for(400, "invalid_request", &["If-Match"]);
}

async fn a_value_that_cannot_be_changes_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/users/{}", full.user("ada@example.com").await);
    let before = database.dump().await;
    let wrong = json!({ "email": "", "username": " ", "phone": "+1", "status": "gone", "name": "Ada" });
    full.patch(&path, wrong).await.refused_for(
        422,
        "invalid_field",
        &["email", "phone", "status", "username"],
    );
    full.patch(&path, json!({ "email": null })).await.refused_for(400, "invalid_request", &["email"]);
    full.patch(&path, json!({ "password": "x" })).await.refused_for(400, "invalid_request", &["password"]);
    assert_eq!(database.dump().await, before);
}

async fn changing_needs_the_scope_users_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let path = format!("/users/{}", app.full().await.user("ada@example.com").await);
    let reader = app.with("users:read").await;
    reader.patch(&path, json!({ "name": "b" })).await.refused(403, "insufficient_scope");
    assert_eq!(reader.get(&path).await.data()["name"], Value::Null);
}
