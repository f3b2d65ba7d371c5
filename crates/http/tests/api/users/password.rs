//! `PUT` and `DELETE /api/v1/users/{user_id}/password`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestApp, User};

on_each_database![
    a_password_is_set_replaced_and_removed,
    it_is_kept_as_a_hash_and_told_nowhere,
    the_directory_decides_how_long_it_is,
    setting_one_needs_the_scope_users_write,
];

async fn set(user: &User<'_>, id: &str, password: &str) -> Answer {
    let path = format!("/api/v1/users/{id}/password");
    user.json(Method::PUT, &path, json!({ "password": password })).await
}

async fn a_password_is_set_replaced_and_removed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.user("ada@example.com").await;
    let path = format!("/users/{id}");
    let told = json!({ "user_id": id });
    for password in ["correct horse", "battery staple"] {
        app.clock.advance_micros(1_000_000);
        let answer = set(&full, &id, password).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        assert_eq!(full.get(&path).await.data()["password_changed_at"], app.now());
        let entry = ("user.password_set".to_owned(), Value::Null, told.clone());
        assert_eq!(full.last_entry().await, entry);
    }
    for _ in 0..2 {
        assert_eq!(full.delete(&format!("{path}/password")).await.status, 204);
        assert_eq!(full.get(&path).await.data()["password_changed_at"], Value::Null);
        let entry = ("user.password_removed".to_owned(), Value::Null, told.clone());
        assert_eq!(full.last_entry().await, entry);
    }
    let removed = full.get("/audit?action=user.password_removed").await.ok();
    assert_eq!(removed["data"].as_array().map(Vec::len), Some(1));
    let nobody = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
    set(&full, nobody, "correct horse").await.refused(404, "user_not_found");
    full.delete(&format!("/users/{nobody}/password")).await.refused(404, "user_not_found");
}

async fn it_is_kept_as_a_hash_and_told_nowhere(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.user("ada@example.com").await;
    set(&full, &id, "find this password").await.with(204);
    let dump = database.dump().await;
    assert!(dump["passwords"].join("").contains("$argon2id$"), "it is kept");
    for (table, rows) in &dump {
        assert!(!rows.join("\n").contains("find this password"), "{table}");
    }
    let wrong = full
        .json(Method::PUT, &format!("/api/v1/users/{id}/password"), json!({ "password": ["hush hush"] }))
        .await;
    assert!(!wrong.text.contains("hush"), "{}", wrong.text);
    wrong.refused_for(400, "invalid_request", &["password"]);
}

async fn the_directory_decides_how_long_it_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.user("ada@example.com").await;
    set(&full, &id, "12 is enough").await.with(204);
    set(&full, &id, "11 is short").await.refused_for(422, "password_too_weak", &["password"]);
    set(&full, &id, "").await.refused_for(422, "password_too_weak", &["password"]);
    set(&full, &id, &"x".repeat(1_025)).await.refused_for(422, "invalid_field", &["password"]);
    full.patch("/directory", json!({ "min_password_length": 20 })).await.ok();
    set(&full, &id, "12 is enough").await.refused_for(422, "password_too_weak", &["password"]);
    set(&full, &id, "twenty or more will do").await.with(204);
    let body = json!({ "password": "twenty or more will do", "hint": "x" });
    let more = full.json(Method::PUT, &format!("/api/v1/users/{id}/password"), body).await;
    more.refused_for(400, "invalid_request", &["hint"]);
}

async fn setting_one_needs_the_scope_users_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let id = app.full().await.user("ada@example.com").await;
    let reader = app.with("users:read groups:write tenant:write").await;
    set(&reader, &id, "correct horse").await.refused(403, "insufficient_scope");
    reader.delete(&format!("/users/{id}/password")).await.refused(403, "insufficient_scope");
}
