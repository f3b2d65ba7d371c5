//! `/api/v1/users/{user_id}/consents`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{RelyingParty, TestApp};

on_each_database![
    what_a_user_allowed_is_listed,
    a_withdrawn_consent_ends_what_it_allowed_and_is_asked_for_again,
    the_page_says_what_a_scope_means_in_the_tenants_words,
];

async fn what_a_user_allowed_is_listed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    let (browser, mut expected) = (app.browser(), Vec::new());
    for name in ["Shop", "Forum", "Wiki"] {
        let party = RelyingParty::register(&full, json!({ "name": name, "first_party": false })).await;
        party.sign_in(&browser, "ada@example.com").await;
        expected.insert(
            0,
            json!({
                "application_id": party.client_id,
                "scopes": ["email", "offline_access", "openid"],
                "granted_at": app.now(),
                "updated_at": app.now(),
            }),
        );
    }
    // One that asks for nothing is allowed nothing.
    let own = RelyingParty::register(&full, json!({ "name": "Own" })).await;
    own.sign_in(&browser, "ada@example.com").await;
    let mut found = full.each(&format!("/users/{ada}/consents"), 2).await;
    for consent in &mut found {
        let scopes = consent["scopes"].as_array_mut().expect("a list");
        scopes.sort_by_key(ToString::to_string);
    }
    assert_eq!(found, expected);
}

async fn a_withdrawn_consent_ends_what_it_allowed_and_is_asked_for_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({ "first_party": false })).await;
    let browser = app.browser();
    let tokens = shop.sign_in(&browser, "ada@example.com").await;
    let path = format!("/users/{ada}/consents/{}", shop.client_id);
    let answer = full.delete(&path).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let told = json!({ "user_id": ada, "scope": "openid email offline_access" });
    assert_eq!(full.entries("consent.withdrawn").await, [(told, Value::Null)]);
    assert_eq!(full.get(&format!("/users/{ada}/consents")).await.ok()["data"], json!([]));
    assert!(!shop.is_good(&tokens.access).await);
    let refreshed = shop.refresh(tokens.refresh.as_deref().expect("a refresh token")).await;
    assert_eq!(refreshed.body["error"], "invalid_grant");
    let silently = browser.get(&shop.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silently.sent("error").as_deref(), Some("consent_required"));
    full.delete(&path).await.refused(404, "consent_not_found");
    full.delete(&format!("/users/{ada}/consents/garbage")).await.refused(404, "consent_not_found");
    app.clock.advance_micros(1_000_000);
    let again = shop.sign_in(&browser, "ada@example.com").await;
    assert!(shop.is_good(&again.access).await);
}

async fn the_page_says_what_a_scope_means_in_the_tenants_words(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    for (scope, description) in [("orders:read", json!("See <your> orders")), ("orders:write", Value::Null)] {
        let body = json!({ "scope": scope, "description": description });
        let body = if description.is_null() { json!({ "scope": scope }) } else { body };
        full.post("/scopes", body).await.created();
    }
    let scopes = ["openid", "orders:read", "orders:write"];
    let body = json!({ "first_party": false, "allowed_scopes": scopes });
    let shop = RelyingParty::register(&full, body).await;
    let browser = app.browser();
    let path = shop.authorize_path(&[("scope", &scopes.join(" "))]);
    let page = browser.get(&path).await;
    let page = browser.type_password(&page, "ada@example.com", crate::harness::PASSWORD).await;
    assert_eq!(page.form_action(), "/consent");
    for shown in ["See &#60;your&#62; orders", "orders:write", "Know who you are"] {
        assert!(page.html.contains(shown), "{shown}: {}", page.html);
    }
}
