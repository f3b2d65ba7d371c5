//! `/api/v1/applications/{application_id}/access`, and `/api/v1/permissions`

use std::collections::BTreeMap;

use appkeep_domain::access::AccessFacet;
use appkeep_domain::{Owner, Role};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestApp, User};

on_each_database![
    what_keys_may_do_is_set_read_and_taken_back,
    what_cannot_be_said_is_refused,
    nobody_gives_more_of_the_management_api_than_they_hold,
    a_decision_is_explained_rule_by_rule,
    rules_are_for_those_to_see_to_whose_level_the_application_belongs,
    permissions_are_listed_with_the_kinds_that_may_hold_them,
];

/// The path of the access of a new application.
pub(crate) async fn path_of(user: &User<'_>, kind: &str) -> String {
    let created = user.create(kind, json!({})).await;
    format!("/applications/{}/access", created["id"].as_str().expect("an id"))
}

pub(crate) async fn set(user: &User<'_>, path: &str, body: Value) -> Answer {
    user.json(Method::PUT, &format!("/api/v1{path}"), body).await
}

fn rule(priority: i64, container: &str, transform: &str, permissions: &[&str]) -> Value {
    json!({
        "description": "Support",
        "priority": priority,
        "container": container,
        "transform": transform,
        "permissions": permissions,
    })
}

async fn what_keys_may_do_is_set_read_and_taken_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = path_of(&full, "m2m").await;
    let application = path.trim_end_matches("/access").to_owned();
    assert_eq!(full.get(&path).await.ok(), json!({ "data": null }));
    let rules = [rule(2, "/PCI/High/", "reveal", &["token:read"]), rule(1, "/", "redact", &["token:use"])];
    let wanted =
        json!({ "kind": "private", "permissions": ["token:create", "token:create"], "rules": rules });
    let mut expected = wanted.clone();
    (expected["permissions"], expected["rules"][0]["container"]) =
        (json!(["token:create"]), json!("/pci/high/"));
    app.clock.advance_micros(1_000_000);
    assert_eq!(set(&full, &path, wanted.clone()).await.data(), expected);
    assert_eq!(full.get(&path).await.data(), expected);
    assert_eq!(
        full.last_entry().await,
        ("application.access_changed".to_owned(), Value::Null, expected.clone())
    );
    let shown = full.get(&application).await;
    assert_eq!((shown.header("etag"), &shown.body["data"]["updated_at"]), ("\"2\"", &json!(app.now())));
    // Again, and nothing has changed.
    set(&full, &path, wanted).await.ok();
    assert_eq!(full.get(&application).await.header("etag"), "\"2\"");
    // All of it is replaced; the history tells of the rules that differ.
    let less = json!({ "kind": "private", "rules": [expected["rules"][1]] });
    set(&full, &path, less).await.ok();
    let left = json!({ "kind": "private", "permissions": [], "rules": [expected["rules"][1]] });
    assert_eq!(full.get(&path).await.data(), left);
    let before =
        json!({ "kind": "private", "permissions": ["token:create"], "rules": [expected["rules"][0]] });
    let after = json!({ "kind": "private", "permissions": [], "rules": [] });
    assert_eq!(full.last_entry().await, ("application.access_changed".to_owned(), before, after));
    // A change that was based on an older version comes too late.
    let put = full.request(Method::PUT, &format!("/api/v1{path}")).header("content-type", "application/json");
    let late = full.send(put.header("if-match", "\"2\""), left.to_string()).await;
    late.refused(412, "precondition_failed");
    full.delete_if(&path, "\"2\"").await.refused(412, "precondition_failed");
    for _ in 0..2 {
        full.delete(&path).await.with(204);
        assert_eq!(full.get(&path).await.ok(), json!({ "data": null }));
    }
    assert_eq!(full.entries("application.access_changed").await.len(), 3);
    // Then it may be of another kind.
    set(&full, &path, json!({ "kind": "management", "permissions": ["log:read"] })).await.ok();
}

