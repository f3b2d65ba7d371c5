//! `/reset-password` and `/verify-address`: links that were mailed.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Browser, Letterbox, PASSWORD, Page, RelyingParty, TestApp, User};

on_each_database![
    a_link_sets_a_new_password_once,
    a_password_that_is_not_good_enough_uses_nothing_up,
    a_link_is_good_for_its_time,
    a_newer_password_or_too_many_newer_links_take_its_place,
    who_changed_since_is_not_let_in,
    a_link_is_for_its_own_page_and_browser,
    a_link_verifies_the_address_it_was_sent_to,
    whoever_was_invited_is_let_in_by_either_link,
    a_link_leaves_whoever_else_is_signed_in,
];

const ADA: &str = "ada@example.com";
const NEW: &str = "battery staple horse";
const PASSWORD_LINK: &str = "mail-password-link";
const ADDRESS_LINK: &str = "mail-verification-link";

/// Ada, and whoever manages her.
struct Given<'a> {
    app: &'a TestApp,
    letters: Letterbox,
    ada: String,
    shop: RelyingParty<'a>,
}

impl<'a> Given<'a> {
    async fn of(app: &'a TestApp, letters: Letterbox) -> Self {
        let full = app.full().await;
        let ada = full.person(ADA).await;
        let shop = RelyingParty::register(&full, json!({})).await;
        Self { app, letters, ada, shop }
    }

    /// Whoever manages her, with a token that has not expired.
    async fn full(&self) -> User<'a> {
        self.app.full().await
    }

    /// Has a link mailed: where it leads.
    async fn link(&self, which: &str) -> String {
        self.full().await.act(&format!("/users/{}/{which}", self.ada)).await.with(204);
        self.letters.take_link(ADA)
    }

    async fn user(&self) -> Value {
        self.full().await.get(&format!("/users/{}", self.ada)).await.data()
    }

    async fn patch(&self, body: Value) {
        self.full().await.patch(&format!("/users/{}", self.ada), body).await.ok();
    }

    /// How often the history says that something was done by her.
    async fn told(&self, action: &str) -> usize {
        let entries = self.full().await.get(&format!("/audit?action={action}&actor={}", self.ada)).await.ok();
        entries["data"].as_array().map_or(0, Vec::len)
    }

    /// The status of an attempt to sign in.
    async fn sign_in(&self, password: &str) -> u16 {
        let browser = self.app.browser();
        let page = browser.get(&self.shop.authorize_path(&[])).await;
        browser.type_password(&page, ADA, password).await.status.as_u16()
    }
}

/// Follows the link and types a password.
async fn choose(browser: &Browser<'_>, link: &str, password: &str) -> Page {
    let page = browser.get(link).await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (200, "Choose a new password"));
    browser.submit(&page, &[("new_password", password)]).await
}

#[track_caller]
fn assert_gone(page: &Page, why: &str) {
    assert_eq!((page.status.as_u16(), page.location()), (410, None), "{why}");
    assert_eq!(page.heading(), "This link cannot be used any more", "{why}");
    assert!(!page.html.contains(ADA), "{why}");
}

async fn a_link_sets_a_new_password_once(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let given = Given::of(&app, letters).await;
    let (browser, elsewhere) = (app.browser(), app.browser());
    let before = given.shop.sign_in(&elsewhere, ADA).await;
    let link = given.link(PASSWORD_LINK).await;
    let page = browser.get(&link).await;
    assert!(page.html.contains(ADA) && page.html.contains("At least 12 characters"), "{}", page.html);
    assert_eq!(page.headers["referrer-policy"], "no-referrer", "the address is a secret");
    // Whatever reads mail for her may look.
    assert_eq!((browser.get(&link).await.status.as_u16(), given.sign_in(PASSWORD).await), (200, 303));
    app.clock.advance_micros(1_000_000);
    let done = browser.submit(&page, &[("new_password", NEW)]).await;
    assert_eq!((done.status.as_u16(), done.heading().as_str()), (200, "Your password is changed"));
    app.clock.advance_micros(1_000_000);
    assert_eq!((given.sign_in(PASSWORD).await, given.sign_in(NEW).await), (422, 303));
    assert!(!app.is_active(&before.access).await, "whoever was signed in is not any more");
    let refresh_token = before.refresh.expect("asked for offline_access");
    given.shop.refresh(&refresh_token).await.refused_by_oauth(400, "invalid_grant");
    let silently = elsewhere.get(&given.shop.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silently.sent("error").as_deref(), Some("login_required"));
    assert_eq!(given.user().await["email_verified"], true, "mail has arrived");
    assert_gone(&browser.get(&link).await, "it was used");
    assert_gone(&browser.submit(&page, &[("new_password", "yet another one")]).await, "it was used");
    assert_eq!((given.sign_in(NEW).await, given.told("user.password_reset").await), (303, 1));
}

