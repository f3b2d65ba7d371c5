//! `/tenants/self`, and `/logs` of it.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{Client, native, private, refused, text};
use crate::harness::TestApp;

on_each_database![
    a_tenant_is_read_and_replaced,
    what_a_tenant_cannot_be_is_refused,
    a_tenant_is_deleted_by_those_who_govern_it,
    what_was_done_is_told_newest_first,
    each_filter_of_the_history_keeps_what_it_says,
    the_history_is_paged_by_number_and_by_cursor,
    who_does_not_hold_the_permission_is_told_which,
];

async fn a_tenant_is_read_and_replaced(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let read = managing.get("/tenants/self").await.ok();
    let settings = json!({
        "fingerprint_tokens": "false", "deduplicate_tokens": "false",
        "token_deduplication_behavior": "read_existing",
    });
    assert_eq!((&read["name"], &read["settings"]), (&json!("Default"), &settings));
    assert_eq!(managing.get("/tenants/self/").await.ok(), read);
    app.clock.advance_micros(5_000_000);
    let body = json!({
        "name": "Till", "settings": { "deduplicate_tokens": "true", "fingerprint_tokens": null },
    });
    let replaced = managing.put("/tenants/self", body).await.ok();
    assert_eq!(
        (&replaced["name"], &replaced["settings"]["deduplicate_tokens"]),
        (&json!("Till"), &json!("true"))
    );
    assert_ne!(replaced["modified_at"], Value::Null);
    assert_eq!(managing.get("/tenants/self").await.ok(), replaced);

    // What a setting says is what happens.
    let holder = managing.holding(private("Deduplicates")).await;
    let token = json!({ "type": "token", "data": "once" });
    let first = holder.post("/tokens", token.clone()).await.with(201);
    let again = holder.post("/tokens", token).await.with(201);
    assert_eq!((&again["id"], &again["_extras"]["deduplicated"]), (&first["id"], &json!(true)));
    let kept = managing.put("/tenants/self", json!({ "name": "Till 2" })).await.ok();
    assert_eq!(kept["settings"], replaced["settings"]);
}

async fn what_a_tenant_cannot_be_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let before = managing.get("/tenants/self").await.ok();
    for (body, fields) in [
        (json!({ "settings": {} }), vec!["name"]),
        (json!({ "name": "" }), vec!["name"]),
        (
            json!({ "name": "Till", "settings": { "fingerprint_tokens": "yes", "colour": "red" } }),
            vec!["settings.colour", "settings.fingerprint_tokens"],
        ),
        (
            json!({ "name": "Till", "settings": { "token_deduplication_behavior": "replace" } }),
            vec!["settings.token_deduplication_behavior"],
        ),
    ] {
        assert_eq!(refused(managing.put("/tenants/self", body.clone()).await, 400), fields, "{body}");
    }
    assert_eq!(managing.get("/tenants/self").await.ok(), before);
}

async fn a_tenant_is_deleted_by_those_who_govern_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    refused(managing.delete("/tenants/self").await, 403);
    managing.get("/tenants/self").await.ok();
}

async fn what_was_done_is_told_newest_first(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let own = managing.get("/applications/key").await.ok();
    app.clock.advance_micros(1_000_000);
    let made = managing.post("/applications", private("Told")).await.with(201);
    let holder = managing.with(text(&made["key"]));
    app.clock.advance_micros(1_000_000);
    let token = holder.post("/tokens", json!({ "type": "token", "data": "secret" })).await.with(201);
    let logs = managing.get("/logs?size=1").await.ok();
    let log = &logs["data"][0];
    for (member, value) in [
        ("tenant_id", &own["tenant_id"]),
        ("actor_id", &made["id"]),
        ("actor_type", &json!("application")),
        ("entity_type", &json!("vault_token")),
        ("entity_id", &token["id"]),
        ("operation", &json!("created")),
        ("message", &json!("Vault token created")),
        ("created_at", &token["created_at"]),
    ] {
        assert_eq!(&log[member], value, "{member} of {log}");
    }
    assert!(!logs.to_string().contains("secret"), "{logs}");
    let types = managing.get("/logs/entity-types/").await.ok();
    let types = types.as_array().expect("a list");
    assert!(types.contains(&json!({ "display_name": "Vault token", "value": "vault_token" })), "{types:?}");
    assert!(types.contains(&json!({ "display_name": "Application", "value": "application" })), "{types:?}");
}

