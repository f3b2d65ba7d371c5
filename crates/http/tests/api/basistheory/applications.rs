//! `/applications` and what is below it, but for lists and keys.

use appkeep_domain::{Level, OperatorId, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{Client, native, private, refused, text};
use crate::harness::{PARTNER, TestApp, email_of};

on_each_database![
    an_application_is_made_with_a_key_that_is_shown_once,
    create_key_false_makes_none,
    a_name_has_at_most_200_characters,
    what_cannot_be_made_is_refused_field_by_field,
    either_permissions_or_rules_are_not_empty,
    a_type_holds_the_permissions_that_are_for_it,
    expires_at_is_when_it_is_gone,
    an_application_is_told_by_its_key,
    an_update_replaces_name_permissions_and_rules,
    a_deleted_application_is_gone_with_its_keys,
    a_deleted_applications_tokens_stay_and_its_sessions_end,
    who_made_it_is_told,
    what_others_made_is_shown_as_it_is,
    another_tenants_applications_are_not_there,
];

/// The application, read anew.
async fn read(client: &Client<'_>, id: &Value) -> Value {
    client.get(&format!("/applications/{}", text(id))).await.ok()
}

async fn an_application_is_made_with_a_key_that_is_shown_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let own = managing.get("/applications/key").await.ok();
    let mut body = private("My Example App");
    body["nonsense"] = json!({ "is": "passed over" });
    let made = managing.post("/applications", body).await.with(201);
    let now = app.now().replace('Z', "+00:00");
    let key = text(&made["key"]).to_owned();
    assert!(key.starts_with("key_prod_us_pvt_") && key.len() <= 100, "{key}");
    let mut expected = json!({
        "id": made["id"],
        "tenant_id": own["tenant_id"],
        "name": "My Example App",
        "keys": [{
            "id": made["keys"][0]["id"],
            "version": "1",
            "tenant_id": own["tenant_id"],
            "created_by": own["id"],
            "created_at": now,
        }],
        "type": "private",
        "permissions": ["token:create", "token:read"],
        "rules": [],
        "created_by": own["id"],
        "created_at": now,
    });
    assert_eq!(read(&managing, &made["id"]).await, expected);
    (expected["key"], expected["keys"][0]["key"]) = (json!(key), json!(key));
    assert_eq!(made, expected);
    // The history tells of both, and of no secret.
    let full = app.full().await;
    let told = full.get("/audit?limit=2").await.ok();
    let actions: Vec<&str> =
        told["data"].as_array().expect("a list").iter().map(|entry| text(&entry["action"])).collect();
    assert_eq!(actions, ["application.key_added", "application.created"]);
    assert_eq!(
        told["data"][1]["after"]["access"],
        json!({ "kind": "private", "permissions": ["token:create", "token:read"], "rules": [] })
    );
    assert!(!told.to_string().contains(&key));
    // Nor has it another that nobody was told of.
    let credentials = full.get(&format!("/applications/{}/credentials", text(&made["id"]))).await.data();
    assert_eq!(credentials.as_array().map(Vec::len), Some(1));
}

async fn create_key_false_makes_none(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    for (create_key, keys) in [(json!(false), 0), (json!(true), 1), (json!(null), 1)] {
        let mut body = private("Keyed");
        body["create_key"] = create_key;
        let made = managing.post("/applications", body).await.with(201);
        assert_eq!((made["key"].is_string(), made["keys"].as_array().map(Vec::len)), (keys == 1, Some(keys)));
        assert_eq!(read(&managing, &made["id"]).await["keys"].as_array().map(Vec::len), Some(keys));
    }
}

async fn a_name_has_at_most_200_characters(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let (longest, too_long) = ("ü".repeat(200), "ü".repeat(201));
    let made = managing.post("/applications", private(&longest)).await.with(201);
    assert_eq!(read(&managing, &made["id"]).await["name"], longest);
    let path = format!("/applications/{}", text(&made["id"]));
    let before = database.dump().await;
    for name in [too_long.as_str(), "", "\u{7}"] {
        assert_eq!(refused(managing.post("/applications", private(name)).await, 400), ["name"]);
        let update = json!({ "name": name, "permissions": ["token:read"] });
        assert_eq!(refused(managing.put(&path, update).await, 400), ["name"]);
    }
    assert_eq!(database.dump().await["applications"], before["applications"]);
}

