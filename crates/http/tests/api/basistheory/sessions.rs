//! `/sessions` and `/sessions/authorize`.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{Client, private, refused, text};
use crate::harness::TestApp;

on_each_database![
    a_session_is_begun_with_a_public_key_and_authorized_with_a_private_one,
    a_nonce_is_good_for_one_time,
    a_session_ends_when_it_was_said_to,
    what_no_session_can_be_given_is_refused,
    each_condition_and_operator_is_taken,
];

/// A public application and a private one, of one tenant.
async fn both(app: &TestApp) -> (Client<'_>, Client<'_>) {
    let managing = Client::managing(app).await;
    let public = json!({ "name": "Page", "type": "public", "permissions": ["token:create"] });
    (managing.holding(public).await, managing.holding(private("Server")).await)
}

fn reading(nonce: &Value) -> Value {
    json!({ "nonce": nonce, "permissions": ["token:read"] })
}

async fn a_session_is_begun_with_a_public_key_and_authorized_with_a_private_one(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (public, private) = both(&app).await;
    let begun = public.act("/sessions/").await.with(201);
    let members: Vec<&str> = begun.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["expires_at", "nonce", "session_key"]);
    assert_eq!(begun["expires_at"], app.after(180).replace('Z', "+00:00"));
    let session = public.with(text(&begun["session_key"]));
    assert!(session.key.starts_with("key_prod_us_sess_"), "{}", session.key);
    refused(session.get("/applications/key").await, 401);
    let answer = private.post("/sessions/authorize", reading(&begun["nonce"])).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    // It is the public application's, and may do nothing there.
    assert_eq!(session.get("/applications/key").await.ok(), public.get("/applications/key").await.ok());
    refused(session.get("/applications").await, 403);
    refused(session.act("/sessions").await, 403);
    for key in [&private, &session] {
        refused(key.act("/sessions").await, 403);
    }
    let begun = public.act("/sessions").await.with(201);
    for key in [&public, &session] {
        refused(key.post("/sessions/authorize", reading(&begun["nonce"])).await, 403);
    }
    let managing = Client::managing(&app).await;
    refused(managing.act("/sessions").await, 403);
    refused(managing.post("/sessions/authorize", reading(&begun["nonce"])).await, 403);
}

async fn a_nonce_is_good_for_one_time(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (public, private) = both(&app).await;
    let begun = public.act("/sessions").await.with(201);
    private.post("/sessions/authorize", reading(&begun["nonce"])).await.with(200);
    refused(private.post("/sessions/authorize", reading(&begun["nonce"])).await, 409);
    refused(private.post("/sessions/authorize", reading(&json!("none"))).await, 404);
    let late = public.act("/sessions").await.with(201);
    app.clock.advance_micros(180 * 1_000_000);
    refused(private.post("/sessions/authorize", reading(&late["nonce"])).await, 404);
}

async fn a_session_ends_when_it_was_said_to(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (public, private) = both(&app).await;
    for (said, seconds) in [(None, 180), (Some(600), 600)] {
        let begun = public.act("/sessions").await.with(201);
        let mut body = reading(&begun["nonce"]);
        body["expires_at"] = json!(said.map(|seconds| app.after(seconds)));
        private.post("/sessions/authorize", body).await.with(200);
        let session = public.with(text(&begun["session_key"]));
        app.clock.advance_micros(seconds * 1_000_000 - 1);
        session.get("/applications/key").await.ok();
        app.clock.advance_micros(1);
        refused(session.get("/applications/key").await, 401);
    }
    let begun = public.act("/sessions").await.with(201);
    let mut body = reading(&begun["nonce"]);
    body["expires_at"] = json!("soon");
    assert_eq!(refused(private.post("/sessions/authorize", body).await, 400), ["expires_at"]);
}

async fn what_no_session_can_be_given_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (public, private) = both(&app).await;
    let begun = public.act("/sessions").await.with(201);
    let condition = json!({ "attribute": "id", "operator": "equals", "value": "x" });
    let rule = |name: &str, value: Value| {
        let mut rule = json!({
            "priority": 1, "conditions": [condition], "transform": "mask", "permissions": ["token:read"],
        });
        rule[name] = value;
        json!({ "nonce": begun["nonce"], "rules": [rule] })
    };
    let wrong = |name: &str| {
        let mut condition = condition.clone();
        condition[name] = json!("other");
        rule("conditions", json!([condition]))
    };
    let without = |name: &str| {
        let mut body = rule("priority", json!(1));
        body["rules"][0].as_object_mut().expect("an object").remove(name);
        body
    };
    let valueless = json!([{ "attribute": "id", "operator": "equals" }]);
    for (body, field) in [
        (json!({ "permissions": ["token:read"] }), "nonce"),
        (json!({ "nonce": begun["nonce"] }), "permissions"),
        (json!({ "nonce": begun["nonce"], "permissions": [], "rules": [] }), "permissions"),
        (json!({ "nonce": begun["nonce"], "permissions": ["application:read"] }), "permissions[0]"),
        (rule("container", json!("/")), "rules[0].conditions"),
        (rule("conditions", json!([])), "rules[0].container"),
        (rule("priority", json!(0)), "rules[0].priority"),
        (rule("transform", json!("show")), "rules[0].transform"),
        (rule("conditions", valueless), "rules[0].conditions[0].value"),
        (rule("description", json!("x".repeat(201))), "rules[0].description"),
        (without("priority"), "rules[0].priority"),
        (without("transform"), "rules[0].transform"),
        (without("permissions"), "rules[0].permissions"),
        (rule("permissions", json!(["log:read"])), "rules[0].permissions[0]"),
        (wrong("attribute"), "rules[0].conditions[0].attribute"),
        (wrong("operator"), "rules[0].conditions[0].operator"),
    ] {
        let answer = private.post("/sessions/authorize", body.clone()).await;
        assert_eq!(refused(answer, 400), [field], "{body}");
    }
    // It was authorized by none of them.
    private.post("/sessions/authorize", rule("priority", json!(2))).await.with(200);
}

async fn each_condition_and_operator_is_taken(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (public, private) = both(&app).await;
    for (attribute, operator) in
        [("id", "equals"), ("id", "starts_with"), ("container", "equals"), ("container", "starts_with")]
    {
        let begun = public.act("/sessions").await.with(201);
        let condition = json!({ "attribute": attribute, "operator": operator, "value": "/x/" });
        let rule = json!({
            "description": "", "priority": 1, "conditions": [condition], "transform": "reveal",
            "permissions": ["token:read"],
        });
        let body = json!({ "nonce": begun["nonce"], "rules": [rule] });
        private.post("/sessions/authorize", body).await.with(200);
    }
}
