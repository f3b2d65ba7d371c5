//! `/api/v1/applications/{application_id}/sessions`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{RelyingParty, TestApp, Tokens, User, within_a_second};

on_each_database![
    a_session_is_shown_as_it_is,
    sessions_are_filtered_by_state_and_by_user,
    the_list_is_read_page_by_page,
    what_was_issued_in_an_ended_session_is_refused_everywhere,
    every_session_is_ended_at_once_and_counted,
    with_an_applications_tokens_its_sessions_end,
    an_application_counts_its_sessions_and_is_kept_by_a_live_one,
    a_session_is_seen_when_its_token_is_shown,
    a_session_that_is_not_the_applications_is_not_there,
];

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

async fn shop<'a>(full: &User<'a>) -> (RelyingParty<'a>, String) {
    let shop = RelyingParty::register(full, json!({})).await;
    let path = format!("/applications/{}/sessions", shop.client_id);
    (shop, path)
}

async fn ids(user: &User<'_>, path: &str) -> Vec<String> {
    let listed = user.get(path).await.ok();
    let id = |session: &Value| session["id"].as_str().expect("an id").to_owned();
    listed["data"].as_array().expect("a list").iter().map(id).collect()
}

async fn a_session_is_shown_as_it_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    let (shop, path) = shop(&full).await;
    let tokens = shop.sign_in(&app.browser(), "ada@example.com").await;
    let shown = full.get(&format!("{path}/{}", tokens.session)).await.data();
    assert_eq!(full.get(&path).await.ok()["data"], json!([shown]));
    let expires_at = shown["expires_at"].as_str().expect("text");
    assert!(*expires_at > *app.after(86_400), "{expires_at}");
    let agent = shown["user_agent"].as_str().expect("text");
    assert!(agent.contains("Firefox"), "{agent}");
    let expected = json!({
        "id": tokens.session,
        "application_id": shop.client_id,
        "user_id": ada,
        "state": "active",
        "impersonation_id": null,
        "created_at": app.now(),
        "last_seen_at": app.now(),
        "expires_at": expires_at,
        "ended_at": null,
        "address": "203.0.113.7",
        "user_agent": agent,
    });
    assert_eq!(shown, expected);
}

async fn sessions_are_filtered_by_state_and_by_user(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    let bob = full.person("bob@example.com").await;
    let (shop, path) = shop(&full).await;
    let mut sessions = Vec::new();
    for email in ["ada@example.com", "ada@example.com", "bob@example.com"] {
        sessions.push(shop.sign_in(&app.browser(), email).await.session);
        app.clock.advance_micros(200 * SECOND);
    }
    let [first, second, third] = <[String; 3]>::try_from(sessions).expect("three");
    full.delete(&format!("{path}/{second}")).await.with(204);
    for (query, expected) in [
        ("", vec![&third, &second, &first]),
        ("?state=active", vec![&third]),
        ("?state=idle", vec![&first]),
        ("?state=ended", vec![&second]),
        ("?state=expired", vec![]),
        (&format!("?user_id={bob}"), vec![&third]),
        (&format!("?user_id={ada}&state=idle"), vec![&first]),
        (&format!("?user_id={bob}&state=idle"), vec![]),
    ] {
        let found = ids(&full, &format!("{path}{query}")).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    app.clock.advance_micros(100 * DAY);
    let full = app.full().await;
    assert_eq!(ids(&full, &format!("{path}?state=expired")).await, [third, first]);
    full.get(&format!("{path}?state=live&user_id=ada")).await.refused_for(
        400,
        "invalid_request",
        &["state", "user_id"],
    );
}

async fn the_list_is_read_page_by_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let (shop, path) = shop(&full).await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.insert(0, shop.sign_in(&app.browser(), "ada@example.com").await.session);
    }
    let found = full.each(&path, 2).await;
    let found: Vec<_> = found.iter().map(|session| session["id"].as_str().expect("an id")).collect();
    assert_eq!(found, expected);
}

