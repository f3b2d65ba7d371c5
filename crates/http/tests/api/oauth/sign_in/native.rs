//! Where any program on the machine can listen, no code is given out without a
//! word to the person (RFC 8252 §8.6).

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{Browser, ISSUER, PASSWORD, Page, RelyingParty, TestApp};

on_each_database![
    a_native_application_gets_no_code_without_a_page,
    an_operators_code_at_a_loopback_address_needs_a_page,
];

const ADA: &str = "ada@example.com";
const LOOPBACK: &str = "http://127.0.0.1:49152/callback";
const SCHEME: &str = "com.example.shop:/callback";
const CLAIMED: &str = "https://shop.example/app";

async fn ask(party: &RelyingParty<'_>, browser: &Browser<'_>, uri: &str, more: &[(&str, &str)]) -> Page {
    let more: Vec<_> = [("redirect_uri", uri), ("scope", "openid")].iter().chain(more).copied().collect();
    browser.get(&party.authorize_path(&more)).await
}

/// That a page comes first, and that where none may be shown nothing is given.
async fn assert_asks(party: &RelyingParty<'_>, browser: &Browser<'_>, uri: &str) {
    let silently = ask(party, browser, uri, &[("prompt", "none")]).await;
    assert_eq!(silently.sent("error").as_deref(), Some("interaction_required"), "{uri}");
    assert_eq!(silently.sent("code"), None, "{uri}");
    let page = ask(party, browser, uri, &[]).await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (200, "Choose an account"), "{uri}");
    let back = browser.submit(&page, &[("account", "this")]).await;
    assert!(back.sent("code").is_some(), "{uri}: {back:?}");
}

async fn a_native_application_gets_no_code_without_a_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let uris = json!(["http://127.0.0.1/callback", SCHEME, CLAIMED]);
    for first_party in [true, false] {
        let body = json!({ "type": "native", "redirect_uris": uris, "first_party": first_party });
        let shop = RelyingParty::register(&full, body).await;
        let browser = app.browser();
        // A password that was typed for it is a word, and so is a consent.
        let page = ask(&shop, &browser, LOOPBACK, &[]).await;
        let mut back = browser.type_password(&page, ADA, PASSWORD).await;
        if !first_party {
            assert_eq!(back.heading(), "Allow Shop?");
            back = browser.submit(&back, &[("decision", "allow")]).await;
        }
        assert!(back.sent("code").is_some(), "{back:?}");
        assert_asks(&shop, &browser, LOOPBACK).await;
        assert_asks(&shop, &browser, SCHEME).await;
        // Nobody else can be there.
        let silently = ask(&shop, &browser, CLAIMED, &[("prompt", "none")]).await;
        assert!(silently.sent("code").is_some(), "{silently:?}");
        let again = ask(&shop, &browser, LOOPBACK, &[("prompt", "consent")]).await;
        assert_eq!(again.heading(), "Allow Shop?");
        assert!(browser.submit(&again, &[("decision", "allow")]).await.sent("code").is_some());
    }
}

async fn an_operators_code_at_a_loopback_address_needs_a_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (client_id, operator) = app.console().await;
    let console = RelyingParty::new(&app, client_id);
    let browser = app.browser();
    let claimed = format!("{ISSUER}/console/callback");
    let page = ask(&console, &browser, &claimed, &[]).await;
    let back = browser.type_password(&page, &operator.email, &operator.password).await;
    assert!(back.sent("code").is_some(), "{back:?}");
    assert_asks(&console, &browser, LOOPBACK).await;
    let silently = ask(&console, &browser, &claimed, &[("prompt", "none")]).await;
    assert!(silently.sent("code").is_some(), "{silently:?}");
}
