//! The way through `/oauth2/authorize`, `/sign-in` and `/consent`, from an
//! application and back; and the pages beside it.

mod account;
mod address_lockout;
mod forgotten_password;
mod forms;
mod limits;
mod links;
mod lockout;
mod native;
mod operators;
mod people;

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{RelyingParty, TestApp};

on_each_database![
    a_person_signs_in_once_and_then_no_page_is_shown,
    a_request_without_a_scope_and_a_redirect_uri_goes_through_every_page,
];

async fn a_person_signs_in_once_and_then_no_page_is_shown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({ "first_party": false })).await;
    let browser = app.browser();
    let tokens = shop.sign_in(&browser, "ada@example.com").await;
    assert!(shop.is_good(&tokens.access).await);
    assert!(tokens.id.is_some() && tokens.refresh.is_some());
    assert!(browser.cookie("appkeep_session").is_some());
    let again = browser.get(&shop.authorize_path(&[("prompt", "none")])).await;
    assert!(again.sent("code").is_some(), "{again:?}");
}

/// RFC 6749 §3.1.2.3, §3.3: plain OAuth may leave out both.
async fn a_request_without_a_scope_and_a_redirect_uri_goes_through_every_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({ "first_party": false })).await;
    let only = RelyingParty::register(&full, json!({ "name": "Only", "allowed_scopes": ["openid"] })).await;
    for (party, scope) in [(&shop, json!("profile email offline_access")), (&only, json!(""))] {
        for more in [&[][..], &[("prompt", "select_account")]] {
            let left_out = [&[("redirect_uri", ""), ("scope", "")], more].concat();
            let back = party.walk(&app.browser(), "ada@example.com", &left_out).await;
            let code = back.sent("code").unwrap_or_else(|| panic!("no code: {back:?}"));
            let tokens = party.trade_with(&code, &[("redirect_uri", "")]).await.ok();
            assert_eq!((&tokens["scope"], tokens.get("id_token")), (&scope, None), "{tokens}");
        }
    }
    // One of OpenID Connect has to name it.
    let page = app.browser().get(&shop.authorize_path(&[("redirect_uri", "")])).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None));
    // And gets all that it may have when it does.
    let back = shop.walk(&app.browser(), "ada@example.com", &[("scope", "")]).await;
    let tokens = shop.trade(&back.sent("code").expect("a code")).await.ok();
    assert_eq!(tokens["scope"], "openid profile email offline_access");
}
