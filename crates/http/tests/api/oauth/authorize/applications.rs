//! What an application gets depends on its state, and on whom it is for.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::StatusCode;
use serde_json::json;

use super::{assert_refused, assert_told};
use crate::harness::{Browser, PASSWORD, RelyingParty, TestApp, User};

on_each_database![
    an_application_that_gets_no_tokens_gets_no_code,
    only_those_who_are_assigned_are_let_in,
    what_a_person_allowed_is_remembered,
    the_owners_own_applications_do_not_ask,
];

const ADA: &str = "ada@example.com";

/// RFC 6749 §4.1.2.1, `unauthorized_client`
async fn an_application_that_gets_no_tokens_gets_no_code(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({ "type": "server" })).await;
    let browser = app.browser();
    shop.walk(&browser, ADA, &[]).await.sent("code").expect("is let in");
    let path = format!("/applications/{}", shop.client_id);
    let ask = async |why: &str| {
        for somebody in [&browser, &app.browser()] {
            let page = somebody.get(&shop.authorize_path(&[])).await;
            assert_refused(&page, "unauthorized_client", Some("xyz"), why);
        }
    };
    full.act(&format!("{path}/disable")).await.ok();
    ask("disabled").await;
    full.act(&format!("{path}/enable")).await.ok();
    full.patch(&path, json!({ "grant_types": ["client_credentials"] })).await.ok();
    ask("without the grant").await;
    full.patch(&path, json!({ "grant_types": ["authorization_code"] })).await.ok();
    assert!(browser.get(&shop.authorize_path(&[])).await.sent("code").is_some());
    full.act(&format!("{path}/archive")).await.ok();
    ask("archived").await;
    full.act(&format!("{path}/restore")).await.ok();
    // The person looks at a page while it is disabled.
    let stranger = app.browser();
    let page = stranger.get(&shop.authorize_path(&[])).await;
    full.act(&format!("{path}/disable")).await.ok();
    let page = stranger.type_password(&page, ADA, PASSWORD).await;
    assert_refused(&page, "unauthorized_client", Some("xyz"), "disabled meanwhile");
    // And while it is deleted.
    full.act(&format!("{path}/enable")).await.ok();
    let page = stranger.get(&shop.authorize_path(&[("prompt", "login")])).await;
    full.act(&format!("{path}/archive")).await.ok();
    full.delete(&path).await.with(204);
    let page = stranger.type_password(&page, ADA, PASSWORD).await;
    assert_told(&page, "deleted meanwhile");
}

async fn only_those_who_are_assigned_are_let_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({ "assignment_required": true })).await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    let page = browser.type_password(&page, ADA, PASSWORD).await;
    assert_eq!((page.status, page.location()), (StatusCode::FORBIDDEN, None));
    assert!(page.html.contains("Shop") && page.html.contains(ADA), "{}", page.html);
    let silently = browser.get(&shop.authorize_path(&[("prompt", "none")])).await;
    assert_refused(&silently, "access_denied", Some("xyz"), "OIDC Core §3.1.2.6");
    let path = format!("/applications/{}/assignments", shop.client_id);
    let is_let_in = async || browser.get(&shop.authorize_path(&[("prompt", "none")])).await.sent("code");
    full.put(&format!("{path}/{ada}")).await.with(204);
    let code = is_let_in().await.expect("is assigned");
    let tokens = shop.trade(&code).await.ok();
    let refresh_token = tokens["refresh_token"].as_str().expect("text");
    full.delete(&format!("{path}/{ada}")).await.with(204);
    assert_eq!(is_let_in().await, None);
    shop.refresh(refresh_token).await.refused_by_oauth(400, "invalid_grant");
    // By a group within a group.
    let (inner, outer) = (full.group("Accounting").await, full.group("Everybody").await);
    full.put(&format!("/groups/{inner}/members/{ada}")).await.with(204);
    full.put(&format!("{path}/{outer}")).await.with(204);
    assert_eq!(is_let_in().await, None, "not yet a group within it");
    full.put(&format!("/groups/{outer}/subgroups/{inner}")).await.with(204);
    let code = is_let_in().await.expect("is assigned by a nested group");
    full.delete(&format!("/groups/{outer}/subgroups/{inner}")).await.with(204);
    shop.trade(&code).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(is_let_in().await, None);
}

