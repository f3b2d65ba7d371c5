//! `/api/v1/groups/{group_id}/members` and `/api/v1/users/{user_id}/groups`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_user_is_put_into_a_group_and_taken_out,
    a_user_is_put_into_a_group_once,
    who_is_not_there_is_in_no_group,
    members_and_groups_are_paged,
    members_need_the_scopes_of_groups,
];

const NOBODY: &str = "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
const NONE: &str = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD";

async fn a_user_is_put_into_a_group_and_taken_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (user, group) = (full.user("ada@example.com").await, full.group("Accounting").await);
    let (members, groups) = (format!("/groups/{group}/members"), format!("/users/{user}/groups"));
    assert_eq!(full.get(&members).await.ok()["data"], json!([]));
    let answer = full.put(&format!("{members}/{user}")).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let told = json!({ "group_id": group, "user_id": user });
    assert_eq!(full.last_entry().await, ("group.member_added".to_owned(), Value::Null, told.clone()));
    let expected = json!([{ "user_id": user, "added_at": app.now() }]);
    assert_eq!(full.get(&members).await.ok()["data"], expected);
    let of_user = full.get(&groups).await.ok();
    assert_eq!(of_user["data"], json!([full.get(&format!("/groups/{group}")).await.data()]));
    assert_eq!(full.delete(&format!("{members}/{user}")).await.with(204), Value::Null);
    assert_eq!(full.last_entry().await, ("group.member_removed".to_owned(), told, Value::Null));
    full.delete(&format!("{members}/{user}")).await.refused(404, "member_not_found");
    for list in [&members, &groups] {
        assert_eq!(full.get(list).await.ok()["data"], json!([]), "{list}");
    }
}

async fn a_user_is_put_into_a_group_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (user, group) = (full.user("ada@example.com").await, full.group("Accounting").await);
    let members = format!("/groups/{group}/members");
    let since = app.now();
    full.put(&format!("{members}/{user}")).await.with(204);
    let before = database.dump().await;
    app.clock.advance_micros(5_000_000);
    full.put(&format!("{members}/{}", user.to_lowercase())).await.with(204);
    assert_eq!(database.dump().await, before);
    assert_eq!(full.get(&members).await.ok()["data"][0]["added_at"], since);
}

async fn who_is_not_there_is_in_no_group(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    // While there is no directory at all, and when there is one.
    full.get(&format!("/groups/{NONE}/members")).await.refused(404, "group_not_found");
    full.get(&format!("/users/{NOBODY}/groups")).await.refused(404, "user_not_found");
    let (user, group) = (full.user("ada@example.com").await, full.group("Accounting").await);
    let theirs = app.neighbour().await;
    for strange in [NOBODY, theirs.user.as_str(), "garbage", &group] {
        let path = format!("/groups/{group}/members/{strange}");
        full.put(&path).await.refused(404, "user_not_found");
        full.delete(&path).await.refused(404, "member_not_found");
        full.get(&format!("/users/{strange}/groups")).await.refused(404, "user_not_found");
    }
    for strange in [NONE, theirs.group.as_str(), "garbage", &user] {
        let path = format!("/groups/{strange}/members");
        full.get(&path).await.refused(404, "group_not_found");
        full.put(&format!("{path}/{user}")).await.refused(404, "group_not_found");
        full.delete(&format!("{path}/{user}")).await.refused(404, "group_not_found");
    }
    assert_eq!(full.get(&format!("/groups/{group}/members")).await.ok()["data"], json!([]));
}

async fn members_and_groups_are_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    for number in 0..5 {
        users.push(full.user(&format!("{number}@example.com")).await);
        groups.push(full.group(&format!("Group {number}")).await);
    }
    for (user, group) in
        users.iter().map(|user| (user, &groups[0])).chain(groups[1..].iter().map(|group| (&users[0], group)))
    {
        full.put(&format!("/groups/{group}/members/{user}")).await.with(204);
    }
    let of = |listed: Vec<Value>, member: &str| {
        let id = |one: &Value| one[member].as_str().expect("an id").to_owned();
        listed.iter().rev().map(id).collect::<Vec<_>>()
    };
    let members = full.each(&format!("/groups/{}/members", groups[0]), 2).await;
    assert_eq!(of(members, "user_id"), users, "the newest first");
    assert_eq!(of(full.each(&format!("/users/{}/groups", users[0]), 2).await, "id"), groups);
}

async fn members_need_the_scopes_of_groups(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (user, group) = (full.user("ada@example.com").await, full.group("Accounting").await);
    let members = format!("/groups/{group}/members");
    let others = app.with("users:read users:write").await;
    others.get(&members).await.refused(403, "insufficient_scope");
    others.get(&format!("/users/{user}/groups")).await.refused(403, "insufficient_scope");
    let reader = app.with("groups:read").await;
    assert_eq!(reader.get(&members).await.status, 200);
    reader.put(&format!("{members}/{user}")).await.refused(403, "insufficient_scope");
    reader.delete(&format!("{members}/{user}")).await.refused(403, "insufficient_scope");
    let writer = app.with("groups:write").await;
    writer.put(&format!("{members}/{user}")).await.with(204);
    assert_eq!(reader.get(&members).await.ok()["data"][0]["user_id"], user);
}
