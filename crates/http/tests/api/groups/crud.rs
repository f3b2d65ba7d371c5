//! `/api/v1/groups` and `/api/v1/groups/{group_id}`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_group_is_made_read_changed_and_deleted,
    a_name_is_taken_once,
    what_cannot_be_is_refused,
    groups_are_listed_searched_and_paged,
    a_lost_update_is_refused,
    groups_need_their_own_scopes,
];

async fn a_group_is_made_read_changed_and_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let answer = full.post("/groups", json!({ "name": "Accounting", "description": "Pays\nbills" })).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let location = answer.header("location").to_owned();
    let created = answer.created();
    let id = created["id"].as_str().expect("an id");
    assert!(id.starts_with("grp_"), "{id}");
    let path = format!("/groups/{id}");
    assert_eq!(location, format!("/api/v1{path}"));
    let mut expected = json!({
        "id": id,
        "name": "Accounting",
        "description": "Pays\nbills",
        "created_at": app.now(),
        "updated_at": app.now(),
    });
    assert_eq!((created.clone(), full.get(&path).await.data()), (expected.clone(), expected.clone()));
    let told =
        |description: Value| json!({ "group_id": id, "name": "Accounting", "description": description });
    let first = told("Pays\nbills".into());
    assert_eq!(full.last_entry().await, ("group.created".to_owned(), Value::Null, first.clone()));
    app.clock.advance_micros(5_000_000);
    let answer = full.patch(&path, json!({ "description": null })).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    expected["description"] = Value::Null;
    expected["updated_at"] = app.now().into();
    assert_eq!((answer.data(), full.get(&path).await.data()), (expected.clone(), expected));
    let second = told(Value::Null);
    assert_eq!(full.last_entry().await, ("group.updated".to_owned(), first, second.clone()));
    assert_eq!(full.patch(&path, json!({ "name": "Accounting" })).await.header("etag"), "\"2\"");
    assert_eq!(full.delete(&path).await.with(204), Value::Null);
    assert_eq!(full.last_entry().await, ("group.deleted".to_owned(), second, Value::Null));
    full.get(&path).await.refused(404, "group_not_found");
    full.patch(&path, json!({})).await.refused(404, "group_not_found");
    full.delete(&path).await.refused(404, "group_not_found");
}

async fn a_name_is_taken_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    app.neighbour().await;
    full.group("Theirs").await;
    let accounting = full.group("Accounting").await;
    let sales = format!("/groups/{}", full.group("Sales").await);
    let before = database.dump().await;
    for name in ["Accounting", "ACCOUNTING"] {
        let body = json!({ "name": name });
        full.post("/groups", body.clone()).await.refused_for(409, "group_name_taken", &["name"]);
        full.patch(&sales, body).await.refused_for(409, "group_name_taken", &["name"]);
    }
    assert_eq!(database.dump().await, before);
    full.patch(&sales, json!({ "name": "SALES" })).await.ok();
    full.delete(&format!("/groups/{accounting}")).await.with(204);
    full.patch(&sales, json!({ "name": "accounting" })).await.ok();
}

async fn what_cannot_be_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let before = database.dump().await;
    let wrong = json!({ "name": " ", "description": "x".repeat(2_001) });
    full.post("/groups", wrong).await.refused_for(422, "invalid_field", &["description", "name"]);
    for (body, fields) in [
        (json!({}), vec!["name"]),
        (json!({ "name": null, "description": 1 }), vec!["description", "name"]),
        (json!({ "name": "a", "members": [] }), vec!["members"]),
    ] {
        full.post("/groups", body).await.refused_for(400, "invalid_request", &fields);
    }
    assert_eq!(database.dump().await, before, "not even the directory");
}

async fn groups_are_listed_searched_and_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    assert_eq!(full.get("/groups").await.ok()["data"], json!([]));
    for (name, description) in
        [("One", "numbers"), ("Two", "Numbers"), ("Three", "letters"), ("Größe", "100%")]
    {
        full.post("/groups", json!({ "name": name, "description": description })).await.created();
    }
    let names = |groups: Vec<Value>| {
        groups.iter().map(|group| group["name"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("", vec!["Größe", "Three", "Two", "One"]),
        ("?q=", vec!["Größe", "Three", "Two", "One"]),
        ("?q=NUMBER", vec!["Two", "One"]),
        ("?q=t", vec!["Three", "Two"]),
        ("?q=%25", vec!["Größe"]),
        ("?q=gr%C3%B6%C3%9Fe", vec!["Größe"]),
        ("?q=none", vec![]),
    ] {
        let found = full.get(&format!("/groups{query}")).await.ok();
        assert_eq!(names(found["data"].as_array().expect("a list").clone()), expected, "{query}");
    }
    assert_eq!(names(full.each("/groups", 2).await), ["Größe", "Three", "Two", "One"]);
    assert_eq!(names(full.each("/groups?q=number", 1).await), ["Two", "One"]);
    let long = format!("/groups?limit=0&q={}", "x".repeat(256));
    full.get(&long).await.refused_for(400, "invalid_request", &["limit", "q"]);
}

async fn a_lost_update_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/groups/{}", full.group("Accounting").await);
    assert_eq!(full.patch_if(&path, "\"1\"", json!({ "description": "first" })).await.status, 200);
    let second = full.patch_if(&path, "\"1\"", json!({ "description": "second" })).await;
    second.refused(412, "precondition_failed");
    full.delete_if(&path, "\"1\"").await.refused(412, "precondition_failed");
    assert_eq!(full.get(&path).await.data()["description"], "first");
    assert_eq!(full.delete_if(&path, "\"2\"").await.status, 204);
}

async fn groups_need_their_own_scopes(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let path = format!("/groups/{}", app.full().await.group("Accounting").await);
    let users = app.with("users:read users:write").await;
    users.get("/groups").await.refused(403, "insufficient_scope");
    users.get(&path).await.refused(403, "insufficient_scope");
    let reader = app.with("groups:read").await;
    assert_eq!(reader.get(&path).await.status, 200);
    reader.post("/groups", json!({ "name": "a" })).await.refused(403, "insufficient_scope");
    reader.patch(&path, json!({ "name": "a" })).await.refused(403, "insufficient_scope");
    reader.delete(&path).await.refused(403, "insufficient_scope");
}