async fn what_cannot_be_said_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (machine, browser) = (path_of(&full, "m2m").await, path_of(&full, "spa").await);
    let good = rule(1, "/", "mask", &["token:read"]);
    set(&full, &machine, json!({ "kind": "private", "rules": [good] })).await.ok();
    let before = database.dump().await;
    let private = |permissions: &[&str]| json!({ "kind": "private", "permissions": permissions });
    let ruled = |rules: &[Value]| json!({ "kind": "private", "rules": rules });
    let with = |name: &str, value: Value| {
        let mut rule = good.clone();
        rule[name] = value;
        ruled(&[rule])
    };
    let many: Vec<Value> = (0..=AccessFacet::MAX_RULES)
        .map(|number| json!({ "priority": number + 1, "container": "/", "transform": "mask", "permissions": [] }))
        .collect();
    for (path, body, status, code, field) in [
        (&machine, json!({}), 400, "invalid_request", "kind"),
        (&machine, json!({ "kind": 5 }), 400, "invalid_request", "kind"),
        (&machine, private(&[]), 422, "invalid_field", "permissions"),
        (&machine, private(&["token:read", "token:steal"]), 422, "invalid_field", "permissions[1]"),
        (&machine, private(&["log:read"]), 422, "invalid_field", "permissions[0]"),
        (&machine, json!({ "kind": "secret", "permissions": ["log:read"] }), 422, "invalid_field", "kind"),
        (
            &machine,
            json!({ "kind": "management", "permissions": ["log:read"] }),
            422,
            "immutable_field",
            "kind",
        ),
        (&browser, private(&["token:create"]), 422, "invalid_field", "kind"),
        (
            &browser,
            json!({ "kind": "public", "permissions": ["token:read"] }),
            422,
            "invalid_field",
            "permissions[0]",
        ),
        (&machine, with("priority", json!(0)), 422, "invalid_field", "rules[0].priority"),
        (&machine, with("priority", json!(1_i64 << 31)), 422, "invalid_field", "rules[0].priority"),
        (&machine, with("container", json!("/pci")), 422, "invalid_field", "rules[0].container"),
        (&machine, with("container", json!("/a b/")), 422, "invalid_field", "rules[0].container"),
        (&machine, with("transform", json!("show")), 422, "invalid_field", "rules[0].transform"),
        (&machine, with("permissions", json!([])), 422, "invalid_field", "rules[0].permissions"),
        (&machine, with("permissions", json!(["log:read"])), 422, "invalid_field", "rules[0].permissions[0]"),
        (&machine, with("description", json!("x".repeat(201))), 422, "invalid_field", "rules[0].description"),
        (&machine, with("description", json!("\u{7}")), 422, "invalid_field", "rules[0].description"),
        // Conditions are for sessions.
        (&machine, with("conditions", json!([])), 400, "invalid_request", "rules[0].conditions"),
        (&machine, ruled(&[good.clone(), good.clone()]), 422, "invalid_field", "rules[1].priority"),
        (&machine, ruled(&many), 422, "invalid_field", "rules"),
    ] {
        set(&full, path, body).await.refused_for(status, code, &[field]);
    }
    for kind in ["native", "server"] {
        let path = path_of(&full, kind).await;
        set(&full, &path, private(&["token:read"])).await.refused(400, "not_applicable");
    }
    let kept = |dump: &BTreeMap<String, Vec<String>>| dump["access_rules"].clone();
    assert_eq!(kept(&database.dump().await), kept(&before));
}

async fn nobody_gives_more_of_the_management_api_than_they_hold(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, writer) = (app.full().await, app.writer().await);
    let path = path_of(&writer, "m2m").await;
    let management = |permissions: &[&str]| json!({ "kind": "management", "permissions": permissions });
    let more = management(&["application:create", "log:read"]);
    set(&writer, &path, more.clone()).await.refused_for(403, "forbidden", &["permissions[1]"]);
    set(&writer, &path, management(&["application:create", "proxy:read"])).await.ok();
    let keys = path.replace("/access", "/keys");
    writer.act(&keys).await.created();
    set(&full, &path, more.clone()).await.ok();
    // From then on it is out of their hands.
    writer.act(&keys).await.refused(403, "forbidden");
    set(&writer, &path, management(&["proxy:read"])).await.refused(403, "forbidden");
    writer.delete(&path).await.refused(403, "forbidden");
    assert_eq!(full.get(&path).await.data()["permissions"], more["permissions"]);
    full.act(&keys).await.created();
}