async fn a_password_that_is_not_good_enough_uses_nothing_up(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let given = Given::of(&app, letters).await;
    let browser = app.browser();
    given.full().await.patch("/directory", json!({ "min_password_length": 14 })).await.ok();
    let link = given.link(PASSWORD_LINK).await;
    for password in ["", "13 characters", &"x".repeat(1_025)] {
        let page = choose(&browser, &link, password).await;
        assert_eq!((page.status.as_u16(), page.heading().as_str()), (422, "Choose a new password"));
        assert!(page.html.contains("class=\"fault\""), "{}", page.html);
        assert!(password.is_empty() || !page.html.contains(password), "it is not shown again");
    }
    assert_eq!((given.sign_in(PASSWORD).await, given.told("user.password_reset").await), (303, 0));
    assert_eq!(choose(&browser, &link, "14 characters.").await.heading(), "Your password is changed");
}

async fn a_link_is_good_for_its_time(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let given = Given::of(&app, letters).await;
    let browser = app.browser();
    for (which, seconds) in [(PASSWORD_LINK, 3_600), (ADDRESS_LINK, 86_400)] {
        let link = given.link(which).await;
        app.clock.advance_micros(seconds * 1_000_000 - 1);
        let page = browser.get(&link).await;
        assert_eq!(page.status, 200, "{which}");
        app.clock.advance_micros(1);
        assert_gone(&browser.get(&link).await, which);
        assert_gone(&browser.submit(&page, &[("new_password", NEW)]).await, which);
    }
    assert_eq!(given.user().await["email_verified"], false);
}

async fn a_newer_password_or_too_many_newer_links_take_its_place(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let given = Given::of(&app, letters).await;
    let mut links = Vec::new();
    for _ in 0..4 {
        links.push(given.link(PASSWORD_LINK).await);
        app.clock.advance_micros(1_000_000);
    }
    let browser = app.browser();
    assert_gone(&browser.get(&links[0]).await, "there are three newer ones");
    choose(&browser, &links[2], NEW).await;
    for link in &links {
        assert_gone(&browser.get(link).await, "a password was chosen");
    }
    let link = given.link(PASSWORD_LINK).await;
    let path = format!("/api/v1/users/{}/password", given.ada);
    given.full().await.json(Method::PUT, &path, json!({ "password": PASSWORD })).await.with(204);
    assert_gone(&browser.get(&link).await, "a password was set");
}

async fn who_changed_since_is_not_let_in(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let given = Given::of(&app, letters).await;
    let browser = app.browser();
    let [password, address] = [given.link(PASSWORD_LINK).await, given.link(ADDRESS_LINK).await];
    let [choosing, confirming] = [browser.get(&password).await, browser.get(&address).await];
    let pressed = async |why: &str| {
        assert_gone(&browser.submit(&choosing, &[("new_password", NEW)]).await, why);
        assert_gone(&browser.submit(&confirming, &[]).await, why);
    };
    given.patch(json!({ "email": "countess@example.com" })).await;
    pressed("mail goes elsewhere by now").await;
    assert_eq!(given.user().await["email_verified"], false);
    given.patch(json!({ "email": ADA, "status": "suspended" })).await;
    pressed("the account is suspended").await;
    assert_eq!(given.user().await["status"], "suspended");
    given.full().await.delete(&format!("/users/{}", given.ada)).await.with(204);
    pressed("the user is gone").await;
    assert_gone(&browser.get(&password).await, "the user is gone");
    for action in ["user.password_reset", "user.address_verified", "user.activated"] {
        assert_eq!(given.told(action).await, 0, "{action}");
    }
}

