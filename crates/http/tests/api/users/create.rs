//! `POST /api/v1/users` and `GET /api/v1/users/{user_id}`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{RelyingParty, TestApp};

on_each_database![
    every_field_is_kept,
    an_address_is_all_that_is_needed,
    an_address_and_a_user_name_are_taken_once,
    every_fault_is_named_at_once,
    what_has_the_wrong_form_is_refused,
    an_address_that_looks_like_anothers_is_refused,
    metadata_and_custom_attributes_are_bounded,
    another_tenant_has_addresses_of_its_own,
    the_history_names_the_fields_and_not_the_person,
    registering_needs_the_scope_users_write,
];

fn ada() -> Value {
    json!({
        "email": "Ada@Example.com",
        "email_verified": true,
        "username": "countess",
        "phone": "+4930123456",
        "name": "Ada Lovelace",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "picture": "https://example.com/ada.png",
        "locale": "en-GB",
        "status": "pending",
        "metadata": { "crm": { "id": 7, "tags": ["a", null] }, "beta": true },
        "custom_attributes": { "department": "Analysis", "floor": 3.5 },
    })
}

async fn every_field_is_kept(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let answer = full.post("/users", ada()).await;
    assert_eq!((answer.header("etag"), answer.header("cache-control")), ("\"1\"", "no-store"));
    let location = answer.header("location").to_owned();
    let created = answer.created();
    let id = created["id"].as_str().expect("an id");
    assert!(id.starts_with("usr_"), "{id}");
    assert_eq!(location, format!("/api/v1/users/{id}"));
    let mut expected = ada();
    for (member, value) in [
        ("id", json!(id)),
        ("password_changed_at", Value::Null),
        ("mfa_enabled", Value::Bool(false)),
        ("last_sign_in_at", Value::Null),
        ("failed_sign_ins", json!(0)),
        ("locked_until", Value::Null),
        ("created_at", json!(app.now())),
        ("updated_at", json!(app.now())),
    ] {
        expected[member] = value;
    }
    assert_eq!(created, expected);
    let read = full.get(&format!("/users/{id}")).await;
    assert_eq!((read.header("etag"), &read.body["data"]), ("\"1\"", &expected));
    full.get("/users/usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD").await.refused(404, "user_not_found");
}

async fn an_address_is_all_that_is_needed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.user("ada@example.com").await;
    let user = full.get(&format!("/users/{id}")).await.data();
    for member in ["username", "phone", "name", "given_name", "family_name", "picture", "locale"] {
        assert_eq!(user[member], Value::Null, "{member}");
    }
    assert_eq!((&user["email_verified"], &user["status"]), (&json!(false), &json!("active")));
    assert_eq!((&user["metadata"], &user["custom_attributes"]), (&json!({}), &json!({})));
    let nulls = json!({ "email": "b@example.com", "username": null, "metadata": null, "name": null });
    assert_eq!(full.post("/users", nulls).await.created()["metadata"], json!({}));
}

async fn an_address_and_a_user_name_are_taken_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.post("/users", ada()).await.created();
    let before = database.dump().await;
    let email = json!({ "email": "ADA@example.com" });
    full.post("/users", email).await.refused_for(409, "email_taken", &["email"]);
    let username = json!({ "email": "b@example.com", "username": "Countess" });
    full.post("/users", username).await.refused_for(409, "username_taken", &["username"]);
    let both = json!({ "email": "ADA@example.com", "username": "Countess", "locale": "?" });
    let faults = full.post("/users", both).await.refused(422, "invalid_field");
    let expected = [("email", "email_taken"), ("locale", "invalid_field"), ("username", "username_taken")];
    assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    assert_eq!(database.dump().await, before);
}

async fn every_fault_is_named_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let before = database.dump().await;
    let wrong = json!({
        "email": "ada",
        "username": "a@b",
        "phone": "030 123",
        "name": "",
        "given_name": "x".repeat(256),
        "family_name": "\u{202e}ecalevoL",
        "picture": "http://example.com/ada.png",
        "locale": "de_CH",
        "status": "deleted",
    });
    let fields =
        ["email", "family_name", "given_name", "locale", "name", "phone", "picture", "status", "username"];
    full.post("/users", wrong).await.refused_for(422, "invalid_field", &fields);
    assert_eq!(database.dump().await, before, "not even the directory");
}

