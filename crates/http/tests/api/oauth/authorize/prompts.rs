//! When a person is asked, and when nothing may be shown (OIDC Core §3.1.2.1,
//! §3.1.2.6).

use appkeep_testkit::{TestDatabase, on_each_database};
use http::StatusCode;
use serde_json::json;

use super::assert_refused;
use crate::harness::{Browser, PASSWORD, Page, RelyingParty, TestApp, Tokens, claims};

on_each_database![
    prompt_none_shows_no_page,
    prompt_login_asks_again,
    max_age_asks_those_who_signed_in_long_ago,
    prompt_select_account_lets_the_person_choose,
    an_id_token_names_who_is_meant,
    a_hint_is_only_a_hint,
    a_request_by_post_is_the_same_by_get,
];

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

/// Ada and Bob, an application, and a browser in which Ada signed in to it.
struct Given<'a> {
    shop: RelyingParty<'a>,
    browser: Browser<'a>,
    tokens: Tokens,
}

impl<'a> Given<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let full = app.full().await;
        for email in [ADA, BOB] {
            full.person(email).await;
        }
        let shop = RelyingParty::register(&full, json!({})).await;
        let browser = app.browser();
        let tokens = shop.sign_in(&browser, ADA).await;
        Self { shop, browser, tokens }
    }

    async fn ask(&self, more: &[(&str, &str)]) -> Page {
        self.browser.get(&self.shop.authorize_path(more)).await
    }

    async fn auth_time(&self, back: &Page) -> i64 {
        let tokens = self.shop.trade(&back.sent("code").expect("is let in")).await.ok();
        claims(tokens["id_token"].as_str().expect("a token"))["auth_time"].as_i64().expect("a number")
    }
}

async fn prompt_none_shows_no_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let nobody = app.browser().get(&given.shop.authorize_path(&[("prompt", "none")])).await;
    assert_refused(&nobody, "login_required", Some("xyz"), "nobody is signed in");
    let back = given.ask(&[("prompt", "none")]).await;
    assert!(back.sent("code").is_some());
    assert_eq!(back.sent("iss").as_deref(), Some(crate::harness::ISSUER), "RFC 9207 §2");
    assert_eq!(back.sent("state").as_deref(), Some("xyz"));
    let full = app.full().await;
    let path = format!("/applications/{}", given.shop.client_id);
    full.patch(&path, json!({ "first_party": false })).await.ok();
    assert_refused(&given.ask(&[("prompt", "none")]).await, "consent_required", Some("xyz"), "no consent");
    full.patch(&path, json!({ "first_party": true, "assignment_required": true })).await.ok();
    assert_refused(&given.ask(&[("prompt", "none")]).await, "access_denied", Some("xyz"), "not assigned");
    full.patch(&path, json!({ "assignment_required": false })).await.ok();
    // A sign-in lasts for a week, whatever comes of it.
    app.clock.advance_micros(7 * 86_400_000_000);
    assert_refused(&given.ask(&[("prompt", "none")]).await, "login_required", Some("xyz"), "it expired");
}

async fn prompt_login_asks_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let first = claims(&given.tokens.id.clone().expect("asked for openid"));
    app.clock.advance_micros(5_000_000);
    let page = given.ask(&[("prompt", "login")]).await;
    assert_eq!((page.status, page.heading().as_str()), (StatusCode::OK, "Sign in"));
    let wrong = given.browser.type_password(&page, ADA, "wrong").await;
    assert_eq!((wrong.status.as_u16(), wrong.location()), (422, None), "being signed in is not enough");
    let back = given.browser.type_password(&wrong, ADA, PASSWORD).await;
    let tokens = given.shop.trade(&back.sent("code").expect("signed in")).await.ok();
    let second = claims(tokens["id_token"].as_str().expect("a token"));
    assert_eq!(second["auth_time"].as_i64(), first["auth_time"].as_i64().map(|first| first + 5));
    assert_eq!(second["sid"], first["sid"], "it goes on");
    // What one form proved is not proved for the next request.
    assert_eq!(given.ask(&[("prompt", "login")]).await.heading(), "Sign in");
}

