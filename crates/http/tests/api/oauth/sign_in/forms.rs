//! A form is taken from the browser that it was shown in, and from no other
//! (RFC 9700 §4.7, RFC 6819 §5.3.5).

use appkeep_testkit::{TestDatabase, on_each_database};
use http::StatusCode;
use serde_json::json;

use crate::harness::{Browser, ISSUER, PASSWORD, Page, RelyingParty, TestApp};

on_each_database![
    a_form_that_another_page_sends_is_refused,
    a_form_that_was_changed_is_refused,
    a_form_of_another_browser_is_refused,
    a_form_is_good_for_its_own_step,
    what_one_person_is_asked_another_does_not_answer,
];

const ADA: &str = "ada@example.com";

type Fields = Vec<(String, String)>;

async fn start(app: &TestApp) -> (RelyingParty<'_>, Browser<'_>, Page) {
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({ "first_party": false })).await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    (shop, browser, page)
}

fn filled_in(page: &Page) -> Fields {
    let typed = [("identifier", ADA), ("password", PASSWORD)];
    let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    page.hidden_fields().into_iter().chain(typed).collect()
}

#[track_caller]
fn assert_forged(answer: &Page, browser: &Browser<'_>, why: &str) {
    assert_eq!((answer.status, answer.location()), (StatusCode::FORBIDDEN, None), "{why}");
    assert_eq!(answer.heading(), "This form cannot be used any more", "{why}");
    assert_eq!(browser.cookie("appkeep_session"), None, "{why}");
}

async fn a_form_that_another_page_sends_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (_, browser, page) = start(&app).await;
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "https://id.example.evil.example")],
        &[("origin", "https://sister.example")],
        &[("origin", "http://id.example")],
        &[("origin", "https://id.example:8443")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", ISSUER), ("sec-fetch-site", "cross-site")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
    ] {
        let answer = browser.post_from("/sign-in", &filled_in(&page), headers).await;
        assert_forged(&answer, &browser, &format!("{headers:?}"));
    }
    let own = [("origin", ISSUER), ("sec-fetch-site", "same-origin")];
    let answer = browser.post_from("/sign-in", &filled_in(&page), &own).await;
    assert_eq!((answer.status, answer.heading().as_str()), (StatusCode::OK, "Allow Shop?"));
    // A browser that tells nothing is known by its cookie.
    let consented: Fields = answer.hidden_fields().into_iter().chain(decision("allow")).collect();
    assert!(browser.post("/consent", &consented).await.sent("code").is_some());
}

fn decision(word: &str) -> [(String, String); 1] {
    [("decision".to_owned(), word.to_owned())]
}

async fn a_form_that_was_changed_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, browser, page) = start(&app).await;
    let mut other = shop.authorize_path(&[("scope", "openid profile email offline_access")]);
    let other = other.split_off("/oauth2/authorize?".len());
    for (name, value) in [
        ("form_token", ""),
        ("form_token", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("form_token", "=== not base64 ==="),
        ("parameters", &other),
        ("parameters", ""),
        // Who has proved nothing says so.
        ("progress", "a.9999999999"),
        ("progress", "ac.1779271201"),
        ("progress", ""),
    ] {
        let mut fields = filled_in(&page);
        fields.retain(|(known, _)| known != name);
        let removed = fields.clone();
        fields.push((name.to_owned(), value.to_owned()));
        for fields in [fields, removed] {
            assert_forged(&browser.post("/sign-in", &fields).await, &browser, name);
        }
    }
    // There twice, it is not there.
    let twice: Fields = filled_in(&page).into_iter().chain(page.hidden_fields()).collect();
    assert_forged(&browser.post("/sign-in", &twice).await, &browser, "twice");
    assert_forged(&browser.post("/sign-in", &[]).await, &browser, "nothing");
    assert_eq!(browser.post("/sign-in", &filled_in(&page)).await.heading(), "Allow Shop?");
}

async fn a_form_of_another_browser_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, browser, page) = start(&app).await;
    let stranger = app.browser();
    assert_forged(&stranger.post("/sign-in", &filled_in(&page)).await, &stranger, "no cookie");
    let strangers = stranger.get(&shop.authorize_path(&[])).await;
    assert_ne!(stranger.cookie("appkeep_browser"), browser.cookie("appkeep_browser"));
    assert_forged(&stranger.post("/sign-in", &filled_in(&page)).await, &stranger, "another's page");
    assert_forged(&browser.post("/sign-in", &filled_in(&strangers)).await, &browser, "a stranger's page");
    // Not even for a consent that the person could give.
    let consent = browser.post("/sign-in", &filled_in(&page)).await;
    let copied: Fields = consent.hidden_fields().into_iter().chain(decision("allow")).collect();
    let answer = stranger.post("/consent", &copied).await;
    assert_forged(&answer, &stranger, "another's consent");
    assert!(browser.post("/consent", &copied).await.sent("code").is_some());
}

async fn a_form_is_good_for_its_own_step(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, browser, page) = start(&app).await;
    for path in ["/consent", "/choose-account", "/sign-out"] {
        let fields: Fields = filled_in(&page).into_iter().chain(decision("allow")).collect();
        assert_forged(&browser.post(path, &fields).await, &browser, path);
    }
    // What was proved is proved for ten minutes, and for that request.
    let page = browser.get(&shop.authorize_path(&[("prompt", "login")])).await;
    let consent = browser.post("/sign-in", &filled_in(&page)).await;
    assert_eq!(consent.heading(), "Allow Shop?");
    app.clock.advance_micros(601_000_000);
    let late = browser.submit(&consent, &[("decision", "allow")]).await;
    assert_eq!((late.location(), late.heading().as_str()), (None, "Sign in"));
    let other = browser.get(&shop.authorize_path(&[("prompt", "login"), ("state", "other")])).await;
    let moved: Fields = consent
        .hidden_fields()
        .into_iter()
        .map(|(name, value)| {
            let others = other.hidden_fields();
            let found = others.iter().find(|(known, _)| *known == name && name == "parameters");
            (name, found.map_or(value, |(_, value)| value.clone()))
        })
        .chain(decision("allow"))
        .collect();
    assert_eq!(browser.post("/consent", &moved).await.status, StatusCode::FORBIDDEN);
}

/// Somebody else signs in, in another tab.
async fn what_one_person_is_asked_another_does_not_answer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, browser, page) = start(&app).await;
    app.full().await.person("bob@example.com").await;
    let adas = browser.post("/sign-in", &filled_in(&page)).await;
    assert_eq!(adas.heading(), "Allow Shop?");
    let leaving = browser.get("/oauth2/logout").await;
    let page = browser.get(&shop.authorize_path(&[("prompt", "login")])).await;
    let bobs = browser.type_password(&page, "bob@example.com", PASSWORD).await;
    assert_eq!(bobs.heading(), "Allow Shop?");
    for (page, word) in [(&adas, "allow"), (&adas, "deny"), (&leaving, "sign_out")] {
        let answer = browser.submit(page, &[("decision", word)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::FORBIDDEN, None), "{word}");
    }
    assert_eq!(app.times("consent.given").await, 0);
    assert!(browser.submit(&bobs, &[("decision", "allow")]).await.sent("code").is_some());
}