async fn a_link_is_for_its_own_page_and_browser(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let given = Given::of(&app, letters).await;
    let browser = app.browser();
    let [password, address] = [given.link(PASSWORD_LINK).await, given.link(ADDRESS_LINK).await];
    let token = |link: &str| link.split_once("token=").expect("has one").1.to_owned();
    assert_gone(&browser.get(&format!("/reset-password?token={}", token(&address))).await, "another's");
    assert_gone(&browser.get(&format!("/verify-address?token={}", token(&password))).await, "another's");
    let mut changed = token(&password);
    changed.pop();
    for worthless in ["", "ml_", "garbage", &changed, &token(&password).to_uppercase(), &"a".repeat(4_000)] {
        for page in ["/reset-password", "/verify-address"] {
            assert_gone(&browser.get(&format!("{page}?token={worthless}")).await, worthless);
        }
    }
    let twice = format!("{password}&token={}", token(&password));
    assert_gone(&browser.get(&twice).await, "RFC 6749 §3.1 in spirit");
    // Nobody makes another's browser press the button.
    for (link, path) in [(&password, "/reset-password"), (&address, "/verify-address")] {
        let mut fields = browser.get(link).await.hidden_fields();
        fields.push(("new_password".to_owned(), NEW.to_owned()));
        assert_eq!(app.browser().post(path, &fields).await.status, 403, "{path}");
        let headers = [("origin", "https://evil.example")];
        assert_eq!(browser.post_from(path, &fields, &headers).await.status, 403, "{path}");
    }
    assert_eq!((given.sign_in(PASSWORD).await, &given.user().await["email_verified"]), (303, &json!(false)));
}

async fn a_link_verifies_the_address_it_was_sent_to(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let given = Given::of(&app, letters).await;
    let browser = app.browser();
    let tokens = given.shop.sign_in(&app.browser(), ADA).await;
    let link = given.link(ADDRESS_LINK).await;
    assert!(link.starts_with("/verify-address?token=ml_"), "{link}");
    let page = browser.get(&link).await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (200, "Confirm your address"));
    assert!(page.html.contains(ADA), "{}", page.html);
    assert_eq!(given.user().await["email_verified"], false, "looking does nothing");
    let done = browser.submit(&page, &[]).await;
    assert_eq!((done.status.as_u16(), done.heading().as_str()), (200, "Your address is verified"));
    assert_eq!(given.user().await["email_verified"], true);
    assert!(app.is_active(&tokens.access).await, "it signs nobody out");
    assert_gone(&browser.get(&link).await, "it was used");
    assert_gone(&browser.submit(&page, &[]).await, "it was used");
    assert_eq!((given.told("user.address_verified").await, given.told("user.activated").await), (1, 0));
}

async fn whoever_was_invited_is_let_in_by_either_link(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let given = Given::of(&app, letters).await;
    let browser = app.browser();
    let told = |status: &str| json!({ "user_id": given.ada, "status": status });
    for (times, which) in [(1, PASSWORD_LINK), (2, ADDRESS_LINK)] {
        given.patch(json!({ "status": "pending", "email_verified": false })).await;
        assert_eq!(given.sign_in(PASSWORD).await, 403, "{which}");
        let link = given.link(which).await;
        let page = browser.get(&link).await;
        assert_eq!(given.user().await["status"], "pending", "looking does nothing");
        browser.submit(&page, &[("new_password", PASSWORD)]).await;
        app.clock.advance_micros(1_000_000);
        let user = given.user().await;
        assert_eq!((&user["status"], &user["email_verified"]), (&json!("active"), &json!(true)), "{which}");
        assert_eq!(given.sign_in(PASSWORD).await, 303, "{which}");
        assert_eq!(given.told("user.activated").await, times);
        let entries = given.full().await.entries("user.activated").await;
        assert_eq!(entries[0], (told("pending"), told("active")), "{which}");
    }
    // Somebody who is here already is not let in once more.
    let link = given.link(PASSWORD_LINK).await;
    choose(&browser, &link, NEW).await;
    assert_eq!(given.told("user.activated").await, 2);
}

async fn a_link_leaves_whoever_else_is_signed_in(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let given = Given::of(&app, letters).await;
    given.full().await.person("bob@example.com").await;
    let browser = app.browser();
    let bobs = given.shop.sign_in(&browser, "bob@example.com").await;
    let link = given.link(PASSWORD_LINK).await;
    assert_eq!(choose(&browser, &link, NEW).await.heading(), "Your password is changed");
    let silently = browser.get(&given.shop.authorize_path(&[("prompt", "none")])).await;
    assert!(silently.sent("code").is_some() && app.is_active(&bobs.access).await);
}
