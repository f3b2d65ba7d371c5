//! `DELETE /api/v1/users/{user_id}`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{RelyingParty, TestApp, User};

on_each_database![
    nothing_is_left_of_a_deleted_user,
    where_somebody_was_is_told_until_they_are_deleted,
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

/// What the history says of what a person did: what, where, and whether that
/// was erased.
async fn told(user: &User<'_>, id: &str) -> Vec<(String, Value, bool, bool)> {
    let mut listed = user.get(&format!("/audit?actor={id}")).await.ok();
    let entry = |entry: &mut Value| {
        let action = entry["action"].as_str().expect("text").to_owned();
        let by_firefox = entry["user_agent"].as_str().is_some_and(|agent| agent.contains("Firefox"));
        (action, entry["address"].take(), by_firefox, entry["erased"] == true)
    };
    listed["data"].as_array_mut().expect("a list").iter_mut().map(entry).collect()
}

async fn where_somebody_was_is_told_until_they_are_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let another = app.another_node(&database).await;
    let full = app.full().await;
    let [ada, bob] = [full.person("ada@example.com").await, full.person("bob@example.com").await];
    let shop = RelyingParty::register(&full, json!({ "first_party": false })).await;
    for email in ["ada@example.com", "bob@example.com"] {
        shop.sign_in(&app.browser(), email).await;
    }
    app.clock.advance_micros(1_000_000);
    shop.at(&another).sign_in(&another.browser(), "ada@example.com").await;
    let seen = |action: &str| (action.to_owned(), json!("203.0.113.7"), true, false);
    let once = ["consent.given", "session.started", "user.signed_in"].map(seen);
    let again = ["session.started", "user.signed_in"].map(seen);
    let expected = [again.as_slice(), &once].concat();
    for node in [&app, &another] {
        assert_eq!(told(&node.full().await, &ada).await, expected);
    }
    let dump = database.dump().await;
    assert!(!format!("{:?}", dump["audit_entries"]).contains("Firefox"), "it is sealed");
    assert_eq!(dump["user_keys"].len(), 2, "one each, whichever node made it");
    full.delete(&format!("/users/{ada}")).await.with(204);
    let erased = expected.iter().map(|(action, ..)| (action.clone(), Value::Null, false, true));
    let erased: Vec<_> = erased.collect();
    for node in [&app, &another] {
        assert_eq!(told(&node.full().await, &ada).await, erased);
    }
    assert_eq!(told(&full, &bob).await, once, "another's is as it was");
    assert_eq!(database.dump().await["user_keys"].len(), 1);
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
