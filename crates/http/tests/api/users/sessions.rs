//! `/api/v1/users/{user_id}/sessions`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{RelyingParty, TestApp};

on_each_database![
    a_users_sessions_are_listed_whatever_they_are_with,
    a_users_sessions_are_filtered_by_state_and_by_application,
    one_session_of_a_user_ends_and_no_other,
    a_session_that_is_not_the_users_is_not_there,
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

async fn a_users_sessions_are_filtered_by_state_and_by_application(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let wiki = RelyingParty::register(&full, json!({ "name": "Wiki" })).await;
    let path = format!("/users/{ada}/sessions");
    let mut sessions = Vec::new();
    for party in [&shop, &shop, &wiki] {
        sessions.push(party.sign_in(&app.browser(), "ada@example.com").await.session);
        app.clock.advance_micros(200_000_000);
    }
    let [first, second, third] = <[String; 3]>::try_from(sessions).expect("three");
    full.delete(&format!("{path}/{second}")).await.with(204);
    for (query, expected) in [
        (String::new(), vec![&third, &second, &first]),
        ("?state=active".to_owned(), vec![&third]),
        ("?state=idle".to_owned(), vec![&first]),
        ("?state=ended".to_owned(), vec![&second]),
        (format!("?application_id={}", wiki.client_id), vec![&third]),
        (format!("?application_id={}&state=idle", shop.client_id), vec![&first]),
        (format!("?application_id={}&state=expired", shop.client_id), vec![]),
    ] {
        let listed = full.get(&format!("{path}{query}")).await.ok();
        let listed = listed["data"].as_array().expect("a list").clone();
        let found: Vec<_> = listed.iter().map(|one| one["id"].as_str().expect("an id")).collect();
        assert_eq!(found, expected, "{query}");
    }
    let refused = full.get(&format!("{path}?state=live&application_id=shop")).await;
    refused.refused_for(400, "invalid_request", &["application_id", "state"]);
}

async fn one_session_of_a_user_ends_and_no_other(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let [here, there] = [
        shop.sign_in(&app.browser(), "ada@example.com").await,
        shop.sign_in(&app.browser(), "ada@example.com").await,
    ];
    let path = format!("/users/{ada}/sessions/{}", here.session);
    assert_eq!(full.get(&path).await.data()["state"], "active");
    for _ in 0..2 {
        full.delete(&path).await.with(204);
        assert_eq!(full.get(&path).await.data()["state"], "ended");
    }
    let told = json!({ "session_id": here.session, "user_id": ada });
    assert_eq!(full.entries("session.ended").await, [(Value::Null, told)], "the second time nothing ended");
    for (tokens, good) in [(&here, false), (&there, true)] {
        let refreshed = shop.refresh(tokens.refresh.as_deref().expect("has one")).await;
        assert_eq!((shop.is_good(&tokens.access).await, refreshed.status == 200), (good, good));
    }
    app.with("users:read").await.delete(&path).await.refused(403, "insufficient_scope");
}

async fn a_session_that_is_not_the_users_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    full.person("bob@example.com").await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let bobs = shop.sign_in(&app.browser(), "bob@example.com").await;
    for id in [&*bobs.session, "ses_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage"] {
        let path = format!("/users/{ada}/sessions/{id}");
        full.get(&path).await.refused(404, "session_not_found");
        full.delete(&path).await.refused(404, "session_not_found");
    }
    assert!(shop.is_good(&bobs.access).await);
    let path = format!("/users/usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD/sessions/{}", bobs.session);
    full.delete(&path).await.refused(404, "user_not_found");
}