async fn what_cannot_be_made_is_refused_field_by_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let with = |name: &str, value: Value| {
        let mut body = private("Wrong");
        body[name] = value;
        body
    };
    let before = database.dump().await;
    for (body, fields) in [
        (json!({}), vec!["name", "type"]),
        (json!({ "name": "No type", "permissions": ["token:read"] }), vec!["type"]),
        (json!({ "name": null, "type": "private", "permissions": ["token:read"] }), vec!["name"]),
        (with("name", json!(7)), vec!["name"]),
        (with("type", json!("expiring")), vec!["type"]),
        (json!({ "name": "", "type": "x", "permissions": [] }), vec!["name", "permissions", "type"]),
        (with("permissions", json!("token:read")), vec!["permissions"]),
        (with("permissions", json!(["token:read", "token:steal"])), vec!["permissions[1]"]),
        (with("create_key", json!("yes")), vec!["create_key"]),
        (with("expires_at", json!("tomorrow")), vec!["expires_at"]),
        (with("expires_at", json!(app.now())), vec!["expires_at"]),
    ] {
        let answer = managing.post("/applications", body.clone()).await;
        assert_eq!(refused(answer, 400), fields, "{body}");
    }
    assert_eq!(database.dump().await["applications"], before["applications"]);
}

async fn either_permissions_or_rules_are_not_empty(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let rule = json!({
        "description": "All", "priority": 1, "container": "/", "transform": "mask",
        "permissions": ["token:read"],
    });
    for (permissions, rules, good) in [
        (json!([]), json!([]), false),
        (Value::Null, Value::Null, false),
        (json!(["token:read"]), json!([]), true),
        (Value::Null, json!([rule]), true),
        (json!(["token:read"]), json!([rule]), true),
    ] {
        let body = json!({ "name": "Either", "type": "private", "permissions": permissions, "rules": rules });
        let made = managing.post("/applications", private("Either")).await.with(201);
        let path = format!("/applications/{}", text(&made["id"]));
        let before = database.dump().await;
        let (created, updated) =
            (managing.post("/applications", body.clone()).await, managing.put(&path, body).await);
        if good {
            let list = |value: Value| if value.is_null() { json!([]) } else { value };
            let expected = (list(permissions), list(rules));
            for answer in [created.with(201), updated.ok()] {
                let shown = read(&managing, &answer["id"]).await;
                assert_eq!((&shown["permissions"], &shown["rules"]), (&expected.0, &expected.1));
            }
        } else {
            assert_eq!(
                (refused(created, 400), refused(updated, 400)),
                (vec!["permissions".to_owned()], vec!["permissions".to_owned()])
            );
            assert_eq!(database.dump().await["applications"], before["applications"]);
        }
    }
}

async fn a_type_holds_the_permissions_that_are_for_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    for (kind, prefix, good, bad) in [
        (
            "private",
            "key_prod_us_pvt_",
            vec!["token:create", "token:read", "token:update", "token:delete", "token:search", "token:use"],
            vec!["application:read", "tenant:read", "log:read"],
        ),
        (
            "public",
            "key_prod_us_pub_",
            vec!["token:create", "token:update"],
            vec!["token:read", "token:search", "token:delete", "token:use", "application:read"],
        ),
        (
            "management",
            "key_prod_us_mgt_",
            vec!["application:create", "tenant:update", "log:read", "tenant:member:read", "proxy:read"],
            vec!["token:create", "token:read", "token:use"],
        ),
    ] {
        let body = |permissions: Value| json!({ "name": "Typed", "type": kind, "permissions": permissions });
        let made = managing.post("/applications", body(json!(good))).await.with(201);
        assert_eq!((&made["type"], &made["permissions"]), (&json!(kind), &json!(good)));
        assert!(text(&made["key"]).starts_with(prefix), "{kind}");
        for permission in bad {
            let answer = managing.post("/applications", body(json!([permission]))).await;
            assert_eq!(refused(answer, 400), ["permissions[0]"], "{kind} {permission}");
        }
    }
}