async fn max_age_asks_those_who_signed_in_long_ago(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let signed_in_at = given.auth_time(&given.ask(&[]).await).await;
    app.clock.advance_micros(100_000_000);
    assert!(given.ask(&[("max_age", "101")]).await.sent("code").is_some());
    for max_age in ["0", "1", "99"] {
        assert_eq!(given.ask(&[("max_age", max_age)]).await.heading(), "Sign in", "{max_age}");
        let silently = given.ask(&[("max_age", max_age), ("prompt", "none")]).await;
        assert_refused(&silently, "login_required", Some("xyz"), max_age);
    }
    let page = given.ask(&[("max_age", "0")]).await;
    let back = given.browser.type_password(&page, ADA, PASSWORD).await;
    assert_eq!(given.auth_time(&back).await, signed_in_at + 100);
}

async fn prompt_select_account_lets_the_person_choose(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let page = given.ask(&[("prompt", "select_account")]).await;
    assert_eq!(page.heading(), "Choose an account");
    assert!(page.html.contains(ADA), "{}", page.html);
    let back = given.browser.submit(&page, &[("account", "this")]).await;
    assert!(back.sent("code").is_some());
    let page = given.ask(&[("prompt", "select_account")]).await;
    let page = given.browser.submit(&page, &[("account", "another")]).await;
    assert_eq!(page.heading(), "Sign in");
    let back = given.browser.type_password(&page, BOB, PASSWORD).await;
    let tokens = Tokens::of(&given.shop.trade(&back.sent("code").expect("is Bob")).await.ok());
    assert_ne!(tokens.session, given.tokens.session);
    let nobody = app.browser().get(&given.shop.authorize_path(&[("prompt", "select_account")])).await;
    assert_eq!(nobody.heading(), "Sign in", "there is nobody to choose");
}

/// OIDC Core §3.1.2.1, `id_token_hint`
async fn an_id_token_names_who_is_meant(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let own = given.tokens.id.clone().expect("asked for openid");
    let bobs = given.shop.sign_in(&app.browser(), BOB).await.id.expect("asked for openid");
    assert!(given.ask(&[("id_token_hint", &own), ("prompt", "none")]).await.sent("code").is_some());
    let another = given.ask(&[("id_token_hint", &bobs), ("prompt", "none")]).await;
    assert_refused(&another, "login_required", Some("xyz"), "somebody else is signed in");
    let page = given.ask(&[("id_token_hint", &bobs)]).await;
    assert_eq!(page.heading(), "Sign in");
    // Signing in as somebody who is not meant leads nowhere.
    let again = given.browser.type_password(&page, ADA, PASSWORD).await;
    assert_eq!((again.location(), again.heading().as_str()), (None, "Sign in"));
    let back = given.browser.type_password(&again, BOB, PASSWORD).await;
    assert!(back.sent("code").is_some());
}

/// A token that is none of ours names nobody; where nobody is asked, nobody is
/// taken for whoever was meant.
async fn a_hint_is_only_a_hint(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let mut forged = given.tokens.id.clone().expect("asked for openid");
    forged.truncate(forged.len() - 10);
    for hint in [forged.as_str(), "garbage", "e30.e30.", &given.tokens.access] {
        let silently = given.ask(&[("id_token_hint", hint), ("prompt", "none")]).await;
        assert_refused(&silently, "login_required", Some("xyz"), hint);
        let back = given.ask(&[("id_token_hint", hint)]).await;
        assert!(back.sent("code").is_some(), "{hint}");
    }
    let page = app.browser().get(&given.shop.authorize_path(&[("login_hint", "\"><b>ada")])).await;
    assert!(page.html.contains("&#34;&#62;&#60;b&#62;ada") && !page.html.contains("<b>ada"), "{}", page.html);
}

/// OIDC Core §3.1.2.1: both methods are offered.
async fn a_request_by_post_is_the_same_by_get(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let path = given.shop.authorize_path(&[("prompt", "none")]);
    let (_, query) = path.split_once('?').expect("has a query");
    let fields: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let headers = [("origin", "https://shop.example"), ("sec-fetch-site", "cross-site")];
    let page = given.browser.post_from("/oauth2/authorize", &fields, &headers).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let location = page.headers["location"].to_str().expect("ASCII").to_owned();
    assert!(location.starts_with("/oauth2/authorize?"), "{location}");
    assert!(given.browser.get(&location).await.sent("code").is_some());
}
