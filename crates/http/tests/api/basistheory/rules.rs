//! Access rules, as they are said of an application.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{Client, refused, text};
use crate::harness::TestApp;

on_each_database![a_rule_is_kept_as_it_was_said, what_no_rule_can_say_is_refused];

fn rule(priority: i64, container: &str, transform: &str, permissions: &[&str]) -> Value {
    json!({
        "description": "Support",
        "priority": priority,
        "container": container,
        "transform": transform,
        "permissions": permissions,
    })
}

fn with_rules(rules: &[Value]) -> Value {
    json!({ "name": "Ruled", "type": "private", "rules": rules })
}

async fn a_rule_is_kept_as_it_was_said(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let rules = [
        rule(2, "/pci/high/", "redact", &["token:read", "token:search"]),
        rule(1, "/", "mask", &["token:create"]),
        rule(1_000, "/bank/", "reveal", &["token:use", "token:delete", "token:update"]),
    ];
    let made = managing.post("/applications", with_rules(&rules)).await.with(201);
    let path = format!("/applications/{}", text(&made["id"]));
    assert_eq!(managing.get(&path).await.ok()["rules"], json!(rules));
    // Containers are in small letters, and a rule needs no description.
    let mut other = rule(1, "/PCI/High/", "mask", &["token:read"]);
    other.as_object_mut().expect("an object").remove("description");
    let updated = managing.put(&path, json!({ "name": "Ruled", "rules": [other] })).await.ok();
    let mut expected = rule(1, "/pci/high/", "mask", &["token:read"]);
    expected["description"] = json!("");
    assert_eq!(updated["rules"], json!([expected]));
    assert_eq!(managing.get(&path).await.ok()["rules"], json!([expected]));
}

async fn what_no_rule_can_say_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let good = rule(1, "/", "mask", &["token:read"]);
    let with = |name: &str, value: Value| {
        let mut rule = good.clone();
        rule[name] = value;
        with_rules(&[rule])
    };
    let without = |name: &str| {
        let mut rule = good.clone();
        rule.as_object_mut().expect("an object").remove(name);
        with_rules(&[rule])
    };
    let condition = json!({ "attribute": "container", "operator": "equals", "value": "/" });
    let before = database.dump().await;
    for (body, field) in [
        (with("priority", json!(0)), "rules[0].priority"),
        (with("priority", json!("first")), "rules[0].priority"),
        (without("priority"), "rules[0].priority"),
        (with("description", json!("x".repeat(201))), "rules[0].description"),
        (with("container", json!("/pci")), "rules[0].container"),
        (with("container", json!("pci/")), "rules[0].container"),
        (with("container", json!("/a//b/")), "rules[0].container"),
        // It is required of applications, and conditions are for sessions.
        (with("container", Value::Null), "rules[0].container"),
        (with("conditions", json!([condition])), "rules[0].conditions"),
        (with("transform", json!("show")), "rules[0].transform"),
        (without("transform"), "rules[0].transform"),
        (without("container"), "rules[0].container"),
        (with("permissions", json!([])), "rules[0].permissions"),
        (without("permissions"), "rules[0].permissions"),
        (with("permissions", json!(["log:read"])), "rules[0].permissions[0]"),
        (with_rules(&[good.clone(), good.clone()]), "rules[1].priority"),
    ] {
        let answer = managing.post("/applications", body.clone()).await;
        assert_eq!(refused(answer, 400), [field], "{body}");
    }
    // Rules are about tokens, which management keys never reach.
    let managed = json!({ "name": "M", "type": "management", "rules": [good] });
    assert_eq!(refused(managing.post("/applications", managed).await, 400), ["rules[0].permissions[0]"]);
    assert_eq!(database.dump().await["applications"], before["applications"]);
    // No conditions at all are none, and a description may fill its room.
    managing.post("/applications", with("description", json!("x".repeat(200)))).await.with(201);
    managing.post("/applications", with("conditions", json!([]))).await.with(201);
}
