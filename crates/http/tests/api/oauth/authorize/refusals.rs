//! What is wrong with a request is told to the application.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::StatusCode;
use serde_json::json;

use super::{assert_refused, assert_told};
use crate::harness::{AFTER_LOGOUT, ISSUER, REDIRECT_URI, RelyingParty, TestApp};

on_each_database![
    a_request_is_refused_as_its_rfc_says,
    a_parameter_is_there_once,
    what_is_too_long_is_refused,
    an_answer_can_be_posted,
    a_confidential_client_may_do_without_a_challenge_unless_it_must_not,
];

type Row<'a> = (&'static str, &'a [(&'static str, &'a str)], &'static str);

/// The person is not signed in, and is not asked to.
async fn a_request_is_refused_as_its_rfc_says(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop =
        RelyingParty::register(&app.full().await, json!({ "audience": "https://api.shop.example" })).await;
    let management = format!("{ISSUER}/api/v1");
    let table: &[Row<'_>] = &[
        ("RFC 6749 §3.1.1", &[("response_type", "")], "invalid_request"),
        ("RFC 6749 §3.1.1, RFC 9700 §2.1.2", &[("response_type", "token")], "unsupported_response_type"),
        ("RFC 6749 §3.1.1", &[("response_type", "code id_token")], "unsupported_response_type"),
        ("RFC 7636 §4.4.1", &[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        ("RFC 7636 §4.4.1", &[("code_challenge", "")], "invalid_request"),
        ("RFC 9700 §2.1.1", &[("code_challenge_method", "plain")], "invalid_request"),
        ("RFC 7636 §4.3, plain is what nothing means", &[("code_challenge_method", "")], "invalid_request"),
        ("RFC 7636 §4.2", &[("code_challenge", "too-short")], "invalid_request"),
        ("RFC 6749 §4.1.2.1", &[("scope", "openid applications:read")], "invalid_scope"),
        ("RFC 6749 §4.1.2.1", &[("scope", "openid no:such")], "invalid_scope"),
        ("RFC 6749 §3.3", &[("scope", "openid  email")], "invalid_scope"),
        ("RFC 8707 §2", &[("resource", "https://another.example")], "invalid_target"),
        ("RFC 8707 §2", &[("resource", "https://api.shop.example#x")], "invalid_target"),
        ("RFC 8707 §2, our own API is for operators", &[("resource", &management)], "invalid_target"),
        ("OIDC Core §3.1.2.6", &[("request", "e30.e30.")], "request_not_supported"),
        ("OIDC Core §3.1.2.6", &[("request_uri", "https://evil.example/r")], "request_uri_not_supported"),
        ("OIDC Core §3.1.2.6", &[("registration", "{}")], "registration_not_supported"),
        ("OIDC Core §3.1.2.1", &[("prompt", "none login")], "invalid_request"),
        ("OIDC Core §3.1.2.1", &[("prompt", "create")], "invalid_request"),
        ("OIDC Core §3.1.2.6", &[("prompt", "none")], "login_required"),
        ("OIDC Core §3.1.2.1", &[("max_age", "-1")], "invalid_request"),
        ("OIDC Core §3.1.2.1", &[("max_age", "an hour")], "invalid_request"),
        ("OAuth 2.0 Multiple Response Types §2.1", &[("response_mode", "fragment")], "invalid_request"),
    ];
    for (section, otherwise, error) in table {
        let page = app.browser().get(&shop.authorize_path(otherwise)).await;
        assert_refused(&page, error, Some("xyz"), &format!("{section} {otherwise:?}"));
    }
}

/// RFC 6749 §3.1
async fn a_parameter_is_there_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = RelyingParty::register(&app.full().await, json!({})).await;
    for name in
        ["response_type", "scope", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age"]
    {
        let path = format!("{}&{name}=x&{name}=x", shop.authorize_path(&[]));
        assert_refused(&app.browser().get(&path).await, "invalid_request", Some("xyz"), name);
    }
    let path = format!("{}&state=x", shop.authorize_path(&[]));
    assert_refused(&app.browser().get(&path).await, "invalid_request", None, "which state is meant?");
    for (name, value) in [("client_id", &*shop.client_id), ("redirect_uri", REDIRECT_URI)] {
        let path = format!("{}&{name}={value}", shop.authorize_path(&[]));
        assert_told(&app.browser().get(&path).await, name);
    }
}

async fn what_is_too_long_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = RelyingParty::register(&app.full().await, json!({})).await;
    let long = "a".repeat(10_000);
    for name in ["nonce", "login_hint", "id_token_hint"] {
        let page = app.browser().get(&shop.authorize_path(&[(name, &long)])).await;
        assert_refused(&page, "invalid_request", Some("xyz"), name);
    }
    let page = app.browser().get(&shop.authorize_path(&[("state", &long)])).await;
    assert_refused(&page, "invalid_request", None, "state");
    for name in ["client_id", "redirect_uri"] {
        assert_told(&app.browser().get(&shop.authorize_path(&[(name, &long)])).await, name);
    }
    let many = "&x=1".repeat(65);
    let page = app.browser().get(&format!("{}{many}", shop.authorize_path(&[]))).await;
    assert_told(&page, "65 parameters more");
    let fields = [("client_id".to_owned(), shop.client_id.clone()), ("x".to_owned(), "a".repeat(40_000))];
    assert_told(&app.browser().post("/oauth2/authorize", &fields).await, "a request of 40 kB");
    let fields = [("x".to_owned(), "a".repeat(3_000_000))];
    let page = app.browser().post("/oauth2/authorize", &fields).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// OAuth 2.0 Form Post Response Mode §2
async fn an_answer_can_be_posted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = app.browser();
    let refused =
        browser.get(&shop.authorize_path(&[("response_mode", "form_post"), ("prompt", "none")])).await;
    let page = browser.get(&shop.authorize_path(&[("response_mode", "form_post")])).await;
    let granted = browser.type_password(&page, "ada@example.com", crate::harness::PASSWORD).await;
    for (page, member) in [(&refused, "error"), (&granted, "code")] {
        assert_eq!((page.status, page.form_action().as_str()), (StatusCode::OK, REDIRECT_URI));
        assert_eq!(page.heading(), "Back to Shop");
        let answered = page.answered();
        assert_eq!((answered["state"].as_str(), answered["iss"].as_str()), ("xyz", ISSUER));
        assert!(answered.contains_key(member), "{answered:?}");
        assert_eq!(page.headers["cache-control"], "no-store");
    }
    assert_eq!(refused.answered()["error"], "login_required");
    assert!(!refused.answered().contains_key("code"));
    shop.trade(&granted.answered()["code"]).await.ok();
    assert!(!granted.html.contains(AFTER_LOGOUT));
}

/// RFC 9700 §2.1.1
async fn a_confidential_client_may_do_without_a_challenge_unless_it_must_not(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let server = RelyingParty::register(&full, json!({ "type": "server" })).await;
    assert_eq!(app.browser().get(&server.authorize_path(&without)).await.heading(), "Sign in");
    let path = format!("/applications/{}", server.client_id);
    full.patch(&path, json!({ "require_pkce": true })).await.ok();
    let page = app.browser().get(&server.authorize_path(&without)).await;
    assert_refused(&page, "invalid_request", Some("xyz"), "require_pkce");
}
