//! `/applications/{application_id}/keys` and `/applications/{application_id}/regenerate`.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{Client, native, private, refused, text};
use crate::harness::TestApp;

on_each_database![
    keys_are_side_by_side_and_at_most_three,
    a_deleted_key_is_refused_at_once_and_the_last_one_can_be_deleted,
    regenerate_replaces_the_only_key,
    regenerate_with_no_key_or_with_two_is_refused,
    a_key_makes_keys_of_its_own_environment,
    a_test_key_ends_no_live_one,
    a_test_key_governs_no_application_with_a_live_one,
    a_key_of_another_application_is_not_there,
    a_key_hands_out_no_more_than_it_holds,
];

fn ids(keys: &Value) -> Vec<&str> {
    keys.as_array().expect("a bare list").iter().map(|key| text(&key["id"])).collect()
}

async fn keys_are_side_by_side_and_at_most_three(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let made = managing.post("/applications", private("Keys")).await.with(201);
    let path = format!("/applications/{}/keys", text(&made["id"]));
    app.clock.advance_micros(1_000_000);
    let second = managing.act(&path).await.with(201);
    let members: Vec<&str> = second.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["created_at", "created_by", "id", "key", "tenant_id", "version"]);
    let third = managing.act(&path).await.with(201);
    let before = database.dump().await;
    refused(managing.act(&path).await, 422);
    assert_eq!(database.dump().await["credentials"], before["credentials"]);
    let listed = managing.get(&path).await.ok();
    let expected = [&third["id"], &second["id"], &made["keys"][0]["id"]];
    assert_eq!(ids(&listed), expected.map(text));
    let one = managing.get(&format!("{path}/{}", text(&second["id"]))).await.ok();
    assert_eq!(one, listed[1]);
    assert!(!listed.to_string().contains("key_prod_us_"));
    let query = format!("{path}?id={}&id={}", text(&third["id"]), text(&made["keys"][0]["id"]));
    assert_eq!(ids(&managing.get(&query).await.ok()), [expected[0], expected[2]].map(text));
    for key in [&made["key"], &second["key"], &third["key"]] {
        managing.with(text(key)).get("/applications/key").await.ok();
    }
    let application = managing.get(&format!("/applications/{}", text(&made["id"]))).await.ok();
    assert_eq!(application["keys"], listed);
    assert!(application.get("modified_at").is_none(), "keys are beside it");
}

async fn a_deleted_key_is_refused_at_once_and_the_last_one_can_be_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let made = managing.post("/applications", private("Keys")).await.with(201);
    let client = managing.with(text(&made["key"]));
    client.get("/applications/key").await.ok();
    let keys = format!("/applications/{}/keys", text(&made["id"]));
    let key = format!("{keys}/{}", text(&made["keys"][0]["id"]));
    let answer = managing.delete(&key).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    refused(client.get("/applications/key").await, 401);
    refused(managing.get(&key).await, 404);
    managing.delete(&key).await.with(204);
    assert_eq!(managing.get(&keys).await.ok(), json!([]));
    refused(managing.delete(&format!("{keys}/none")).await, 404);
    let next = managing.act(&keys).await.with(201);
    managing.with(text(&next["key"])).get("/applications/key").await.ok();
}

async fn regenerate_replaces_the_only_key(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let made = managing.post("/applications", private("One")).await.with(201);
    let path = format!("/applications/{}", text(&made["id"]));
    managing.with(text(&made["key"])).get("/applications/key").await.ok();
    app.clock.advance_micros(1_000_000);
    let replaced = managing.act(&format!("{path}/regenerate")).await.ok();
    assert_eq!((&replaced["id"], &replaced["name"]), (&made["id"], &made["name"]));
    assert_eq!(replaced["key"], replaced["keys"][0]["key"]);
    assert_ne!((&replaced["key"], &replaced["keys"][0]["id"]), (&made["key"], &made["keys"][0]["id"]));
    let shown = managing.get(&path).await.ok();
    assert_eq!(ids(&shown["keys"]), [text(&replaced["keys"][0]["id"])]);
    refused(managing.with(text(&made["key"])).get("/applications/key").await, 401);
    managing.with(text(&replaced["key"])).get("/applications/key").await.ok();
    let full = app.full().await;
    for action in ["application.key_revoked", "application.key_added"] {
        let told = full.get(&format!("/audit?action={action}&limit=1")).await.ok();
        assert_eq!(told["data"][0]["occurred_at"], app.now(), "{action}");
    }
}

async fn regenerate_with_no_key_or_with_two_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let mut body = private("Keys");
    body["create_key"] = json!(false);
    let made = managing.post("/applications", body).await.with(201);
    let path = format!("/applications/{}", text(&made["id"]));
    let before = database.dump().await;
    refused(managing.act(&format!("{path}/regenerate")).await, 422);
    assert_eq!(database.dump().await["credentials"], before["credentials"]);
    let keys = [managing.act(&format!("{path}/keys")).await, managing.act(&format!("{path}/keys")).await];
    let keys = keys.map(|answer| answer.with(201));
    let before = database.dump().await;
    refused(managing.act(&format!("{path}/regenerate")).await, 422);
    assert_eq!(database.dump().await["credentials"], before["credentials"]);
    for key in keys {
        managing.with(text(&key["key"])).get("/applications/key").await.ok();
    }
}

