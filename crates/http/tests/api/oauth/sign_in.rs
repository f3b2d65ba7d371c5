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

on_each_database![a_person_signs_in_once_and_then_no_page_is_shown];

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
