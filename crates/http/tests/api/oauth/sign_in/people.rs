//! Who is signed in with a browser, and what its cookie is worth.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{Browser, PASSWORD, Page, RelyingParty, TestApp, Tokens};

on_each_database![
    the_cookies_are_as_strict_as_can_be,
    each_sign_in_has_a_cookie_of_its_own,
    somebody_else_who_signs_in_ends_the_sign_in_before,
    a_new_password_signs_out_everywhere,
    a_password_that_is_changed_while_it_is_looked_at_lets_nobody_in,
    a_cookie_that_somebody_made_up_is_worth_nothing,
];

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const SESSION: &str = "__Host-appkeep_session";

async fn start(app: &TestApp) -> RelyingParty<'_> {
    let full = app.full().await;
    for email in [ADA, BOB] {
        full.person(email).await;
    }
    RelyingParty::register(&full, json!({})).await
}

async fn sign_in_again(shop: &RelyingParty<'_>, browser: &Browser<'_>, name: &str) -> Tokens {
    let page = browser.get(&shop.authorize_path(&[("prompt", "login")])).await;
    let back = browser.type_password(&page, name, PASSWORD).await;
    Tokens::of(&shop.trade(&back.sent("code").expect("signs in")).await.ok())
}

async fn is_signed_in(shop: &RelyingParty<'_>, app: &TestApp, cookie: &str) -> bool {
    let browser = app.browser();
    browser.plant_cookie(SESSION, cookie);
    browser.get(&shop.authorize_path(&[("prompt", "none")])).await.sent("code").is_some()
}

/// Each cookie that a page sets, without its value, and its attributes.
fn set(page: &Page) -> Vec<(String, String)> {
    let lines = page.headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("ASCII"));
    let split = |line: &str| {
        let (pair, attributes) = line.split_once("; ").expect("has attributes");
        (pair.split('=').next().expect("has a name").to_owned(), attributes.to_owned())
    };
    lines.map(split).collect()
}

/// RFC 6265bis §4.1.3.2, §5.5
async fn the_cookies_are_as_strict_as_can_be(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let browser = app.browser();
    let strict = "Path=/; HttpOnly; SameSite=Lax; Secure";
    let page = browser.get(&shop.authorize_path(&[])).await;
    assert_eq!(set(&page), [("__Host-appkeep_browser".to_owned(), strict.to_owned())]);
    let wrong = browser.type_password(&page, ADA, "wrong").await;
    assert_eq!(set(&wrong), []);
    let back = browser.type_password(&wrong, ADA, PASSWORD).await;
    assert_eq!(set(&back), [(SESSION.to_owned(), format!("{strict}; Max-Age=604800"))]);
    // Nothing about it is known to a page that is no page of ours.
    assert!(!back.location().expect("is sent back").as_str().contains("si_"));
    let page = browser.get("/oauth2/logout").await;
    let gone = browser.submit(&page, &[("decision", "sign_out")]).await;
    assert_eq!(set(&gone), [(SESSION.to_owned(), format!("{strict}; Max-Age=0"))]);
}

/// RFC 9700 §4.7 and session fixation: whoever knew the cookie before knows
/// nothing of it after.
async fn each_sign_in_has_a_cookie_of_its_own(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let browser = app.browser();
    let first = shop.sign_in(&browser, ADA).await;
    let before = browser.cookie("appkeep_session").expect("is signed in");
    let second = sign_in_again(&shop, &browser, ADA).await;
    let after = browser.cookie("appkeep_session").expect("is signed in");
    assert_ne!(before, after);
    assert!(is_signed_in(&shop, &app, &after).await && !is_signed_in(&shop, &app, &before).await);
    assert_eq!(first.session, second.session, "the same person goes on");
    assert!(app.is_active(&first.access).await && app.is_active(&second.access).await);
    // Somebody plants a cookie of theirs, and Bob signs in.
    let victim = app.browser();
    victim.plant_cookie(SESSION, &after);
    let bobs = sign_in_again(&shop, &victim, BOB).await;
    let cookie = victim.cookie("appkeep_session").expect("is signed in");
    assert_ne!(cookie, after);
    assert!(!is_signed_in(&shop, &app, &after).await && is_signed_in(&shop, &app, &cookie).await);
    assert!(app.is_active(&bobs.access).await);
}

