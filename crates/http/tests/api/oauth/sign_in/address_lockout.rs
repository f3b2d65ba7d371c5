//! Whoever tries many names from one place waits there, whatever names they are.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{Browser, PASSWORD, Page, RelyingParty, TestApp};

on_each_database![
    many_failures_delay_whatever_comes_from_the_address,
    an_account_of_ones_own_hides_no_guesses,
    failures_of_an_address_fade,
    a_site_is_one_address_and_its_nodes_count_together,
];

const ADA: &str = "ada@example.com";
/// For one failure of an account.
const FREE: u32 = 20;

async fn start(app: &TestApp) -> RelyingParty<'_> {
    let full = app.full().await;
    full.person(ADA).await;
    full.patch("/directory", json!({ "free_failures": 1, "longest_delay_s": 120 })).await.ok();
    RelyingParty::register(&full, json!({})).await
}

async fn try_in(shop: &RelyingParty<'_>, browser: &Browser<'_>, name: &str, password: &str) -> Page {
    let page = browser.get(&shop.authorize_path(&[("prompt", "login")])).await;
    browser.type_password(&page, name, password).await
}

/// Fails once under each of so many names.
async fn fail(shop: &RelyingParty<'_>, browser: &Browser<'_>, names: std::ops::Range<u32>) {
    for number in names {
        let answer = try_in(shop, browser, &format!("nobody{number}@example.com"), "wrong").await;
        assert_eq!(answer.status, 422, "{number}");
    }
}

#[track_caller]
fn assert_waits(page: &Page, seconds: &str) {
    assert_eq!((page.status.as_u16(), page.headers["retry-after"].as_bytes()), (429, seconds.as_bytes()));
}

async fn many_failures_delay_whatever_comes_from_the_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let (browser, elsewhere) = (app.browser(), app.browser().at("203.0.113.8"));
    fail(&shop, &browser, 0..FREE).await;
    assert!(try_in(&shop, &browser, ADA, PASSWORD).await.sent("code").is_some(), "all these were free");
    fail(&shop, &browser, FREE..FREE + 1).await;
    for (name, password) in [(ADA, PASSWORD), (ADA, "wrong"), ("eve@example.com", "wrong")] {
        assert_waits(&try_in(&shop, &browser, name, password).await, "30");
    }
    assert!(try_in(&shop, &elsewhere, ADA, PASSWORD).await.sent("code").is_some());
    for (number, wait) in [(50, 60), (51, 120), (52, 120)] {
        app.clock.advance_micros(120_000_000);
        fail(&shop, &browser, number..number + 1).await;
        assert_waits(&try_in(&shop, &browser, ADA, PASSWORD).await, &wait.to_string());
    }
    assert_eq!(app.times("address.locked_out").await, 4);
    let told = app.full().await.entries("address.locked_out").await;
    assert_eq!(told[0].1, json!({ "address": "203.0.113.7" }));
}

async fn an_account_of_ones_own_hides_no_guesses(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let browser = app.browser();
    // What somebody mistypes before they are let in is forgiven.
    for _ in 0..5 {
        assert_eq!(try_in(&shop, &browser, ADA, "wrong").await.status, 422);
        assert!(try_in(&shop, &browser, ADA, PASSWORD).await.sent("code").is_some());
    }
    // What they try of others is not.
    for number in 0..=FREE {
        fail(&shop, &browser, number..number + 1).await;
        if number < FREE {
            assert!(try_in(&shop, &browser, ADA, PASSWORD).await.sent("code").is_some(), "{number}");
        }
    }
    assert_waits(&try_in(&shop, &browser, ADA, PASSWORD).await, "30");
}

async fn failures_of_an_address_fade(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = start(&app).await;
    let browser = app.browser();
    fail(&shop, &browser, 0..FREE).await;
    app.clock.advance_micros(1_200_000_000);
    fail(&shop, &browser, 30..32).await;
    assert!(try_in(&shop, &browser, ADA, PASSWORD).await.sent("code").is_some(), "two have faded");
    fail(&shop, &browser, 32..33).await;
    assert_waits(&try_in(&shop, &browser, ADA, PASSWORD).await, "30");
}

async fn a_site_is_one_address_and_its_nodes_count_together(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let shop = start(&one).await;
    let browsers = [one.browser().at("2001:db8::1"), other.browser().at("2001:db8::ffff:2")];
    for number in 0..=FREE {
        fail(&shop, &browsers[number as usize % 2], number..number + 1).await;
    }
    for browser in [&browsers[0], &browsers[1], &other.browser().at("2001:db8::3")] {
        assert_waits(&try_in(&shop, browser, ADA, PASSWORD).await, "30");
    }
    let beside = one.browser().at("2001:db8:0:1::1");
    assert!(try_in(&shop, &beside, ADA, PASSWORD).await.sent("code").is_some());
}
