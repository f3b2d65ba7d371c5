//! `/api/v1/integrations/{integration_id}/oauth`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{id_of, made, path_of};
use crate::harness::{Answer, ISSUER, TestApp, User};

on_each_database![what_we_are_registered_as_is_set_read_and_taken_back, what_cannot_be_a_client_is_refused,];

async fn put(user: &User<'_>, path: &str, body: Value) -> Answer {
    user.json(Method::PUT, &format!("/api/v1{path}"), body).await
}

async fn what_we_are_registered_as_is_set_read_and_taken_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({ "name": "Git", "url": "https://a.example", "auth_mode": "oauth" });
    let git = made(&full, body).await;
    let (id, git) = (id_of(&git), path_of(&git));
    let path = format!("{git}/oauth");
    let nothing = json!({
        "client_id": null, "client_secret_configured": false, "authorization_url": null, "token_url": null,
        "scopes": null, "redirect_uri": format!("{ISSUER}/integrations/{id}/callback"), "metadata": null,
    });
    assert_eq!(full.get(&path).await.data(), nothing);
    let said = json!({
        "client_id": "Iv1.abc", "client_secret": "hush-hush-3", "scopes": ["repo"],
        "authorization_url": "https://id.example/authorize", "token_url": "https://id.example/token",
    });
    let answer = put(&full, &path, said).await;
    assert!(!answer.text.contains("hush-hush"), "{}", answer.text);
    let mut expected = nothing.clone();
    for (member, value) in [
        ("client_id", json!("Iv1.abc")),
        ("client_secret_configured", json!(true)),
        ("scopes", json!(["repo"])),
        ("authorization_url", json!("https://id.example/authorize")),
        ("token_url", json!("https://id.example/token")),
    ] {
        expected[member] = value;
    }
    assert_eq!((answer.data(), full.get(&path).await.data()), (expected.clone(), expected));
    assert_eq!(full.get(&git).await.data()["oauth_client_configured"], true);
    let (action, _, after) = full.last_entry().await;
    assert_eq!(
        (action.as_str(), &after["client_secret_replaced"]),
        ("integration.client_changed", &json!(true))
    );
    let public = put(&full, &path, json!({ "client_id": "Iv1.abc" })).await.data();
    assert_eq!((&public["client_secret_configured"], &public["token_url"]), (&json!(false), &Value::Null));
    assert_eq!(full.get(&path).await.data(), public, "what was not said is gone");
    for _ in 0..2 {
        full.delete(&path).await.with(204);
        assert_eq!(full.get(&path).await.data(), nothing);
    }
    assert!(!format!("{:?}", database.dump().await).contains("hush-hush"));
    put(&full, &path, json!({ "client_id": "Iv1.abc" })).await.ok();
    full.patch(&git, json!({ "auth_mode": "none" })).await.ok();
    assert_eq!(full.get(&git).await.data()["oauth_client_configured"], false);
}

async fn what_cannot_be_a_client_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let new = |name: &str, auth: &str| json!({ "name": name, "url": "https://a.example", "auth_mode": auth });
    let git = path_of(&made(&full, new("Git", "oauth")).await);
    let open = path_of(&made(&full, new("Open", "none")).await);
    let before = database.dump().await;
    for (member, value, field) in [
        ("client_id", json!(""), "client_id"),
        ("client_secret", json!("with space"), "client_secret"),
        ("authorization_url", json!("javascript:alert(1)"), "authorization_url"),
        ("token_url", json!("http://id.example/token"), "token_url"),
        ("scopes", json!(["a b"]), "scopes[0]"),
    ] {
        let mut body = json!({
            "client_id": "a", "authorization_url": "https://id.example/authorize",
            "token_url": "https://id.example/token",
        });
        body[member] = value;
        put(&full, &format!("{git}/oauth"), body).await.refused_for(422, "invalid_field", &[field]);
    }
    let url = "https://id.example/x";
    for (body, field) in [
        (json!({ "client_id": "a", "client_secret": "b" }), "token_url"),
        (json!({ "client_id": "a", "authorization_url": url }), "token_url"),
        (json!({ "client_id": "a", "client_secret": "b", "authorization_url": url }), "token_url"),
        (json!({ "client_id": "a", "token_url": url }), "authorization_url"),
        (json!({ "client_id": "a", "client_secret": "b", "token_url": url }), "authorization_url"),
    ] {
        put(&full, &format!("{git}/oauth"), body).await.refused_for(422, "invalid_field", &[field]);
    }
    put(&full, &format!("{open}/oauth"), json!({ "client_id": "a" })).await.refused(400, "not_applicable");
    assert_eq!(database.dump().await, before);
    full.delete(&git).await.with(204);
    let path = format!("{git}/oauth");
    put(&full, &path, json!({ "client_id": "a" })).await.refused(409, "integration_archived");
    full.delete(&path).await.refused(409, "integration_archived");
}