/// Whether each way to use what a person gave the application is closed.
async fn is_refused_everywhere(app: &TestApp, shop: &RelyingParty<'_>, tokens: &Tokens) -> bool {
    let refreshed = shop.refresh(tokens.refresh.as_deref().expect("a refresh token")).await;
    let (id, secret) = app.management();
    let form = format!("token={}", tokens.access);
    let told = app.client(id, secret).form("/oauth2/introspect", &form).await.ok();
    let refused = [
        !shop.is_good(&tokens.access).await,
        refreshed.body["error"] == "invalid_grant",
        told == json!({ "active": false }),
    ];
    assert!(refused.iter().all(|one| *one == refused[0]), "{refused:?}");
    refused[0]
}

async fn what_was_issued_in_an_ended_session_is_refused_everywhere(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    let (shop, path) = shop(&full).await;
    let browser = app.browser();
    let tokens = shop.sign_in(&browser, "ada@example.com").await;
    let other = shop.sign_in(&app.browser(), "ada@example.com").await;
    let one = format!("{path}/{}", tokens.session);
    for _ in 0..2 {
        let answer = full.delete(&one).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        let shown = full.get(&one).await.data();
        assert_eq!((&shown["state"], &shown["ended_at"]), (&json!("ended"), &json!(app.now())));
    }
    let told = json!({ "session_id": tokens.session, "user_id": ada });
    // The second time nothing changed.
    assert_eq!(full.entries("session.ended").await, [(Value::Null, told)]);
    assert!(is_refused_everywhere(&app, &shop, &tokens).await);
    assert!(shop.is_good(&other.access).await, "another browser's session goes on");
    // Whoever is signed in begins another one, without a page.
    app.clock.advance_micros(SECOND);
    let again = browser.get(&shop.authorize_path(&[("prompt", "none")])).await;
    assert!(again.sent("code").is_some(), "{again:?}");
    assert_eq!(ids(&full, &path).await.len(), 3);
}

async fn every_session_is_ended_at_once_and_counted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let (ours, path) = shop(&full).await;
    let (other, _) = shop(&full).await;
    let browser = app.browser();
    let first = ours.sign_in(&browser, "ada@example.com").await;
    let second = ours.sign_in(&app.browser(), "ada@example.com").await;
    let elsewhere = other.sign_in(&browser, "ada@example.com").await;
    assert_eq!(full.delete(&path).await.data(), json!({ "ended": 2 }));
    assert!(is_refused_everywhere(&app, &ours, &first).await);
    assert!(is_refused_everywhere(&app, &ours, &second).await);
    assert!(other.is_good(&elsewhere.access).await);
    assert_eq!(full.delete(&path).await.data(), json!({ "ended": 0 }));
    // The second time nothing changed.
    let entries = full.entries("application.sessions_ended").await;
    assert_eq!(entries, [(Value::Null, json!({ "sessions": 2 }))]);
}

async fn an_application_counts_its_sessions_and_is_kept_by_a_live_one(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let (shop, path) = shop(&full).await;
    let counts = async |full: &User<'_>| {
        let shown = full.read(&shop.client_id).await;
        (shown["sessions"].clone(), shown["can_delete"].as_bool().expect("a hint"))
    };
    let none = json!({ "live": 0, "active": 0, "idle": 0, "total": 0 });
    assert_eq!(counts(&full).await, (none, true));
    for _ in 0..2 {
        shop.sign_in(&app.browser(), "ada@example.com").await;
        app.clock.advance_micros(200 * SECOND);
    }
    let both = json!({ "live": 2, "active": 1, "idle": 1, "total": 2 });
    assert_eq!(counts(&full).await, (both.clone(), false));
    let application = format!("/applications/{}", shop.client_id);
    let disabled = full.act(&format!("{application}/disable")).await.data();
    assert_eq!((&disabled["sessions"], &disabled["can_delete"]), (&both, &json!(false)));
    full.delete(&application).await.refused(409, "app_in_use_cannot_delete");
    full.delete(&path).await.data();
    let over = json!({ "live": 0, "active": 0, "idle": 0, "total": 2 });
    assert_eq!(counts(&full).await, (over, true));
    full.delete(&application).await.with(204);
}