async fn a_key_makes_keys_of_its_own_environment(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let permissions = ["application:create", "application:read", "application:update"];
    let (id, live) = native(&full, "m2m", json!({ "kind": "management", "permissions": permissions })).await;
    let path = format!("/applications/{id}/keys");
    let test = full.post(&path, json!({ "environment": "test" })).await.created();
    let live = Client { user: app.nobody(), key: live };
    for (client, prefix) in
        [(&live, "key_prod_us_pvt_"), (&live.with(text(&test["key"])), "key_test_us_pvt_")]
    {
        let made = client.post("/applications", private("Made")).await.with(201);
        let path = format!("/applications/{}", text(&made["id"]));
        let next = live.act(&format!("{path}/regenerate")).await.ok();
        for key in [&made["key"], &next["key"]] {
            assert!(text(key).starts_with(prefix), "{prefix}");
        }
        let more = client.act(&format!("{path}/keys")).await.with(201);
        assert!(text(&more["key"]).starts_with(prefix), "{prefix}");
    }
}

async fn a_test_key_ends_no_live_one(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let permissions: Vec<String> =
        ["read", "create", "update", "delete"].map(|verb| format!("application:{verb}")).into();
    let (id, live) = native(&full, "m2m", json!({ "kind": "management", "permissions": permissions })).await;
    let test =
        full.post(&format!("/applications/{id}/keys"), json!({ "environment": "test" })).await.created();
    let live = Client { user: app.nobody(), key: live };
    let tests = live.with(text(&test["key"]));
    let made = live.post("/applications", private("Live")).await.with(201);
    let path = format!("/applications/{}", text(&made["id"]));
    let key = format!("{path}/keys/{}", text(&made["keys"][0]["id"]));
    refused(tests.act(&format!("{path}/regenerate")).await, 403);
    refused(tests.delete(&key).await, 403);
    live.with(text(&made["key"])).get("/applications/key").await.ok();
    let more = tests.act(&format!("{path}/keys")).await.with(201);
    tests.delete(&format!("{path}/keys/{}", text(&more["id"]))).await.with(204);
    live.delete(&key).await.with(204);
}

async fn a_key_of_another_application_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let [one, other] = [
        managing.post("/applications", private("One")).await.with(201),
        managing.post("/applications", private("Other")).await.with(201),
    ];
    let path = format!("/applications/{}/keys/{}", text(&one["id"]), text(&other["keys"][0]["id"]));
    refused(managing.get(&path).await, 404);
    refused(managing.delete(&path).await, 404);
    managing.with(text(&other["key"])).get("/applications/key").await.ok();
}

/// Both permissions open the same scope of ours, and are two for all that.
async fn a_key_hands_out_no_more_than_it_holds(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let of = |name: &str, permissions: Value| json!({ "name": name, "type": "management", "permissions": permissions });
    let lesser = json!(["application:create", "application:read", "application:update"]);
    let lesser = managing.holding(of("Lesser", lesser)).await;
    let greater =
        managing.post("/applications", of("Greater", json!(["application:delete"]))).await.with(201);
    let id = text(&greater["id"]);
    let before = database.dump().await;
    refused(lesser.post("/applications", of("More", json!(["application:delete"]))).await, 403);
    refused(lesser.act(&format!("/applications/{id}/keys")).await, 403);
    refused(lesser.act(&format!("/applications/{id}/regenerate")).await, 403);
    let renamed = json!({ "name": "Mine", "permissions": ["application:read"] });
    refused(lesser.put(&format!("/applications/{id}"), renamed).await, 403);
    let after = database.dump().await;
    for table in ["applications", "credentials"] {
        assert_eq!(after[table], before[table], "{table}");
    }
    let own = text(&lesser.get("/applications/key").await.ok()["id"]).to_owned();
    let more = of("Lesser", json!(["application:read", "application:delete"]));
    refused(lesser.put(&format!("/applications/{own}"), more).await, 403);
    lesser.act(&format!("/applications/{own}/keys")).await.with(201);
    let equal = lesser.post("/applications", of("Equal", json!(["application:update"]))).await.with(201);
    lesser.act(&format!("/applications/{}/regenerate", text(&equal["id"]))).await.ok();
}

async fn a_test_key_governs_no_application_with_a_live_one(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let permissions = super::all_for(appkeep_domain::access::AccessKind::Management);
    let access = json!({ "kind": "management", "permissions": permissions });
    let (id, live) = native(&full, "m2m", access).await;
    let of_tests = json!({ "environment": "test" });
    let test = full.post(&format!("/applications/{id}/keys"), of_tests.clone()).await.created();
    let managing = Client { user: app.nobody(), key: live };
    let testing = managing.with(text(&test["key"]));
    let made = managing.post("/applications", private("Live")).await.with(201);
    let path = format!("/applications/{}", text(&made["id"]));
    // One of tests beside the live one changes nothing about that.
    full.post(&format!("/applications/{}/keys", text(&made["id"])), of_tests).await.created();
    let rule = json!({
        "description": "", "priority": 1, "container": "/", "transform": "reveal",
        "permissions": ["token:read"],
    });
    let more = json!({ "name": "More", "rules": [rule] });
    let before = database.dump().await;
    refused(testing.put(&path, more.clone()).await, 403);
    refused(testing.delete(&path).await, 403);
    for table in ["applications", "access_rules", "credentials", "audit_entries"] {
        assert_eq!(database.dump().await[table], before[table], "{table}");
    }
    managing.with(text(&made["key"])).get("/applications/key").await.ok();
    // What is of tests alone is for it to change and to end, and what was live
    // once its live key is gone.
    let tests = testing.post("/applications", private("Tests")).await.with(201);
    let of_tests = format!("/applications/{}", text(&tests["id"]));
    testing.put(&of_tests, more.clone()).await.ok();
    testing.delete(&of_tests).await.with(204);
    managing.delete(&format!("{path}/keys/{}", text(&made["keys"][0]["id"]))).await.with(204);
    testing.put(&path, more).await.ok();
    testing.delete(&path).await.with(204);
}
