//! `/api/v1/applications/{application_id}/assignments`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    a_user_and_a_group_are_assigned_and_taken_back,
    an_assignment_is_made_once,
    who_is_not_there_is_not_assigned,
    assignments_are_paged,
    an_assignment_goes_with_what_it_is_about,
    assignments_need_the_scopes_of_users,
];

const NOBODY: &str = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
const NO_GROUP: &str = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
const NO_APPLICATION: &str = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD";

async fn application(user: &User<'_>) -> String {
    user.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned()
}

async fn a_user_and_a_group_are_assigned_and_taken_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = application(&full).await;
    let path = format!("/applications/{id}/assignments");
    assert_eq!(full.get(&path).await.ok()["data"], json!([]));
    let (user, group) = (full.user("ada@example.com").await, full.group("Accounting").await);
    let mut expected = Vec::new();
    for (kind, subject) in [("user", &user), ("group", &group)] {
        let answer = full.put(&format!("{path}/{subject}")).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        let told = json!({ format!("{kind}_id"): subject });
        assert_eq!(full.last_entry().await, ("application.assigned".to_owned(), Value::Null, told));
        // Groups come first.
        expected.insert(0, json!({ "type": kind, "id": subject, "assigned_at": app.now() }));
    }
    assert_eq!(full.get(&path).await.ok()["data"], json!(expected));
    let history = full.get(&format!("/audit?application={id}&action=application.assigned")).await.ok();
    assert_eq!(history["data"].as_array().map(Vec::len), Some(2));
    for (kind, subject) in [("user", &user), ("group", &group)] {
        full.delete(&format!("{path}/{subject}")).await.with(204);
        let told = json!({ format!("{kind}_id"): subject });
        assert_eq!(full.last_entry().await, ("application.unassigned".to_owned(), told, Value::Null));
        full.delete(&format!("{path}/{subject}")).await.refused(404, "assignment_not_found");
    }
    assert_eq!(full.get(&path).await.ok()["data"], json!([]));
}

async fn an_assignment_is_made_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/applications/{}/assignments", application(&full).await);
    let user = full.user("ada@example.com").await;
    full.put(&format!("{path}/{user}")).await.with(204);
    let before = database.dump().await;
    app.clock.advance_micros(5_000_000);
    full.put(&format!("{path}/{}", user.to_lowercase())).await.with(204);
    assert_eq!(database.dump().await, before);
}

async fn who_is_not_there_is_not_assigned(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = application(&full).await;
    let path = format!("/applications/{id}/assignments");
    // While there is no directory at all, and when there is one.
    full.put(&format!("{path}/{NOBODY}")).await.refused(404, "user_not_found");
    full.delete(&format!("{path}/{NOBODY}")).await.refused(404, "assignment_not_found");
    let user = full.user("ada@example.com").await;
    let theirs = app.neighbour().await;
    let bare = "019b1ae2-0000-7000-8000-000000000000";
    for (strange, code) in [
        (NOBODY, "user_not_found"),
        (&theirs.user, "user_not_found"),
        (NO_GROUP, "group_not_found"),
        (&theirs.group, "group_not_found"),
        ("garbage", "user_not_found"),
        (bare, "user_not_found"),
        (&id, "user_not_found"),
    ] {
        full.put(&format!("{path}/{strange}")).await.refused(404, code);
        full.delete(&format!("{path}/{strange}")).await.refused(404, "assignment_not_found");
    }
    for strange in [NO_APPLICATION, &theirs.application, "garbage"] {
        let path = format!("/applications/{strange}/assignments");
        full.get(&path).await.refused(404, "app_not_found");
        full.put(&format!("{path}/{user}")).await.refused(404, "app_not_found");
        full.delete(&format!("{path}/{user}")).await.refused(404, "app_not_found");
    }
    assert_eq!(full.get(&path).await.ok()["data"], json!([]));
}

async fn assignments_are_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/applications/{}/assignments", application(&full).await);
    let mut subjects = Vec::new();
    for number in 0..3 {
        subjects.push(full.group(&format!("Group {number}")).await);
    }
    for number in 0..2 {
        subjects.push(full.user(&format!("{number}@example.com")).await);
    }
    for subject in subjects.iter().rev() {
        full.put(&format!("{path}/{subject}")).await.with(204);
    }
    for limit in [1, 2, 3] {
        let listed = full.each(&path, limit).await;
        let ids: Vec<_> = listed.iter().map(|one| one["id"].as_str().expect("an id")).collect();
        assert_eq!(ids, subjects);
    }
}

async fn an_assignment_goes_with_what_it_is_about(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (one, other) = (application(&full).await, application(&full).await);
    let group = full.group("Accounting").await;
    for id in [&one, &other] {
        full.put(&format!("/applications/{id}/assignments/{group}")).await.with(204);
    }
    full.delete(&format!("/applications/{other}")).await.with(204);
    let left = full.get(&format!("/applications/{one}/assignments")).await.ok();
    assert_eq!(left["data"].as_array().map(Vec::len), Some(1));
    full.delete(&format!("/groups/{group}")).await.with(204);
    assert_eq!(full.get(&format!("/applications/{one}/assignments")).await.ok()["data"], json!([]));
}

async fn assignments_need_the_scopes_of_users(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = format!("/applications/{}/assignments", application(&full).await);
    let user = full.user("ada@example.com").await;
    let writer = app.with("applications:read applications:write groups:write").await;
    writer.get(&path).await.refused(403, "insufficient_scope");
    writer.put(&format!("{path}/{user}")).await.refused(403, "insufficient_scope");
    writer.delete(&format!("{path}/{user}")).await.refused(403, "insufficient_scope");
    let reader = app.with("users:read").await;
    assert_eq!(reader.get(&path).await.ok()["data"], json!([]));
    reader.put(&format!("{path}/{user}")).await.refused(403, "insufficient_scope");
    app.with("users:write").await.put(&format!("{path}/{user}")).await.with(204);
    // Who could get into the management API by it is for those to say who hold that.
    let (manager, _) = app.management();
    let opened = format!("/applications/{manager}/assignments/{user}");
    app.with("users:write").await.put(&opened).await.refused(403, "forbidden");
    app.with("admin:write").await.put(&opened).await.with(204);
}
