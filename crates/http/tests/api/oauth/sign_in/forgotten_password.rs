//! `/forgotten-password`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::HeaderMap;
use serde_json::{Value, json};

use crate::harness::{Browser, Page, RelyingParty, TestApp, User};

on_each_database![
    whoever_forgot_their_password_is_mailed_a_link,
    nobody_learns_whether_there_is_such_an_account,
    what_is_no_address_is_told,
    nobody_is_written_to_again_and_again,
    an_operator_is_written_to_where_operators_sign_in,
    without_a_way_for_mail_the_page_says_the_same,
    the_form_is_taken_from_its_own_browser,
];

const ADA: &str = "ada@example.com";
/// As long as that, and nobody's.
const EVE: &str = "eve@example.com";

async fn ask(browser: &Browser<'_>, address: &str) -> Page {
    let page = browser.get("/forgotten-password").await;
    browser.submit(&page, &[("address", address)]).await
}

/// What a stranger could compare.
fn seen(page: &Page, address: &str) -> (u16, HeaderMap, String) {
    let mut headers = page.headers.clone();
    headers.remove("x-request-id");
    headers.remove("content-length");
    (page.status.as_u16(), headers, page.html.replace(address, "ADDRESS"))
}

/// Of the whole history, who wished for what, and for whom.
async fn wishes(full: &User<'_>) -> Vec<Value> {
    let mut listed = full.get("/audit?action=user.password_reset_requested").await.ok();
    let entries = listed["data"].as_array_mut().expect("a list").iter_mut();
    entries.map(|entry| json!([entry["actor"]["kind"], entry["after"]["user_id"]])).collect()
}

async fn whoever_forgot_their_password_is_mailed_a_link(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let full = app.full().await;
    let ada = full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    let (_, rest) = page.html.split_once("href=\"/forgotten-password?").expect("leads there");
    let query = rest.split('"').next().expect("ends").replace("&#38;", "&");
    let page = browser.get(&format!("/forgotten-password?{query}")).await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (200, "Forgotten your password?"));
    let sent = browser.submit(&page, &[("address", " ADA@example.com ")]).await;
    assert_eq!((sent.status.as_u16(), sent.heading().as_str()), (200, "Look into your mail"));
    assert!(sent.html.contains("href=\"/oauth2/authorize?"), "leads back: {}", sent.html);
    app.goes_on().await;
    let link = letters.take_link(ADA);
    assert!(link.starts_with("/reset-password?token=ml_"), "{link}");
    assert_eq!(wishes(&full).await, [json!(["anonymous", ada])], "anybody may have");
    let page = app.browser().get(&link).await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (200, "Choose a new password"));
}

async fn nobody_learns_whether_there_is_such_an_account(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    for status in ["suspended", "pending"] {
        let id = full.person(&format!("{status}@example.com")).await;
        full.patch(&format!("/users/{id}"), json!({ "status": status })).await.ok();
    }
    let browser = app.browser();
    let expected = seen(&ask(&browser, EVE).await, EVE);
    for address in [ADA, "suspended@example.com", "pending@example.com", "countess@localhost", ADA] {
        assert_eq!(seen(&ask(&browser, address).await, address), expected, "{address}");
    }
    app.goes_on().await;
    assert_eq!(letters.take_addresses(), [ADA]);
    assert_eq!(wishes(&full).await.len(), 1);
}

async fn what_is_no_address_is_told(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let browser = app.browser();
    for address in ["", "countess", "a@b@c", "ada@example.com\r\nbcc: eve@example.com"] {
        let page = ask(&browser, address).await;
        assert_eq!((page.status.as_u16(), page.heading().as_str()), (422, "Forgotten your password?"));
        assert!(page.html.contains("This is no email address."), "{address}: {}", page.html);
    }
    app.goes_on().await;
    assert!(letters.take_addresses().is_empty());
}

async fn nobody_is_written_to_again_and_again(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    app.full().await.person(ADA).await;
    for (advance, written) in [(0, 1), (0, 0), (59, 0), (1, 1), (0, 0), (119, 0), (1, 1), (239, 0), (1, 1)] {
        app.clock.advance_micros(advance * 1_000_000);
        assert_eq!(ask(&app.browser(), ADA).await.heading(), "Look into your mail");
        app.goes_on().await;
        assert_eq!(letters.take_addresses().len(), written);
    }
}

async fn an_operator_is_written_to_where_operators_sign_in(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let full = app.full().await;
    let (client_id, operator) = app.console().await;
    // Somebody of the tenant has the operator's address.
    full.person(&operator.email).await;
    let console = RelyingParty::new(&app, client_id);
    let callback = ("redirect_uri", "https://id.example/console/callback");
    let path = console.authorize_path(&[callback, ("scope", "openid")]);
    let browser = app.browser();
    let forgotten = path.replace("/oauth2/authorize", "/forgotten-password");
    let page = browser.get(&forgotten).await;
    browser.submit(&page, &[("address", &operator.email)]).await;
    app.goes_on().await;
    let link = letters.take_link(&operator.email);
    let new = "battery staple horse";
    let page = browser.get(&link).await;
    let done = browser.submit(&page, &[("new_password", new)]).await;
    assert_eq!(done.heading(), "Your password is changed");
    app.clock.advance_micros(1_000_000);
    let page = browser.get(&path).await;
    assert_eq!(browser.type_password(&page, &operator.email, &operator.password).await.status, 422);
    assert!(browser.type_password(&page, &operator.email, new).await.sent("code").is_some());
    // Whoever has that address in the tenant has the password that they had.
    let shop = RelyingParty::register(&full, json!({})).await;
    let page = app.browser().get(&shop.authorize_path(&[])).await;
    assert_eq!(page.heading(), "Sign in");
    shop.sign_in(&app.browser(), &operator.email).await;
}

async fn without_a_way_for_mail_the_page_says_the_same(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.full().await.person(ADA).await;
    let browser = app.browser();
    let expected = seen(&ask(&browser, EVE).await, EVE);
    assert_eq!(expected.0, 200);
    assert_eq!(seen(&ask(&browser, ADA).await, ADA), expected);
    app.goes_on().await;
}

async fn the_form_is_taken_from_its_own_browser(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    app.full().await.person(ADA).await;
    let browser = app.browser();
    let page = browser.get("/forgotten-password").await;
    let mut fields = page.hidden_fields();
    fields.push(("address".to_owned(), ADA.to_owned()));
    let evil = [("origin", "https://evil.example")];
    assert_eq!(browser.post_from("/forgotten-password", &fields, &evil).await.status, 403);
    assert_eq!(app.browser().post("/forgotten-password", &fields).await.status, 403);
    fields.retain(|(name, _)| name != "form_token");
    assert_eq!(browser.post("/forgotten-password", &fields).await.status, 403);
    app.goes_on().await;
    assert!(letters.take_addresses().is_empty());
}
