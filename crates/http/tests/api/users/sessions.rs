//! `/api/v1/users/{user_id}/sessions`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{RelyingParty, TestApp};

on_each_database![
    a_users_sessions_are_listed_whatever_they_are_with,
    a_user_who_is_signed_out_everywhere_has_to_sign_in_again,
];

async fn a_users_sessions_are_listed_whatever_they_are_with(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    let bob = full.person("bob@example.com").await;
    let (browser, mut expected) = (app.browser(), Vec::new());
    for name in ["Shop", "Forum", "Wiki"] {
        let party = RelyingParty::register(&full, json!({ "name": name })).await;
        let session = party.sign_in(&browser, "ada@example.com").await.session;
        expected.insert(0, (party.client_id.clone(), session));
        party.sign_in(&app.browser(), "bob@example.com").await;
    }
    let path = format!("/users/{ada}/sessions");
    let found = full.each(&path, 2).await;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let found: Vec<_> = found.iter().map(|one| (text(&one["application_id"]), text(&one["id"]))).collect();
    assert_eq!(found, expected);
    assert_eq!(full.each(&format!("/users/{bob}/sessions"), 50).await.len(), 3);
    // Each is what its application shows.
    let first = full.get(&path).await.ok()["data"][0].clone();
    let (application, session) = &expected[0];
    assert_eq!(full.get(&format!("/applications/{application}/sessions/{session}")).await.data(), first);
}

async fn a_user_who_is_signed_out_everywhere_has_to_sign_in_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    full.person("bob@example.com").await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let (browser, bobs) = (app.browser(), app.browser());
    let tokens = shop.sign_in(&browser, "ada@example.com").await;
    let others = shop.sign_in(&bobs, "bob@example.com").await;
    let path = format!("/users/{ada}/sessions");
    assert_eq!(full.delete(&path).await.data(), json!({ "ended": 1 }));
    let told = json!({ "user_id": ada, "sessions": 1 });
    assert_eq!(full.entries("user.sessions_ended").await, [(Value::Null, told)]);
    assert_eq!(full.get(&path).await.ok()["data"][0]["state"], "ended");
    assert!(!shop.is_good(&tokens.access).await);
    let refreshed = shop.refresh(tokens.refresh.as_deref().expect("a refresh token")).await;
    assert_eq!(refreshed.body["error"], "invalid_grant");
    let silently = browser.get(&shop.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silently.sent("error").as_deref(), Some("login_required"));
    assert!(shop.is_good(&others.access).await, "nobody else is signed out");
    app.clock.advance_micros(1_000_000);
    let again = shop.sign_in(&browser, "ada@example.com").await;
    assert!(shop.is_good(&again.access).await);
    assert_eq!(full.delete(&path).await.data(), json!({ "ended": 1 }));
    assert_eq!(full.delete(&path).await.data(), json!({ "ended": 0 }));
}