async fn expires_at_is_when_it_is_gone(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let mut body = private("Short");
    body["expires_at"] = json!(app.after(60));
    let short = managing.post("/applications", body.clone()).await.with(201);
    assert_eq!(read(&managing, &short["id"]).await["expires_at"], app.after(60).replace('Z', "+00:00"));
    for (said, shown) in [
        ("2130-08-26T19:23:57-07:00", "2130-08-27T02:23:57+00:00"),
        ("2130-08-26T19:23:57", "2130-08-26T19:23:57+00:00"),
        ("8/26/2130 7:23:57 PM -07:00", "2130-08-27T02:23:57+00:00"),
        ("2130-08-26T19:23:57.1234567Z", "2130-08-26T19:23:57.123456+00:00"),
        ("2130-08-26", "2130-08-26T00:00:00+00:00"),
    ] {
        body["expires_at"] = json!(said);
        let made = managing.post("/applications", body.clone()).await.with(201);
        assert_eq!(read(&managing, &made["id"]).await["expires_at"], shown, "{said}");
    }
    body["expires_at"] = Value::Null;
    let lasting = managing.post("/applications", body).await.with(201);
    assert!(read(&managing, &lasting["id"]).await.get("expires_at").is_none());
    let client = managing.with(text(&short["key"]));
    app.clock.advance_micros(59_999_999);
    client.get("/applications/key").await.ok();
    app.clock.advance_micros(1);
    // Gone at once, and purged later.
    let path = format!("/applications/{}", text(&short["id"]));
    refused(client.get("/applications/key").await, 401);
    refused(managing.get(&path).await, 404);
    assert_eq!(
        managing.get(&format!("/applications?id={}", text(&short["id"]))).await.ok()["data"],
        json!([])
    );
    let rows = database.dump().await["applications"].len();
    app.sweep().await;
    assert_eq!(database.dump().await["applications"].len(), rows - 1);
}

async fn an_application_is_told_by_its_key(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    for body in [
        private("Theirs"),
        json!({ "name": "Page", "type": "public", "permissions": ["token:create"] }),
        json!({ "name": "Log", "type": "management", "permissions": ["log:read"] }),
    ] {
        let made = managing.post("/applications", body).await.with(201);
        let found = managing.with(text(&made["key"])).get("/applications/key").await.ok();
        assert_eq!(found, read(&managing, &made["id"]).await);
        assert!(found.get("key").is_none() && found["keys"][0].get("key").is_none());
    }
}

async fn an_update_replaces_name_permissions_and_rules(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let made = managing.post("/applications", private("Before")).await.with(201);
    let path = format!("/applications/{}", text(&made["id"]));
    let permissions = ["application:update", "application:read"];
    let updating = json!({ "name": "U", "type": "management", "permissions": permissions });
    let updating = managing.holding(updating).await;
    let updater = updating.get("/applications/key").await.ok()["id"].clone();
    app.clock.advance_micros(1_000_000);
    let rule = json!({
        "description": "", "priority": 3, "container": "/pci/", "transform": "reveal",
        "permissions": ["token:read"],
    });
    // Its type is fixed, and what is not known is passed over.
    let body = json!({ "name": "After", "type": "public", "rules": [rule], "create_key": true });
    let after = updating.put(&path, body).await.ok();
    let mut expected = made.clone();
    expected.as_object_mut().expect("an object").remove("key");
    expected["keys"][0].as_object_mut().expect("an object").remove("key");
    (expected["name"], expected["permissions"], expected["rules"]) =
        (json!("After"), json!([]), json!([rule]));
    (expected["modified_by"], expected["modified_at"]) = (updater, json!(app.now().replace('Z', "+00:00")));
    assert_eq!(after, expected);
    assert_eq!(read(&managing, &made["id"]).await, expected);
    // The key is the same, and good.
    managing.with(text(&made["key"])).get("/applications/key").await.ok();
    assert_eq!(refused(managing.put(&path, json!({ "permissions": ["token:read"] })).await, 400), ["name"]);
    let wrong = json!({ "name": "After", "permissions": ["log:read"] });
    assert_eq!(refused(managing.put(&path, wrong).await, 400), ["permissions[0]"]);
    assert_eq!(read(&managing, &made["id"]).await, expected);
    // What changes nothing leaves no trace.
    app.clock.advance_micros(1_000_000);
    let before = database.dump().await["audit_entries"].len();
    updating.put(&path, json!({ "name": "After", "rules": [rule] })).await.ok();
    assert_eq!(read(&managing, &made["id"]).await, expected);
    assert_eq!(database.dump().await["audit_entries"].len(), before);
}

async fn a_deleted_application_is_gone_with_its_keys(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let made = managing.post("/applications", private("Gone")).await.with(201);
    let path = format!("/applications/{}", text(&made["id"]));
    let answer = managing.delete(&path).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    refused(managing.get(&path).await, 404);
    refused(managing.delete(&path).await, 404);
    refused(managing.put(&path, private("Back")).await, 404);
    refused(managing.act(&format!("{path}/regenerate")).await, 404);
    refused(managing.with(text(&made["key"])).get("/applications/key").await, 401);
}

