//! `/api/v1/registration-tokens`

use appkeep_domain::Lifetime;
use appkeep_domain::registration::RegistrationToken;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_token_is_made_shown_once_listed_and_revoked,
    what_cannot_be_a_token_is_refused,
    only_who_runs_the_tenant_makes_tokens,
    tokens_are_listed_newest_first,
    a_token_that_is_over_is_removed_after_a_month,
    a_tenant_has_so_many_tokens,
];

const PATH: &str = "/registration-tokens";

fn text(value: &Value) -> &str {
    value.as_str().expect("is text")
}

async fn a_token_is_made_shown_once_listed_and_revoked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let answer = full.post(PATH, json!({ "name": "Developers", "max_uses": 5 })).await;
    let location = answer.header("location").to_owned();
    let mut made = answer.created();
    let token = made.as_object_mut().and_then(|made| made.remove("token")).expect("a token");
    assert!(text(&token).starts_with("iat_") && text(&token).ends_with(text(&made["last_four"])), "{token}");
    assert_eq!(location, format!("/api/v1{PATH}/{}", text(&made["id"])));
    for (member, value) in [
        ("name", json!("Developers")),
        ("uses", json!(0)),
        ("max_uses", json!(5)),
        ("created_at", json!(app.now())),
        ("expires_at", json!(app.after(7 * 86_400))),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    assert_eq!(made["created_by"]["kind"], "application");
    let path = format!("{PATH}/{}", text(&made["id"]));
    assert_eq!(full.get(&path).await.data(), made);
    assert_eq!(full.get(PATH).await.ok()["data"], json!([made]));
    assert!(!format!("{:?}", database.dump().await).contains(text(&token)));
    let (action, _, after) = full.last_entry().await;
    assert_eq!((action.as_str(), &after["registration_token"]), ("registration_token.created", &made["id"]));
    full.delete(&path).await.with(204);
    let (action, before, _) = full.last_entry().await;
    assert_eq!((action.as_str(), &before["max_uses"]), ("registration_token.revoked", &json!(5)));
    full.get(&path).await.refused(404, "credential_not_found");
    full.delete(&path).await.refused(404, "credential_not_found");
    assert_eq!(full.get(PATH).await.ok()["data"], json!([]));
    let made = full.post(PATH, json!({})).await.created();
    assert_eq!((&made["name"], &made["max_uses"]), (&json!(null), &json!(1)));
}

async fn what_cannot_be_a_token_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let before = database.dump().await;
    for (body, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "max_uses": 0 }), "max_uses"),
        (json!({ "max_uses": 10_001 }), "max_uses"),
        (json!({ "max_uses": -1 }), "max_uses"),
        (json!({ "expires_at": app.now() }), "expires_at"),
        (json!({ "expires_at": "tomorrow" }), "expires_at"),
        (json!({ "expires_at": app.after(366 * 86_400) }), "expires_at"),
    ] {
        full.post(PATH, body).await.refused_for(422, "invalid_field", &[field]);
    }
    assert_eq!(database.dump().await, before);
    full.post(PATH, json!({ "expires_at": app.after(365 * 86_400), "max_uses": 10_000 })).await.created();
}

async fn only_who_runs_the_tenant_makes_tokens(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let reader = app.with("tenant:read").await;
    let made = app.full().await.post(PATH, json!({})).await.created();
    let path = format!("{PATH}/{}", text(&made["id"]));
    reader.get(PATH).await.ok();
    reader.get(&path).await.ok();
    let viewer = app.viewer_of_the_tenant().await;
    let before = database.dump().await;
    for (user, code) in [(&reader, "insufficient_scope"), (&viewer, "forbidden")] {
        user.post(PATH, json!({})).await.refused(403, code);
        user.delete(&path).await.refused(403, code);
    }
    let writer = app.writer().await;
    writer.get(PATH).await.refused(403, "insufficient_scope");
    assert_eq!(database.dump().await, before);
}

async fn tokens_are_listed_newest_first(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let made = full.post(PATH, json!({ "name": format!("Token {number}") })).await.created();
        expected.insert(0, made["id"].clone());
    }
    let listed: Vec<Value> = full.each(PATH, 2).await.iter().map(|one| one["id"].clone()).collect();
    assert_eq!(listed, expected);
}

async fn a_token_that_is_over_is_removed_after_a_month(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.full().await.post(PATH, json!({})).await.created();
    for (days, left) in [(7, 1), (29, 1), (1, 0)] {
        app.clock.advance(Lifetime::from_days(days));
        app.sweep().await;
        let listed = app.full().await.get(PATH).await.ok();
        assert_eq!(listed["data"].as_array().expect("a list").len(), left, "{days}");
    }
}

async fn a_tenant_has_so_many_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for _ in 0..RegistrationToken::MOST {
        full.post(PATH, json!({})).await.created();
    }
    full.post(PATH, json!({})).await.refused(409, "cap_reached");
}