async fn what_has_the_wrong_form_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for (body, fields) in [
        (json!({}), vec!["email"]),
        (json!({ "email": null }), vec!["email"]),
        (json!({ "email": "a@b", "id": "usr_1", "directory": "x" }), vec!["directory", "id"]),
        (json!({ "email": "a@b", "password": "correct horse" }), vec!["password"]),
        (
            json!({ "email": "a@b", "email_verified": "yes", "status": null }),
            vec!["email_verified", "status"],
        ),
        (
            json!({ "email": "a@b", "metadata": [], "custom_attributes": "x" }),
            vec!["custom_attributes", "metadata"],
        ),
    ] {
        full.post("/users", body).await.refused_for(400, "invalid_request", &fields);
    }
    let twice = r#"{"email":"a@b","metadata":{"a":{"b":1,"b":2}}}"#;
    let request =
        full.request(http::Method::POST, "/api/v1/users").header("content-type", "application/json");
    full.send(request, twice).await.refused_for(400, "invalid_request", &["metadata.a.b"]);
}

async fn metadata_and_custom_attributes_are_bounded(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let names = |count: usize| {
        (0..count).map(|number| (format!("n{number}"), json!(1))).collect::<serde_json::Map<_, _>>()
    };
    let fits = json!({ "email": "a@b", "metadata": names(1_000), "custom_attributes": names(50) });
    full.post("/users", fits).await.created();
    for (body, fields) in [
        (
            json!({ "metadata": names(1_001), "custom_attributes": names(51) }),
            vec!["custom_attributes", "metadata"],
        ),
        (json!({ "metadata": { "a": "x".repeat(16_384) } }), vec!["metadata"]),
        (json!({ "custom_attributes": { "": 1 } }), vec!["custom_attributes"]),
    ] {
        let mut body = body;
        body["email"] = "b@b".into();
        full.post("/users", body).await.refused_for(422, "invalid_field", &fields);
    }
}

async fn another_tenant_has_addresses_of_its_own(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let theirs = app.neighbour().await;
    full.get(&format!("/users/{}", theirs.user)).await.refused(404, "user_not_found");
    assert_ne!(full.user("theirs@example.com").await, theirs.user);
}

async fn the_history_names_the_fields_and_not_the_person(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let created = full.post("/users", ada()).await.created();
    let id = created["id"].as_str().expect("an id");
    let fields = json!([
        "email",
        "email_verified",
        "username",
        "phone",
        "name",
        "given_name",
        "family_name",
        "picture",
        "locale",
        "status",
        "metadata",
        "custom_attributes",
    ]);
    let told = json!({ "user_id": id, "status": "pending", "fields": fields });
    assert_eq!(full.last_entry().await, ("user.created".to_owned(), Value::Null, told));
    full.patch(&format!("/users/{id}"), json!({ "name": "Augusta" })).await.ok();
    full.delete(&format!("/users/{id}")).await;
    let entries = database.dump().await["audit_entries"].join("\n").to_lowercase();
    for hidden in ["ada@", "countess", "4930123456", "lovelace", "augusta", "ada.png", "analysis", "crm"] {
        assert!(!entries.contains(hidden), "{hidden}");
    }
}

async fn registering_needs_the_scope_users_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let reader = app.with("users:read groups:write").await;
    reader.post("/users", ada()).await.refused(403, "insufficient_scope");
    let id = app.with("users:write").await.user("ada@example.com").await;
    assert_eq!(reader.get(&format!("/users/{id}")).await.status, 200);
    let writer = app.with("users:write").await;
    writer.get(&format!("/users/{id}")).await.refused(403, "insufficient_scope");
}

async fn an_address_that_looks_like_anothers_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.user("ada@example.com").await;
    for unseen in ['\u{200b}', '\u{ad}', '\u{feff}', '\u{202e}', '\u{2066}', '\u{200f}'] {
        let email = json!({ "email": format!("ada{unseen}@example.com") });
        full.post("/users", email.clone()).await.refused_for(422, "invalid_field", &["email"]);
        let path = format!("/users/{ada}");
        full.patch(&path, email).await.refused_for(422, "invalid_field", &["email"]);
    }
    // An accent may stand apart from its letter or not.
    let (composed, apart) = ("\u{e4}da@example.com", "a\u{308}da@example.com");
    full.person(composed).await;
    full.post("/users", json!({ "email": apart })).await.refused_for(409, "email_taken", &["email"]);
    let shop = RelyingParty::register(&full, json!({})).await;
    shop.sign_in(&app.browser(), apart).await;
}
