//! `/account`: what people see of their own account, and take back.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{Browser, Page, RelyingParty, TestApp, Tokens, User};

on_each_database![
    nobody_sees_an_account_without_a_sign_in,
    where_somebody_is_signed_in_is_shown_and_nothing_that_is_over,
    a_sign_in_elsewhere_is_ended,
    every_sign_in_is_ended,
    what_was_allowed_is_taken_back,
    a_form_is_taken_from_the_person_whom_it_was_shown,
    a_sign_in_is_seen_when_it_is_used,
    what_does_not_fit_on_a_page_is_on_the_next,
];

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

/// Ada and Bob, an application, and Ada signed in to it in two browsers.
struct Given<'a> {
    app: &'a TestApp,
    full: User<'a>,
    ada: String,
    shop: RelyingParty<'a>,
    here: Browser<'a>,
    there: Browser<'a>,
    tokens: [Tokens; 2],
}

impl<'a> Given<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let full = app.full().await;
        let ada = full.person(ADA).await;
        full.person(BOB).await;
        let shop = RelyingParty::register(&full, json!({ "first_party": false })).await;
        let (here, there) = (app.browser(), app.browser());
        let tokens = [shop.sign_in(&here, ADA).await, shop.sign_in(&there, ADA).await];
        Self { app, full, ada, shop, here, there, tokens }
    }

    async fn is_signed_in(&self, browser: &Browser<'_>) -> bool {
        browser.get(&self.shop.authorize_path(&[("prompt", "none")])).await.sent("code").is_some()
    }

    async fn are_active(&self) -> [bool; 2] {
        let [here, there] = &self.tokens;
        [self.app.is_active(&here.access).await, self.app.is_active(&there.access).await]
    }

    /// What the history says she did last of this kind.
    async fn told(&self, action: &str) -> Value {
        let path = format!("/audit?limit=1&action={action}&actor={}", self.ada);
        self.full.get(&path).await.ok()["data"][0]["after"].take()
    }
}

/// The form that ends a sign-in elsewhere.
fn another(page: &Page) -> Page {
    page.form_with("<span class=\"unseen\"> of Firefox")
}

/// Back on the page, after something was taken back.
#[track_caller]
fn assert_sent_back(page: &Page) {
    assert_eq!(page.status, 303, "{}", page.html);
    assert_eq!(page.headers["location"], "/account");
}

async fn nobody_sees_an_account_without_a_sign_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let stranger = app.browser();
    let page = stranger.get("/account").await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (200, "You are not signed in"));
    assert!(!page.html.contains("<form"), "{}", page.html);
    stranger.plant_cookie("__Host-appkeep_session", "si_garbage");
    assert_eq!(stranger.get("/account").await.heading(), "You are not signed in");
    // Neither does what was shown to Ada do anything for a stranger.
    let everywhere = given.here.get("/account").await.form_with("everywhere");
    let answer = stranger.post("/account", &everywhere.hidden_fields()).await;
    assert_eq!((answer.status.as_u16(), given.are_active().await), (403, [true; 2]));
    given.full.patch(&format!("/users/{}", given.ada), json!({ "status": "suspended" })).await.ok();
    assert_eq!(given.here.get("/account").await.heading(), "You are not signed in");
}

async fn where_somebody_is_signed_in_is_shown_and_nothing_that_is_over(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    given.shop.sign_in(&app.browser(), BOB).await;
    let page = given.here.get("/account").await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (200, "Your account"));
    assert!(page.html.contains(ADA) && !page.html.contains(BOB), "{}", page.html);
    assert_eq!(page.html.matches("203.0.113.7").count(), 2, "two sign-ins, each from there");
    assert_eq!(page.html.matches("this browser").count(), 1);
    assert!(page.html.contains("Shop") && page.html.contains("Know who you are"), "{}", page.html);
    let leave = given.there.get("/account").await.form_with("action=\"/sign-out\"");
    assert_eq!(given.there.submit(&leave, &[]).await.heading(), "You are signed out");
    let page = given.here.get("/account").await;
    assert_eq!(page.html.matches("203.0.113.7").count(), 1, "the other is over");
    // Though there is only one to be seen.
    page.form_with("everywhere");
    app.clock.advance_micros(7 * 86_400_000_000);
    assert_eq!(given.here.get("/account").await.heading(), "You are not signed in");
}