async fn a_session_is_seen_when_its_token_is_shown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let (shop, path) = shop(&full).await;
    let tokens = shop.sign_in(&app.browser(), "ada@example.com").await;
    let one = format!("{path}/{}", tokens.session);
    let (id, secret) = app.management();
    let form = format!("token={}", tokens.access);
    for shows_it_to_us in [true, false] {
        app.clock.advance_micros(100 * SECOND);
        if shows_it_to_us {
            assert!(shop.is_good(&tokens.access).await);
        } else {
            // The feed tells once more of what was written here.
            within_a_second("introspection asks no database", async || {
                let before = app.statements();
                let told = app.client(id, secret).form("/oauth2/introspect", &form).await.ok();
                assert_eq!(told["active"], true);
                app.statements() == before
            })
            .await;
        }
        assert_ne!(full.get(&one).await.data()["last_seen_at"], app.now());
        app.tell_sightings().await;
        assert_eq!(full.get(&one).await.data()["last_seen_at"], app.now());
    }
    // Telling again tells nothing older.
    app.tell_sightings().await;
    assert_eq!(full.get(&one).await.data()["last_seen_at"], app.now());
}

async fn a_session_that_is_not_the_applications_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let (ours, path) = shop(&full).await;
    let (_, others) = shop(&full).await;
    let tokens = ours.sign_in(&app.browser(), "ada@example.com").await;
    for (path, id) in
        [(&others, tokens.session.as_str()), (&path, "ses_01KAH8Q2M4F7V9X3C5N8R1T6ZD"), (&path, "garbage")]
    {
        for method in [Method::GET, Method::DELETE] {
            let request = full.request(method, &format!("/api/v1{path}/{id}"));
            full.send(request, "").await.refused(404, "session_not_found");
        }
    }
    assert!(ours.is_good(&tokens.access).await);
}

async fn with_an_applications_tokens_its_sessions_end(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let (shop, path) = shop(&full).await;
    let portal = RelyingParty::register(&full, json!({ "name": "Portal" })).await;
    let browser = app.browser();
    let tokens = shop.sign_in(&browser, "ada@example.com").await;
    let others = portal.sign_in(&browser, "ada@example.com").await;
    let untraded = browser.get(&shop.authorize_path(&[])).await.sent("code").expect("is let in");
    app.clock.advance_micros(SECOND);
    full.act(&format!("/applications/{}/revoke-tokens", shop.client_id)).await.ok();
    let told = json!({ "issued_before": app.now() });
    assert_eq!(full.entries("application.tokens_revoked").await, [(Value::Null, told)]);
    assert!(!app.is_active(&tokens.access).await && !shop.is_good(&tokens.access).await);
    let refresh_token = tokens.refresh.expect("asked for offline_access");
    shop.refresh(&refresh_token).await.refused_by_oauth(400, "invalid_grant");
    shop.trade(&untraded).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(ids(&full, &format!("{path}?state=ended")).await, [tokens.session]);
    assert_eq!(full.read(&shop.client_id).await["sessions"]["live"], 0);
    // Another application's are as they were, and so is the person.
    assert!(app.is_active(&others.access).await);
    app.clock.advance_micros(SECOND);
    let back = browser.get(&shop.authorize_path(&[("prompt", "none")])).await;
    let again = Tokens::of(&shop.trade(&back.sent("code").expect("is signed in still")).await.ok());
    assert!(shop.is_good(&again.access).await);
    shop.refresh(&again.refresh.expect("asked for offline_access")).await.ok();
}
