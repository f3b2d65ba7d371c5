//! Nobody learns by trying which names there are, nor a password.

use std::time::Duration;

use appkeep_testkit::{TestDatabase, on_each_database};
use futures_util::future::join_all;
use http::HeaderMap;
use serde_json::json;
use tokio::time::timeout;

use crate::harness::{Browser, PASSWORD, Page, RelyingParty, TestApp};

on_each_database![
    a_wrong_password_and_an_unknown_name_are_one_answer,
    failures_delay_the_next_attempt_whoever_it_is,
    guesses_at_once_are_no_more_than_guesses_one_by_one,
    a_delay_ends_by_itself_and_a_success_ends_them_all,
    an_account_is_one_however_it_is_spelt,
    a_suspended_account_says_so_only_to_its_owner,
    what_is_left_out_counts_against_nobody,
    whoever_hangs_up_has_tried_all_the_same,
    whoever_locks_an_account_is_not_said_to_be_its_owner,
];

const ADA: &str = "ada@example.com";
/// As long as that, and nobody's.
const EVE: &str = "eve@example.com";

async fn start(app: &TestApp) -> RelyingParty<'_> {
    let full = app.full().await;
    full.person(ADA).await;
    RelyingParty::register(&full, json!({})).await
}

async fn try_in(shop: &RelyingParty<'_>, browser: &Browser<'_>, name: &str, password: &str) -> Page {
    let page = browser.get(&shop.authorize_path(&[("prompt", "login")])).await;
    browser.type_password(&page, name, password).await
}

/// What a stranger could compare: all but what is another every time.
fn seen(page: &Page, name: &str) -> (u16, HeaderMap, String) {
    let mut headers = page.headers.clone();
    headers.remove("x-request-id");
    // As long as the name makes it.
    headers.remove("content-length");
    (page.status.as_u16(), headers, page.html.replace(name, "NAME"))
}

async fn a_wrong_password_and_an_unknown_name_are_one_answer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let full = app.full().await;
    let without = "bob@example.com";
    full.user(without).await;
    let pending = full.user("kim@example.com").await;
    full.patch(&format!("/users/{pending}"), json!({ "status": "pending" })).await.ok();
    let browser = app.browser();
    let expected = seen(&try_in(&shop, &browser, ADA, "wrong").await, ADA);
    assert_eq!(expected.0, 422);
    assert!(!expected.2.contains("wrong\""), "the password is not shown again");
    for (name, password) in [
        (EVE, "wrong"),
        (EVE, PASSWORD),
        (without, PASSWORD),
        ("kim@example.com", PASSWORD),
        ("xyzzy", "wrong"),
        ("no address@at all", "wrong"),
        ("☃", "wrong"),
    ] {
        let found = seen(&try_in(&shop, &browser, name, password).await, name);
        assert_eq!(found, expected, "{name}");
    }
}

/// What the attempts are answered with: statuses, and the seconds to wait.
async fn trace(shop: &RelyingParty<'_>, app: &TestApp, name: &str) -> Vec<(u16, String)> {
    let mut trace = Vec::new();
    let browser = app.browser();
    for advance in [0, 0, 0, 0, 0, 0, 0, 29, 1, 0, 59, 1, 0] {
        app.clock.advance_micros(advance * 1_000_000);
        let page = try_in(shop, &browser, name, "wrong").await;
        let wait = page.headers.get("retry-after").map(|value| value.to_str().expect("ASCII").to_owned());
        trace.push((page.status.as_u16(), wait.unwrap_or_default()));
        assert_eq!(browser.cookie("appkeep_session"), None);
    }
    trace
}

async fn failures_delay_the_next_attempt_whoever_it_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let wrong = (422, String::new());
    let later = |seconds: u32| (429, seconds.to_string());
    let mut expected = vec![wrong.clone(); 6];
    // Five are free; the sixth costs 30 seconds, the seventh a minute, and the
    // eighth two. What is asked meanwhile costs nothing more.
    expected.extend([later(30), later(1), wrong.clone(), later(60), later(1), wrong, later(120)]);
    for name in [ADA, EVE] {
        assert_eq!(trace(&shop, &app, name).await, expected, "{name}");
    }
    let browser = app.browser();
    let [ada, eve] = [ADA, EVE].map(|name| (name, app.browser()));
    let mut pages = Vec::new();
    for (name, _) in [&ada, &eve] {
        pages.push(try_in(&shop, &browser, name, "wrong").await.html.replace(name, "NAME"));
    }
    assert_eq!(pages[0], pages[1], "neither is told from the other");
    assert_eq!(app.times("user.locked_out").await, 3, "those of Ada");
}

async fn guesses_at_once_are_no_more_than_guesses_one_by_one(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    let wrong = || std::iter::repeat_n("wrong", 20);
    let guesses = wrong().chain([PASSWORD]).chain(wrong());
    let answers = join_all(guesses.map(|guess| browser.type_password(&page, ADA, guess))).await;
    let status = |answer: &Page| answer.status.as_u16();
    assert!(answers.iter().all(|answer| matches!(status(answer), 303 | 422 | 429)));
    // Which of them is the first is anybody's guess. The right one is looked at
    // only if it is one of six, and when it is they are counted anew.
    let let_in = answers.iter().filter(|answer| answer.location().is_some()).count();
    let looked_at = answers.iter().filter(|answer| status(answer) == 422).count();
    assert!(looked_at <= if let_in == 0 { 6 } else { 5 + 6 }, "{looked_at} were told that they are wrong");
    assert!(let_in <= 1);
    assert_eq!(try_in(&shop, &browser, ADA, PASSWORD).await.status, 429);
}