async fn ask(
    shop: &RelyingParty<'_>,
    browser: &Browser<'_>,
    scope: &str,
    prompt: &str,
) -> Result<String, String> {
    let page = browser.get(&shop.authorize_path(&[("scope", scope), ("prompt", prompt)])).await;
    let answered = page.answered();
    answered
        .get("code")
        .cloned()
        .ok_or_else(|| answered.get("error").cloned().unwrap_or_else(|| page.heading()))
}

async fn what_a_person_allowed_is_remembered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({ "first_party": false })).await;
    let browser = signed_in(&app, &full).await;
    let asked = || Err("Allow Shop?".to_owned());
    assert_eq!(ask(&shop, &browser, "openid email", "none").await, Err("consent_required".to_owned()));
    assert_eq!(ask(&shop, &browser, "openid email", "").await, asked());
    // RFC 6749 §4.1.2.1, `access_denied`: what is refused is not remembered.
    let page = browser.get(&shop.authorize_path(&[("scope", "openid email")])).await;
    let denied = browser.submit(&page, &[("decision", "deny")]).await;
    assert_refused(&denied, "access_denied", Some("xyz"), "refused by the person");
    assert_eq!(ask(&shop, &browser, "openid email", "").await, asked());
    // Neither does a form without a decision allow anything.
    let page = browser.get(&shop.authorize_path(&[("scope", "openid email")])).await;
    assert_refused(&browser.submit(&page, &[]).await, "access_denied", Some("xyz"), "no decision");
    let page = browser.get(&shop.authorize_path(&[("scope", "openid email")])).await;
    let allowed = browser.submit(&page, &[("decision", "allow")]).await;
    let tokens = shop.trade(&allowed.sent("code").expect("is allowed")).await.ok();
    assert_eq!(tokens["scope"], "openid email");
    for scope in ["openid email", "openid", "email"] {
        assert!(ask(&shop, &browser, scope, "none").await.is_ok(), "{scope} was allowed");
    }
    assert_eq!(ask(&shop, &browser, "openid profile", "none").await, Err("consent_required".to_owned()));
    let page = browser.get(&shop.authorize_path(&[("scope", "openid profile")])).await;
    browser.submit(&page, &[("decision", "allow")]).await.sent("code").expect("is allowed");
    for scope in ["openid profile", "openid email", "openid email profile"] {
        assert!(
            ask(&shop, &browser, scope, "none").await.is_ok(),
            "{scope} was allowed, at one time or another"
        );
    }
    // OIDC Core §3.1.2.1: asked all the same.
    assert_eq!(ask(&shop, &browser, "openid", "consent").await, asked());
    assert_eq!(app.times("consent.given").await, 2);
}

async fn the_owners_own_applications_do_not_ask(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = signed_in(&app, &full).await;
    assert!(ask(&shop, &browser, "openid email", "none").await.is_ok());
    assert_eq!(ask(&shop, &browser, "openid email", "consent").await, Err("Allow Shop?".to_owned()));
    assert_eq!(app.times("consent.given").await, 0);
    let path = format!("/applications/{}", shop.client_id);
    full.patch(&path, json!({ "first_party": false })).await.ok();
    assert_eq!(ask(&shop, &browser, "openid email", "none").await, Err("consent_required".to_owned()));
}

/// A browser in which Ada is signed in, to another application.
async fn signed_in<'a>(app: &'a TestApp, full: &User<'a>) -> Browser<'a> {
    let portal = RelyingParty::register(full, json!({ "name": "Portal" })).await;
    let browser = app.browser();
    portal.sign_in(&browser, ADA).await;
    browser
}
