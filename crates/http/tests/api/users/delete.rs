//! `DELETE /api/v1/users/{user_id}`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    nothing_is_left_of_a_deleted_user,
    a_delete_can_be_based_on_a_version,
    deleting_needs_the_scope_users_write,
];

async fn nothing_is_left_of_a_deleted_user(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let application = full.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned();
    let (user, group) = (full.user("ada@example.com").await, full.group("Accounting").await);
    let path = format!("/users/{user}");
    let member = format!("/groups/{group}/members");
    let assigned = format!("/applications/{application}/assignments");
    for made in [format!("{member}/{user}"), format!("{assigned}/{user}")] {
        assert_eq!(full.put(&made).await.status, 204, "{made}");
    }
    let answer = full.delete(&path).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null));
    let told = json!({ "user_id": user });
    assert_eq!(full.last_entry().await, ("user.deleted".to_owned(), told, Value::Null));
    full.get(&path).await.refused(404, "user_not_found");
    full.delete(&path).await.refused(404, "user_not_found");
    full.patch(&path, json!({ "name": "b" })).await.refused(404, "user_not_found");
    full.put(&format!("{member}/{user}")).await.refused(404, "user_not_found");
    for list in ["/users".to_owned(), member, assigned] {
        assert_eq!(full.get(&list).await.ok()["data"], json!([]), "{list}");
    }
    // The address is free again, the id is not.
    assert_ne!(full.user("ada@example.com").await, user);
}

async fn a_delete_can_be_based_on_a_version(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/users/{}", full.user("ada@example.com").await);
    full.patch(&path, json!({ "name": "Ada" })).await.ok();
    full.delete_if(&path, "\"1\"").await.refused(412, "precondition_failed");
    assert_eq!(full.get(&path).await.status, 200);
    assert_eq!(full.delete_if(&path, "\"2\"").await.status, 204);
}

async fn deleting_needs_the_scope_users_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let path = format!("/users/{}", app.full().await.user("ada@example.com").await);
    let reader = app.with("users:read groups:write").await;
    reader.delete(&path).await.refused(403, "insufficient_scope");
    assert_eq!(reader.get(&path).await.status, 200);
}
