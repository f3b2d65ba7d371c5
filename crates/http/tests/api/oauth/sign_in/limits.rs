//! From where too much has failed, nothing of the pages goes on for a while,
//! but signing out.

use std::time::Duration;

use appkeep_service::Rate;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{Browser, PASSWORD, Page, RelyingParty, TestApp};

on_each_database![
    wishes_for_links_count_whoever_they_are_about,
    forged_forms_count_against_nobody,
    where_too_much_has_failed_every_form_waits,
];

const ADA: &str = "ada@example.com";
const THREE: Rate = Rate { times: 3, per: Duration::from_mins(1) };

async fn forget(browser: &Browser<'_>, address: &str) -> u16 {
    let page = browser.get("/forgotten-password").await;
    browser.submit(&page, &[("address", address)]).await.status.as_u16()
}

#[track_caller]
fn assert_too_often(page: &Page, seconds: &str, why: &str) {
    assert_eq!(page.status, 429, "{why}: {}", page.html);
    assert_eq!(page.headers["retry-after"], seconds, "{why}");
}

async fn wishes_for_links_count_whoever_they_are_about(database: TestDatabase) {
    let (app, letters) = TestApp::limited(&database, THREE).await;
    app.full().await.person(ADA).await;
    let browser = app.browser();
    for (address, status) in [("eve@example.com", 200), (ADA, 200), ("eve@example.com", 200), (ADA, 429)] {
        assert_eq!(forget(&browser, address).await, status, "{address}");
    }
    assert_eq!(forget(&browser, "eve@example.com").await, 429);
    app.goes_on().await;
    assert_eq!(letters.take_addresses(), [ADA]);
    app.clock.advance_micros(20_000_000);
    assert_eq!(forget(&browser, "eve@example.com").await, 200);
}

/// Whoever is led to a stranger's page sends the stranger's forms.
async fn forged_forms_count_against_nobody(database: TestDatabase) {
    let (app, _) = TestApp::limited(&database, THREE).await;
    app.full().await.person(ADA).await;
    let shop = RelyingParty::register(&app.full().await, json!({})).await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    let fields = [("form_token".to_owned(), "garbage".to_owned())];
    for path in ["/consent", "/account", "/forgotten-password", "/sign-in", "/consent"] {
        assert_eq!(browser.post(path, &fields).await.status, 403, "{path}");
    }
    assert!(browser.type_password(&page, ADA, PASSWORD).await.sent("code").is_some());
    assert_eq!(forget(&browser, ADA).await, 200);
}

async fn where_too_much_has_failed_every_form_waits(database: TestDatabase) {
    let (app, _) = TestApp::limited(&database, THREE).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let (browser, another) = (app.browser(), app.browser());
    shop.sign_in(&browser, ADA).await;
    let choose = browser.get(&shop.authorize_path(&[("prompt", "select_account")])).await;
    let consent = browser.get(&shop.authorize_path(&[("prompt", "consent")])).await;
    let account = browser.get("/account").await;
    let leave = account.form_with("action=\"/sign-out\"");
    let everywhere = account.form_with("everywhere");
    let page = another.get(&shop.authorize_path(&[])).await;
    for _ in 0..3 {
        assert_eq!(another.type_password(&page, "eve@example.com", "wrong").await.status, 422);
    }
    assert_too_often(&another.type_password(&page, ADA, "wrong").await, "20", "sign in");
    for (page, typed) in
        [(&choose, &[("account", "this")][..]), (&consent, &[("decision", "allow")]), (&everywhere, &[])]
    {
        assert_too_often(&browser.submit(page, typed).await, "20", &page.form_action());
    }
    app.clock.advance_micros(20_000_000);
    assert!(browser.submit(&consent, &[("decision", "allow")]).await.sent("code").is_some());
    // Whoever wants out is let out.
    assert_eq!(another.type_password(&page, "eve@example.com", "wrong").await.status, 422);
    let left = browser.submit(&leave, &[]).await;
    assert_eq!((left.status.as_u16(), left.heading().as_str()), (200, "You are signed out"));
}