async fn somebody_else_who_signs_in_ends_the_sign_in_before(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let (browser, elsewhere) = (app.browser(), app.browser());
    let adas = shop.sign_in(&browser, ADA).await;
    let others = shop.sign_in(&elsewhere, ADA).await;
    let page = browser.get(&shop.authorize_path(&[("prompt", "select_account")])).await;
    let page = browser.submit(&page, &[("account", "another")]).await;
    // Whoever only looks at the page has ended nothing.
    assert!(app.is_active(&adas.access).await);
    assert_eq!(browser.type_password(&page, BOB, "wrong").await.status, 422);
    assert!(app.is_active(&adas.access).await);
    let back = browser.type_password(&page, BOB, PASSWORD).await;
    let bobs = Tokens::of(&shop.trade(&back.sent("code").expect("is Bob")).await.ok());
    for (tokens, is_good) in [(&adas, false), (&others, true), (&bobs, true)] {
        assert_eq!(app.is_active(&tokens.access).await, is_good);
    }
    let refresh_token = adas.refresh.expect("asked for offline_access");
    shop.refresh(&refresh_token).await.refused_by_oauth(400, "invalid_grant");
}

async fn a_new_password_signs_out_everywhere(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let full = app.full().await;
    let bob = full.get("/users?email=bob@example.com").await.ok()["data"][0]["id"]
        .as_str()
        .expect("is there")
        .to_owned();
    let browser = app.browser();
    let tokens = shop.sign_in(&browser, BOB).await;
    let adas = shop.sign_in(&app.browser(), ADA).await;
    let cookie = browser.cookie("appkeep_session").expect("is signed in");
    let path = format!("/api/v1/users/{bob}/password");
    full.json(http::Method::PUT, &path, json!({ "password": "battery staple horse" })).await.with(204);
    assert!(!is_signed_in(&shop, &app, &cookie).await && !app.is_active(&tokens.access).await);
    let refresh_token = tokens.refresh.expect("asked for offline_access");
    shop.refresh(&refresh_token).await.refused_by_oauth(400, "invalid_grant");
    let page = browser.get(&shop.authorize_path(&[])).await;
    assert_eq!(browser.type_password(&page, BOB, PASSWORD).await.status, 422);
    let back = browser.type_password(&page, BOB, "battery staple horse").await;
    assert!(back.sent("code").is_some());
    assert!(app.is_active(&adas.access).await);
}

async fn a_password_that_is_changed_while_it_is_looked_at_lets_nobody_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let full = app.full().await;
    for round in 0..5 {
        let email = format!("{round}@example.com");
        let id = full.person(&email).await;
        let browser = app.browser();
        let page = browser.get(&shop.authorize_path(&[])).await;
        // Looking at it takes long, taking it away does not.
        let path = format!("/users/{id}/password");
        let (answer, removed) =
            tokio::join!(browser.type_password(&page, &email, PASSWORD), full.delete(&path));
        removed.with(204);
        let cookie = browser.cookie("appkeep_session").unwrap_or_default();
        assert!(!is_signed_in(&shop, &app, &cookie).await, "{round}: {}", answer.status);
        if let Some(code) = answer.sent("code") {
            shop.trade(&code).await.refused_by_oauth(400, "invalid_grant");
        }
    }
}

async fn a_cookie_that_somebody_made_up_is_worth_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let browser = app.browser();
    shop.sign_in(&browser, ADA).await;
    let cookie = browser.cookie("appkeep_session").expect("is signed in");
    let (mut changed, long) = (cookie.clone(), "a".repeat(4_000));
    changed.pop();
    changed.push(if cookie.ends_with('0') { '1' } else { '0' });
    for worthless in ["", "si_", "garbage", &changed, &cookie.to_uppercase(), &long, "a\"b"] {
        assert!(!is_signed_in(&shop, &app, worthless).await, "{worthless}");
    }
    assert!(is_signed_in(&shop, &app, &cookie).await);
    // Without TLS anybody could have set it: under that name it does not count.
    let plain = app.browser();
    plain.plant_cookie("appkeep_session", &cookie);
    let page = plain.get(&shop.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(page.sent("error").as_deref(), Some("login_required"));
}