async fn a_sign_in_elsewhere_is_ended(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let form = another(&given.here.get("/account").await);
    assert_sent_back(&given.here.submit(&form, &[]).await);
    assert_eq!(given.are_active().await, [true, false]);
    assert!(given.is_signed_in(&given.here).await && !given.is_signed_in(&given.there).await);
    let refresh_token = given.tokens[1].refresh.as_deref().expect("asked for offline_access");
    given.shop.refresh(refresh_token).await.refused_by_oauth(400, "invalid_grant");
    assert!(given.told("user.signed_out").await["sign_in"].is_string());
    // What is over already is what she wanted, and is not told again.
    assert_sent_back(&given.here.submit(&form, &[]).await);
    assert_eq!((given.are_active().await, app.times("user.signed_out").await), ([true, false], 1));
}

async fn every_sign_in_is_ended(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let bobs = given.shop.sign_in(&app.browser(), BOB).await;
    app.clock.advance_micros(1_000_000);
    let form = given.here.get("/account").await.form_with("everywhere");
    assert_sent_back(&given.here.submit(&form, &[]).await);
    assert_eq!(given.are_active().await, [false; 2]);
    assert!(!given.is_signed_in(&given.here).await && !given.is_signed_in(&given.there).await);
    assert_eq!(given.here.get("/account").await.heading(), "You are not signed in");
    assert_eq!(given.told("user.signed_out").await, json!({ "sign_in": "every" }));
    assert!(app.is_active(&bobs.access).await, "others' go on");
}

async fn what_was_allowed_is_taken_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let forum = json!({ "name": "Forum", "first_party": false });
    let forum = RelyingParty::register(&given.full, forum).await;
    let others = forum.sign_in(&given.here, ADA).await;
    let page = given.here.get("/account").await;
    assert!(page.html.contains("Forum"), "{}", page.html);
    let withdrawal = page.form_with("what Shop may do");
    assert_sent_back(&given.here.submit(&withdrawal, &[]).await);
    assert_eq!(given.are_active().await, [false; 2], "in every browser");
    assert!(app.is_active(&others.access).await, "another application's is as it was");
    let listed = given.full.get(&format!("/users/{}/consents", given.ada)).await.ok();
    let left: Vec<_> = listed["data"].as_array().expect("a list").iter().collect();
    assert!(left.len() == 1 && left[0]["application_id"] == forum.client_id, "{left:?}");
    assert_eq!(given.told("consent.withdrawn").await, json!({ "application": given.shop.client_id }));
    // Still signed in, she is asked anew.
    let silently = given.here.get(&given.shop.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silently.sent("error").as_deref(), Some("consent_required"));
    let page = given.here.get("/account").await;
    assert!(!page.html.contains("what Shop may do"), "{}", page.html);
    assert_sent_back(&given.here.submit(&withdrawal, &[]).await);
    assert_eq!(app.times("consent.withdrawn").await, 1);
}

