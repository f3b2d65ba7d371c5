//! `/api/v1/audit`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    an_entry_tells_who_did_what,
    filters_by_application_actor_action_and_time,
    the_history_is_paged,
    a_filter_that_cannot_be_read_is_refused,
];

async fn actions(user: &User<'_>, query: &str) -> Vec<String> {
    let page = user.get(&format!("/audit?{query}")).await.ok();
    let entries = page["data"].as_array().expect("a list").iter();
    entries.map(|entry| entry["action"].as_str().expect("text").to_owned()).collect()
}

async fn an_entry_tells_who_did_what(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.create("spa", json!({ "tags": ["a"] })).await["id"].as_str().expect("an id").to_owned();
    let answer = full.patch(&format!("/applications/{id}"), json!({ "tags": ["b"] })).await;
    let request_id = answer.header("x-request-id").to_owned();
    let mut entry = full.get("/audit?limit=1").await.ok()["data"][0].take();
    assert!(entry["id"].take().as_str().expect("an id").starts_with("evt_"));
    let expected = json!({
        "id": null,
        "action": "application.updated",
        "occurred_at": app.now(),
        "actor": { "kind": "application", "id": app.management().0 },
        "application_id": id,
        "before": { "tags": ["a"] },
        "after": { "tags": ["b"] },
        "request_id": request_id,
        "address": "203.0.113.7",
        "user_agent": null,
        "erased": false,
    });
    assert_eq!(entry, expected);
}

async fn filters_by_application_actor_action_and_time(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    app.clock.advance_micros(60_000_000);
    let begun = app.now();
    let id = full.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned();
    app.clock.advance_micros(60_000_000);
    let later = app.now();
    full.create("spa", json!({})).await;
    full.act(&format!("/applications/{id}/disable")).await.ok();
    let both = ["application.disabled", "application.created"];
    assert_eq!(actions(&full, &format!("application={id}")).await, both);
    assert_eq!(actions(&full, &format!("application={id}&action=application.created")).await, [both[1]]);
    let manager = app.management().0;
    assert_eq!(actions(&full, &format!("actor={manager}")).await, [both[0], both[1], both[1]]);
    assert_eq!(actions(&full, "actor=system").await, [both[1]]);
    assert_eq!(actions(&full, &format!("from={begun}&until={later}")).await, [both[1]]);
    assert_eq!(actions(&full, &format!("from={later}")).await, both);
    assert_eq!(actions(&full, "action=application").await, [] as [&str; 0]);
}

async fn the_history_is_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for _ in 0..4 {
        full.create("spa", json!({})).await;
    }
    let whole = full.get("/audit").await.ok();
    let (mut seen, mut query) = (Vec::new(), String::from("limit=2"));
    loop {
        let page = full.get(&format!("/audit?{query}")).await.ok();
        seen.extend(page["data"].as_array().expect("a list").clone());
        let Some(cursor) = page["meta"]["next_cursor"].as_str() else { break };
        query = format!("limit=2&cursor={cursor}");
    }
    assert_eq!((Value::from(seen), &whole["meta"]["limit"]), (whole["data"].clone(), &json!(50)));
}

async fn a_filter_that_cannot_be_read_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let refused = app.full().await.get("/audit?application=x&from=now&until=2026-13-01T00:00:00Z").await;
    refused.refused_for(400, "invalid_request", &["application", "from", "until"]);
}