async fn a_decision_is_explained_rule_by_rule(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let path = path_of(&full, "m2m").await;
    let explain = format!("{path}/explain");
    let nothing = json!({
        "allowed": false, "transform": null, "granted_by": null, "priority": null,
        "reason": "permission_not_held", "rules": [],
    });
    let asked = json!({ "permission": "token:read", "container": "/" });
    assert_eq!(full.post(&explain, asked).await.data(), nothing);
    let rules = [
        rule(4, "/users/", "mask", &["token:read"]),
        rule(1, "/", "mask", &["token:create"]),
        rule(2, "/users/government/", "redact", &["token:read"]),
        rule(3, "/users/employees/", "reveal", &["token:read"]),
    ];
    let wanted = json!({ "kind": "private", "permissions": ["token:use"], "rules": rules });
    set(&full, &path, wanted).await.ok();
    for (permission, container, decision, verdicts) in [
        (
            "token:read",
            "/Users/Employees/",
            json!({ "allowed": true, "transform": "reveal", "granted_by": "rule", "priority": 3, "reason": null }),
            ["other_permission", "other_container", "decides", "outranked"],
        ),
        (
            "token:read",
            "/users2/",
            json!({ "allowed": false, "transform": null, "granted_by": null, "priority": null, "reason": "no_rule_matches" }),
            ["other_permission", "other_container", "other_container", "other_container"],
        ),
        (
            "token:use",
            "/users2/",
            json!({ "allowed": true, "transform": "reveal", "granted_by": "permission", "priority": null, "reason": null }),
            ["other_permission"; 4],
        ),
        (
            "token:delete",
            "/",
            json!({ "allowed": false, "transform": null, "granted_by": null, "priority": null, "reason": "permission_not_held" }),
            ["other_permission"; 4],
        ),
    ] {
        let asked = json!({ "permission": permission, "container": container });
        let mut told = full.post(&explain, asked).await.data();
        let rules = told["rules"].take();
        let rules = rules.as_array().expect("a list");
        let priorities: Vec<&Value> = rules.iter().map(|told| &told["rule"]["priority"]).collect();
        assert_eq!(priorities, [1, 2, 3, 4]);
        let found: Vec<&Value> = rules.iter().map(|told| &told["verdict"]).collect();
        assert_eq!(found, verdicts, "{permission} {container}");
        told.as_object_mut().expect("an object").remove("rules");
        assert_eq!(told, decision, "{permission} {container}");
    }
    for (asked, field) in [
        (json!({ "permission": "token:steal", "container": "/" }), "permission"),
        (json!({ "permission": "token:read", "container": "users" }), "container"),
        (json!({ "permission": "token:read" }), "container"),
    ] {
        full.post(&explain, asked).await.refused_for(422, "invalid_field", &[field]);
    }
    // What is not about tokens is nowhere.
    let told = full.post(&explain, json!({ "permission": "log:read" })).await.data();
    assert_eq!(told["reason"], "permission_not_held");
}

async fn rules_are_for_those_to_see_to_whose_level_the_application_belongs(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let everybodys = app.owned_application((Owner::Global, None), "For everybody").await.id;
    let path = format!("/applications/{everybodys}/access");
    let asked = json!({ "permission": "token:read", "container": "/" });
    let viewer = app.viewer_of_the_tenant().await;
    for answer in [
        viewer.get(&path).await,
        viewer.post(&format!("{path}/explain"), asked.clone()).await,
        viewer.get(&path.replace("access", "keys")).await,
    ] {
        answer.refused(403, "forbidden");
    }
    let above = app.runs(Role::Viewer.as_str(), "platform").await;
    above.get(&path).await.ok();
    above.post(&format!("{path}/explain"), asked).await.ok();
    set(&above, &path, json!({ "kind": "private", "permissions": ["token:read"] }))
        .await
        .refused(403, "forbidden");
}

async fn permissions_are_listed_with_the_kinds_that_may_hold_them(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let reader = app.reader().await;
    let all = reader.get("/permissions").await.data();
    let listed = async |kind: &str| {
        let listed = reader.get(&format!("/permissions?application_type={kind}")).await.data();
        listed.as_array().expect("a list").clone()
    };
    let create = json!({
        "type": "token:create",
        "description": "Create tokens",
        "application_types": ["private", "public"],
    });
    assert_eq!(all[0], create);
    let public = listed("public").await;
    let types: Vec<&Value> = public.iter().map(|one| &one["type"]).collect();
    assert_eq!(types, ["token:create", "token:update"]);
    assert_eq!(listed("private").await.len(), 6);
    assert_eq!(listed("management").await.len(), all.as_array().expect("a list").len() - 6);
    let refused = reader.get("/permissions?application_type=secret").await;
    refused.refused_for(400, "invalid_request", &["application_type"]);
}