async fn a_form_is_taken_from_the_person_whom_it_was_shown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let page = given.here.get("/account").await;
    let [form, everywhere] = [another(&page), page.form_with("everywhere")];
    let evil = [("origin", "https://evil.example")];
    assert_eq!(given.here.post_from("/account", &form.hidden_fields(), &evil).await.status, 403);
    let mut fields = everywhere.hidden_fields();
    fields.retain(|(name, _)| name != "form_token");
    assert_eq!(given.here.post("/account", &fields).await.status, 403);
    // One form's token is not another's.
    let token = |page: &Page| page.hidden_fields().into_iter().filter(|(name, _)| name == "form_token");
    fields.extend(token(&form));
    assert_eq!(given.here.post("/account", &fields).await.status, 403);
    assert_eq!(given.are_active().await, [true; 2]);
    // Bob signs in in another tab; what Ada was shown he does not press.
    let page = given.here.get(&given.shop.authorize_path(&[("prompt", "login")])).await;
    let asked = given.here.type_password(&page, BOB, crate::harness::PASSWORD).await;
    assert_eq!(asked.heading(), "Allow Shop?");
    assert_eq!(given.here.submit(&form, &[]).await.status, 403);
    assert_eq!(given.here.submit(&everywhere, &[]).await.status, 403);
    assert_eq!(given.are_active().await, [false, true], "hers in this browser ended when Bob signed in");
}

async fn a_sign_in_is_seen_when_it_is_used(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let moment = |text: String| format!("<time datetime=\"{text}\">");
    let begun = moment(app.now());
    app.clock.advance_micros(600_000_000);
    let used = moment(app.now());
    assert!(given.is_signed_in(&given.there).await);
    app.clock.advance_micros(600_000_000);
    let now = moment(app.now());
    let page = given.here.get("/account").await;
    assert!(!page.html.contains(&used), "nobody waits for it to be written: {}", page.html);
    app.tell_sightings().await;
    let page = given.here.get("/account").await;
    assert_eq!(page.html.matches(&format!("last seen {used}")).count(), 1, "{}", page.html);
    assert_eq!(page.html.matches(&format!("last seen {now}")).count(), 1, "this one is here: {}", page.html);
    assert_eq!(page.html.matches(&format!("signed in {begun}")).count(), 2, "{}", page.html);
}

/// The path behind a link with these words.
fn linked(page: &Page, words: &str) -> Option<String> {
    let (before, _) = page.html.split_once(&format!("\">{words}</a>"))?;
    before.rsplit_once("href=\"").map(|(_, path)| path.to_owned())
}

/// What stands on the page and on those that it leads to by these words.
async fn on_all(browser: &Browser<'_>, words: &str, what: &str) -> Vec<usize> {
    let (mut path, mut found) = (Some("/account".to_owned()), Vec::new());
    while let Some(next) = path {
        let page = browser.get(&next).await;
        assert_eq!(page.heading(), "Your account");
        let is_beginning = linked(&page, "Back to the beginning").is_none();
        assert_eq!(is_beginning, found.is_empty());
        found.push(page.html.matches(what).count());
        path = linked(&page, words);
    }
    found
}

async fn what_does_not_fit_on_a_page_is_on_the_next(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let here = app.browser();
    for number in 0..52 {
        let asks = json!({ "name": format!("Shop {number}"), "first_party": false });
        let shop = RelyingParty::register(&full, asks).await;
        let elsewhere = app.browser();
        let browser = if number == 20 { &here } else { &elsewhere };
        shop.sign_in(browser, ADA).await;
    }
    let (sign_ins, applications) = ("Where else you are signed in", "More of your applications");
    assert_eq!(on_all(&here, sign_ins, "203.0.113.7").await, [50, 2]);
    assert_eq!(on_all(&here, sign_ins, "this browser").await, [1, 0]);
    assert_eq!(on_all(&here, applications, ">Withdraw<").await, [50, 2]);
    // What nobody led to is the beginning.
    let page = here.get("/account?sign_ins=garbage&allowed=%00&x=y").await;
    assert_eq!(page.html.matches("203.0.113.7").count(), 50);
    // A form of a later page does what one of the first does.
    let first = here.get("/account").await;
    let last = here.get(&linked(&first, applications).expect("there are more")).await;
    let form = last.form_with("what Shop 0 may");
    assert_sent_back(&here.submit(&form, &[]).await);
    assert_eq!(on_all(&here, applications, ">Withdraw<").await, [50, 1]);
}