async fn a_delay_ends_by_itself_and_a_success_ends_them_all(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let browser = app.browser();
    for _ in 0..6 {
        try_in(&shop, &browser, ADA, "wrong").await;
    }
    // The right password is not even looked at.
    assert_eq!(try_in(&shop, &browser, ADA, PASSWORD).await.status, 429);
    app.clock.advance_micros(30_000_000);
    assert!(try_in(&shop, &browser, ADA, PASSWORD).await.sent("code").is_some());
    for _ in 0..5 {
        assert_eq!(try_in(&shop, &browser, ADA, "wrong").await.status, 422);
    }
    assert!(try_in(&shop, &browser, ADA, PASSWORD).await.sent("code").is_some(), "they are counted anew");
    // What the directory says, holds.
    let policy = json!({ "free_failures": 1, "longest_delay_s": 40 });
    app.full().await.patch("/directory", policy).await.ok();
    for (advance, wait) in [(0, ""), (0, ""), (0, "30"), (30, ""), (0, "40"), (40, ""), (0, "40")] {
        app.clock.advance_micros(advance * 1_000_000);
        let page = try_in(&shop, &browser, ADA, "wrong").await;
        let found = page.headers.get("retry-after").map_or("", |value| value.to_str().expect("ASCII"));
        assert_eq!(found, wait);
    }
}

async fn an_account_is_one_however_it_is_spelt(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({ "email": ADA, "username": "countess" });
    let id = full.post("/users", body).await.created()["id"].as_str().expect("an id").to_owned();
    let body = json!({ "password": PASSWORD });
    full.json(http::Method::PUT, &format!("/api/v1/users/{id}/password"), body).await.with(204);
    app.clock.advance_micros(1_000_000);
    let shop = RelyingParty::register(&full, json!({})).await;
    for name in [ADA, "ADA@EXAMPLE.COM", " ada@example.com ", "countess", "Countess"] {
        let back = try_in(&shop, &app.browser(), name, PASSWORD).await;
        assert!(back.sent("code").is_some(), "{name}: {}", back.html);
    }
    let browser = app.browser();
    for name in [ADA, "ADA@EXAMPLE.COM", " ada@example.com ", "countess", "Countess", ADA] {
        assert_eq!(try_in(&shop, &browser, name, "wrong").await.status, 422, "{name}");
    }
    for name in [ADA, "COUNTESS"] {
        assert_eq!(try_in(&shop, &browser, name, PASSWORD).await.status, 429, "{name}");
    }
}

async fn a_suspended_account_says_so_only_to_its_owner(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    full.patch(&format!("/users/{id}"), json!({ "status": "suspended" })).await.ok();
    let browser = app.browser();
    assert_eq!(try_in(&shop, &browser, ADA, "wrong").await.status, 422);
    let page = try_in(&shop, &browser, ADA, PASSWORD).await;
    assert_eq!((page.status.as_u16(), page.location()), (403, None));
    assert!(page.html.contains("This account cannot be used at the moment"), "{}", page.html);
    assert_eq!(browser.cookie("appkeep_session"), None);
    full.patch(&format!("/users/{id}"), json!({ "status": "active" })).await.ok();
    app.clock.advance_micros(1_000_000);
    assert!(try_in(&shop, &browser, ADA, PASSWORD).await.sent("code").is_some());
}

async fn what_is_left_out_counts_against_nobody(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let browser = app.browser();
    let (name, password) = ("Type your email address or your user name.", "Type your password.");
    for _ in 0..6 {
        for (typed, said, unsaid) in [
            ((ADA, ""), vec![password], vec![name]),
            (("", PASSWORD), vec![name], vec![password]),
            ((" ", ""), vec![name, password], vec![]),
        ] {
            let page = try_in(&shop, &browser, typed.0, typed.1).await;
            assert_eq!(page.status, 422, "{typed:?}");
            assert!(said.iter().all(|said| page.html.contains(said)), "{typed:?}: {}", page.html);
            assert!(!unsaid.iter().any(|unsaid| page.html.contains(unsaid)), "{typed:?}: {}", page.html);
            assert!(!page.html.contains(PASSWORD), "it is not shown again");
        }
    }
    assert!(try_in(&shop, &browser, ADA, PASSWORD).await.sent("code").is_some());
}

async fn whoever_hangs_up_has_tried_all_the_same(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    for _ in 0..6 {
        let attempt = browser.type_password(&page, ADA, "wrong");
        assert!(timeout(Duration::ZERO, attempt).await.is_err(), "is given up before it is looked at");
    }
    app.goes_on().await;
    assert_eq!(try_in(&shop, &browser, ADA, PASSWORD).await.status, 429);
}

async fn whoever_locks_an_account_is_not_said_to_be_its_owner(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = app.browser();
    for _ in 0..6 {
        assert_eq!(try_in(&shop, &browser, ADA, "wrong").await.status, 422);
    }
    let told = full.get("/audit?action=user.locked_out").await.ok();
    assert_eq!(told["data"].as_array().map(Vec::len), Some(1));
    let entry = &told["data"][0];
    assert_eq!(entry["actor"], json!({ "kind": "anonymous", "id": "unknown" }));
    assert_eq!(entry["after"], json!({ "user_id": ada }));
    assert_eq!((&entry["address"], &entry["erased"]), (&json!("203.0.113.7"), &json!(false)));
    // Where it was is sealed, and gone with whose account it was.
    let row = database.dump().await.remove("audit_entries").expect("is a table");
    let row = row.iter().map(|row| format!("{row:?}")).find(|row| row.contains("user.locked_out"));
    assert!(!row.expect("is told").contains("203.0.113.7"));
    full.delete(&format!("/users/{ada}")).await.with(204);
    let told = full.get("/audit?action=user.locked_out").await.ok();
    assert_eq!((&told["data"][0]["address"], &told["data"][0]["erased"]), (&json!(null), &json!(true)));
}
