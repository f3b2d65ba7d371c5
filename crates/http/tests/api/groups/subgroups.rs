//! `/api/v1/groups/{group_id}/subgroups`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    a_group_is_put_into_another_and_taken_out,
    no_group_is_in_itself,
    of_two_that_would_make_a_cycle_together_one_is_refused,
    groups_are_ten_deep_and_no_deeper,
    what_is_not_there_is_in_no_group,
    subgroups_are_paged,
    subgroups_need_the_scopes_of_groups,
];

const NONE: &str = "grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD";

fn path(outer: &str, inner: &str) -> String {
    format!("/groups/{outer}/subgroups/{inner}")
}

async fn make(user: &User<'_>, count: usize) -> Vec<String> {
    let mut groups = Vec::new();
    for number in 0..count {
        groups.push(user.group(&format!("Group {number}")).await);
    }
    groups
}

async fn inside(user: &User<'_>, outer: &str) -> Vec<String> {
    let listed = user.get(&format!("/groups/{outer}/subgroups")).await.ok();
    let groups = listed["data"].as_array().expect("a list").iter();
    groups.map(|group| group["id"].as_str().expect("an id").to_owned()).collect()
}

async fn a_group_is_put_into_another_and_taken_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let groups = make(&full, 2).await;
    let nesting = path(&groups[0], &groups[1]);
    let answer = full.put(&nesting).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let told = json!({ "group_id": groups[0], "subgroup_id": groups[1] });
    assert_eq!(full.last_entry().await, ("group.subgroup_added".to_owned(), Value::Null, told.clone()));
    assert_eq!(inside(&full, &groups[0]).await, [groups[1].clone()]);
    assert_eq!(inside(&full, &groups[1]).await, [] as [String; 0]);
    let before = database.dump().await;
    full.put(&nesting).await.with(204);
    assert_eq!(database.dump().await, before, "it was in it already");
    full.delete(&nesting).await.with(204);
    assert_eq!(full.last_entry().await, ("group.subgroup_removed".to_owned(), told, Value::Null));
    assert_eq!(inside(&full, &groups[0]).await, [] as [String; 0]);
    full.delete(&nesting).await.refused(404, "member_not_found");
}

async fn no_group_is_in_itself(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let groups = make(&full, 3).await;
    full.put(&path(&groups[0], &groups[1])).await.with(204);
    full.put(&path(&groups[1], &groups[2])).await.with(204);
    let before = database.dump().await;
    for (outer, inner) in [(0, 0), (1, 0), (2, 0), (2, 1)] {
        full.put(&path(&groups[outer], &groups[inner])).await.refused(409, "group_cycle");
    }
    assert_eq!(database.dump().await, before);
    // By two ways is no cycle.
    full.put(&path(&groups[0], &groups[2])).await.with(204);
}

async fn of_two_that_would_make_a_cycle_together_one_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for round in 0..10 {
        let (one, other) = (full.group(&format!("A{round}")).await, full.group(&format!("B{round}")).await);
        let (there, back) = (path(&one, &other), path(&other, &one));
        let (first, second) = tokio::join!(full.put(&there), full.put(&back));
        let (added, refused) = if first.status == 204 { (first, second) } else { (second, first) };
        assert_eq!(added.status, 204, "{}", added.text);
        refused.refused(409, "group_cycle");
    }
}

async fn groups_are_ten_deep_and_no_deeper(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let groups = make(&full, 11).await;
    for pair in groups[..10].windows(2) {
        full.put(&path(&pair[0], &pair[1])).await.with(204);
    }
    full.put(&path(&groups[9], &groups[10])).await.refused(409, "group_too_deep");
    full.put(&path(&groups[10], &groups[0])).await.refused(409, "group_too_deep");
    full.put(&path(&groups[8], &groups[10])).await.with(204);
}

async fn what_is_not_there_is_in_no_group(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.get(&format!("/groups/{NONE}/subgroups")).await.refused(404, "group_not_found");
    let group = full.group("Accounting").await;
    let theirs = app.neighbour().await.group;
    for strange in [NONE, theirs.as_str(), "garbage"] {
        full.put(&path(&group, strange)).await.refused(404, "group_not_found");
        full.put(&path(strange, &group)).await.refused(404, "group_not_found");
        full.delete(&path(&group, strange)).await.refused(404, "member_not_found");
        full.delete(&path(strange, &group)).await.refused(404, "group_not_found");
        full.get(&format!("/groups/{strange}/subgroups")).await.refused(404, "group_not_found");
    }
}

async fn subgroups_are_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let groups = make(&full, 6).await;
    for inner in &groups[1..] {
        full.put(&path(&groups[0], inner)).await.with(204);
    }
    let listed = full.each(&format!("/groups/{}/subgroups", groups[0]), 2).await;
    let ids: Vec<_> = listed.iter().rev().map(|group| group["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, groups[1..], "the newest first");
}

async fn subgroups_need_the_scopes_of_groups(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let groups = make(&app.full().await, 2).await;
    let nesting = path(&groups[0], &groups[1]);
    let reader = app.with("groups:read users:write").await;
    assert_eq!(inside(&reader, &groups[0]).await, [] as [String; 0]);
    reader.put(&nesting).await.refused(403, "insufficient_scope");
    reader.delete(&nesting).await.refused(403, "insufficient_scope");
    let writer = app.with("groups:write").await;
    writer.put(&nesting).await.with(204);
    let blind = writer.get(&format!("/groups/{}/subgroups", groups[0])).await;
    blind.refused(403, "insufficient_scope");
}
