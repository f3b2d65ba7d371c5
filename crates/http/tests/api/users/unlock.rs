//! `POST /api/v1/users/{user_id}/unlock`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{Browser, RelyingParty, TestApp};

on_each_database![a_locked_account_is_shown_and_unlocked, nobody_who_is_not_there_is_unlocked];

/// The status of the page after a password.
async fn try_password(shop: &RelyingParty<'_>, browser: &Browser<'_>, password: &str) -> u16 {
    let page = browser.get(&shop.authorize_path(&[])).await;
    browser.type_password(&page, "ada@example.com", password).await.status.as_u16()
}

async fn a_locked_account_is_shown_and_unlocked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person("ada@example.com").await;
    let path = format!("/users/{ada}");
    let lockout = |shown: &Value| (shown["failed_sign_ins"].clone(), shown["locked_until"].clone());
    assert_eq!(lockout(&full.get(&path).await.data()), (json!(0), Value::Null));
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = app.browser();
    for failed in 1..=6 {
        assert_eq!(try_password(&shop, &browser, "wrong").await, 422, "{failed}");
        let locked_until = if failed < 6 { Value::Null } else { json!(app.after(30)) };
        assert_eq!(lockout(&full.get(&path).await.data()), (json!(failed), locked_until));
    }
    assert_eq!(try_password(&shop, &browser, crate::harness::PASSWORD).await, 429);
    for _ in 0..2 {
        let answer = full.act(&format!("{path}/unlock")).await;
        assert_eq!(answer.header("etag"), full.get(&path).await.header("etag"));
        assert_eq!(lockout(&answer.data()), (json!(0), Value::Null));
    }
    // The second time nothing changed.
    assert_eq!(full.entries("user.unlocked").await, [(Value::Null, json!({ "user_id": ada }))]);
    assert_eq!(try_password(&shop, &browser, crate::harness::PASSWORD).await, 303);
    // What is long ago is not shown.
    assert_eq!(try_password(&shop, &app.browser(), "wrong").await, 422);
    app.clock.advance_micros(86_400_000_000);
    assert_eq!(lockout(&app.full().await.get(&path).await.data()), (json!(0), Value::Null));
}

async fn nobody_who_is_not_there_is_unlocked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.user("ada@example.com").await;
    for id in ["usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage"] {
        full.act(&format!("/users/{id}/unlock")).await.refused(404, "user_not_found");
    }
}