async fn each_filter_of_the_history_keeps_what_it_says(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    app.clock.advance_micros(1_000_000);
    let before = app.now();
    let made = managing.post("/applications", private("Told")).await.with(201);
    let id = text(&made["id"]);
    app.clock.advance_micros(5_000_000);
    let after = app.now();
    managing.put(&format!("/applications/{id}"), private("Told again")).await.ok();
    let operations = async |query: &str| -> Vec<String> {
        let found = managing.get(&format!("/logs?entity_type=application&{query}")).await.ok();
        let found = found["data"].as_array().expect("a list").iter();
        found.map(|log| text(&log["operation"]).to_owned()).collect()
    };
    let about = operations(&format!("entity_id={id}")).await;
    assert!(about.first().is_some_and(|newest| newest != "created"), "{about:?}");
    assert_eq!(about.last().map(String::as_str), Some("created"), "{about:?}");
    let late = operations(&format!("entity_id={id}&start_date={after}")).await;
    assert!(!late.is_empty() && late.len() < about.len(), "{late:?}");
    assert_eq!(
        [operations(&format!("entity_id={id}&end_date={after}")).await, late].concat().len(),
        about.len()
    );
    assert_eq!(operations(&format!("entity_id={id}&end_date={before}")).await, [""; 0]);
    assert_eq!(operations("entity_id=nobody").await, [""; 0]);
    assert_eq!(managing.get("/logs?entity_type=reactor").await.ok()["data"], json!([]));
    for (query, field) in [
        ("start_date=soon", "start_date"),
        ("page=1&end_date=soon", "end_date"),
        ("entity_type=a%20b", "entity_type"),
        ("start=nonsense", "start"),
        ("size=0", "size"),
        ("page=0", "page"),
    ] {
        assert_eq!(refused(managing.get(&format!("/logs?{query}")).await, 400), [field], "{query}");
    }
}

async fn the_history_is_paged_by_number_and_by_cursor(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    for number in 1..=3 {
        managing.post("/applications", private(&format!("Told {number}"))).await.with(201);
    }
    let ids = |part: &Value| -> Vec<Value> {
        part["data"].as_array().expect("a list").iter().map(|log| log["id"].clone()).collect()
    };
    let all = ids(&managing.get("/logs?size=100").await.ok());
    let (mut numbered, mut page) = (Vec::new(), 1);
    loop {
        let part = managing.get(&format!("/logs?size=2&page={page}")).await.ok();
        assert_eq!(part["pagination"]["total_items"], all.len());
        let part = ids(&part);
        if part.is_empty() {
            break;
        }
        numbered.extend(part);
        page += 1;
    }
    let (mut followed, mut start) = (Vec::new(), String::new());
    loop {
        let part = managing.get(&format!("/logs?size=2{start}")).await.ok();
        followed.extend(ids(&part));
        let Some(next) = part["pagination"]["next"].as_str() else { break };
        start = format!("&start={next}");
    }
    assert_eq!((&numbered, &followed), (&all, &all));
}

async fn who_does_not_hold_the_permission_is_told_which(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let (_, key) = {
        let full = app.full().await;
        native(&full, "m2m", json!({ "kind": "management", "permissions": ["application:read"] })).await
    };
    let reader = managing.with(&key);
    for (path, permission) in
        [("/logs", "log:read"), ("/logs/entity-types", "log:read"), ("/tenants/self", "tenant:read")]
    {
        let answer = reader.get(path).await;
        assert!(text(&answer.body["detail"]).contains(permission), "{path}: {}", answer.text);
        refused(answer, 403);
    }
    for answer in
        [reader.put("/tenants/self", json!({ "name": "Till" })).await, reader.delete("/tenants/self").await]
    {
        refused(answer, 403);
    }
}
