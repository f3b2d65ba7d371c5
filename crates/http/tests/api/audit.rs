//! `/api/v1/audit`

use appkeep_domain::ApplicationId;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    an_entry_tells_who_did_what,
    filters_by_application_actor_action_and_time,
    filters_by_what_it_was_done_to,
    the_history_is_paged,
    a_filter_that_cannot_be_read_is_refused,
    the_platforms_and_a_partners_history_is_read_as_a_tenants,
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

async fn filters_by_what_it_was_done_to(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.create("spa", json!({})).await["id"].as_str().expect("an id").to_owned();
    let group = full.post("/groups", json!({ "name": "Crew" })).await.created();
    let group = group["id"].as_str().expect("an id");
    assert_eq!(actions(&full, "resource_type=group").await, ["group.created"]);
    assert_eq!(actions(&full, "resource_type=grou").await, [] as [&str; 0]);
    let bits = ApplicationId::parse(&id).expect("an id").to_uuid();
    for id in [id, bits] {
        assert_eq!(actions(&full, &format!("resource_id={id}")).await, ["application.created"], "{id}");
    }
    assert_eq!(actions(&full, &format!("resource_id={group}")).await, ["group.created"]);
    assert_eq!(actions(&full, &format!("resource_id={group}&resource_type=user")).await, [] as [&str; 0]);
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

async fn the_platforms_and_a_partners_history_is_read_as_a_tenants(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    owner.patch(&format!("/partners/{partner}"), json!({ "name": "Another" })).await.ok();
    owner.create("m2m", json!({ "ownership": "global" })).await;
    let admin = app.runs("admin", &partner).await;
    let of = format!("ownership=partner&partner_id={partner}");
    for reader in [&owner, &admin] {
        let told = ["operator.created", "partner.updated", "partner.created"];
        assert_eq!(actions(reader, &of).await, told);
        assert_eq!(actions(reader, &format!("{of}&action=partner.updated")).await, told[1..2]);
        let paged = reader.each(&format!("/audit?{of}"), 2).await;
        assert_eq!(paged.iter().map(|entry| entry["action"].clone()).collect::<Vec<_>>(), told);
    }
    let platforms = actions(&owner, "ownership=global&action=application.created").await;
    assert_eq!(platforms, ["application.created"]);
    assert!(!owner.each("/audit?ownership=global", 2).await.is_empty());
    admin.get("/audit?ownership=global").await.refused(403, "forbidden");
    let tenants = app.full().await;
    tenants.get("/audit?ownership=global").await.refused(403, "forbidden");
    assert_eq!(actions(&tenants, &of).await, [] as [&str; 0]);
}