/// What it kept is the tenant's, and stays; what acted for it, or by its leave,
/// ends.
async fn a_deleted_applications_tokens_stay_and_its_sessions_end(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let [kept, reader] = [managing.holding(private("Gone")).await, managing.holding(private("Stays")).await];
    let new = json!({ "id": "kept", "type": "token", "data": "hush", "containers": ["/kept/"] });
    kept.post("/tokens", new).await.with(201);
    let public = json!({ "name": "Page", "type": "public", "permissions": ["token:create"] });
    let [by_its_server, by_another] =
        [managing.holding(public.clone()).await, managing.holding(public).await];
    let granted = |nonce: &Value| json!({ "nonce": nonce, "permissions": ["token:read"] });
    let mut sessions = Vec::new();
    for (public, private) in [(&by_its_server, &kept), (&by_another, &reader)] {
        let begun = public.act("/sessions").await.with(201);
        private.post("/sessions/authorize", granted(&begun["nonce"])).await.with(200);
        let session = public.with(text(&begun["session_key"]));
        session.get("/tokens/kept").await.ok();
        sessions.push(session);
    }
    for gone in [&kept, &by_another] {
        let id = gone.get("/applications/key").await.ok()["id"].clone();
        managing.delete(&format!("/applications/{}", text(&id))).await.with(204);
    }
    let token = reader.get("/tokens/kept").await.ok();
    assert_eq!((&token["id"], &token["containers"]), (&json!("kept"), &json!(["/kept/"])));
    for session in &sessions {
        refused(session.get("/tokens/kept").await, 401);
    }
}

async fn who_made_it_is_told(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let own = managing.get("/applications/key").await.ok()["id"].clone();
    let made = managing.post("/applications", private("By a key")).await.with(201);
    assert_eq!((&made["created_by"], &made["keys"][0]["created_by"]), (&own, &own));
    let at = Level::Tenant { id: app.tenant(), partner: Some(PARTNER) };
    let grant = RoleGrant { role: Role::Owner, at };
    let operator = app.operator_with(grant).await;
    let listed = operator.get("/operators").await.ok();
    let listed = listed["data"].as_array().expect("a list");
    let found = listed.iter().find(|found| found["email"] == email_of(grant)).expect("is listed");
    let id = OperatorId::parse(text(&found["id"])).expect("an id").to_uuid();
    let (application, _) =
        native(&operator, "m2m", json!({ "kind": "private", "permissions": ["token:read"] })).await;
    let found = managing.get(&format!("/applications/{application}")).await.ok();
    assert_eq!((&found["created_by"], &found["keys"][0]["created_by"]), (&json!(id), &json!(id)));
}

async fn what_others_made_is_shown_as_it_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let full = app.full().await;
    // Of whose access nothing was said.
    for (kind, shown, permission, status) in [
        ("m2m", "private", "token:read", 200),
        ("spa", "public", "token:create", 200),
        ("server", "private", "token:read", 422),
    ] {
        let id = text(&full.create(kind, json!({})).await["id"]).to_owned();
        let found = managing.get(&format!("/applications/{id}")).await.ok();
        assert_eq!(
            (&found["type"], &found["permissions"], &found["keys"]),
            (&json!(shown), &json!([]), &json!([]))
        );
        let update = json!({ "name": "Said", "permissions": [permission] });
        let answer = managing.put(&format!("/applications/{id}"), update).await;
        assert_eq!(answer.status, status, "{kind}");
        refused(managing.act(&format!("/applications/{id}/regenerate")).await, 422);
    }
    // One that is not in use keeps nobody out who manages, and lets nobody in.
    let (id, key) = native(&full, "m2m", json!({ "kind": "private", "permissions": ["token:read"] })).await;
    full.act(&format!("/applications/{id}/disable")).await.ok();
    refused(managing.with(&key).get("/applications/key").await, 401);
    managing.get(&format!("/applications/{id}")).await.ok();
    full.act(&format!("/applications/{id}/archive")).await.ok();
    refused(managing.get(&format!("/applications/{id}")).await, 404);
}

async fn another_tenants_applications_are_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let theirs = app.neighbour().await.application;
    let path = format!("/applications/{theirs}");
    refused(managing.get(&path).await, 404);
    refused(managing.put(&path, private("Mine")).await, 404);
    refused(managing.delete(&path).await, 404);
    refused(managing.get(&format!("{path}/keys")).await, 404);
    refused(managing.act(&format!("{path}/keys")).await, 404);
    assert_eq!(managing.get(&format!("/applications?id={theirs}")).await.ok()["data"], json!([]));
}
