//! `DELETE /api/v1/applications/{application_id}` while people use it

use appkeep_testkit::{TestDatabase, on_each_database};
use http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Browser, RelyingParty, TestApp, User};

on_each_database![
    an_application_that_somebody_uses_is_not_deleted,
    it_is_deleted_once_nobody_uses_it_any_more,
    a_session_that_expired_is_in_nobodys_way,
    a_sign_in_that_races_a_delete_leaves_no_session_behind,
];

const ADA: &str = "ada@example.com";
const ROUNDS: usize = 40;

async fn can_delete(full: &User<'_>, shop: &RelyingParty<'_>) -> bool {
    full.read(&shop.client_id).await["can_delete"] == true
}

async fn bulk_delete(full: &User<'_>, ids: &[&str]) -> Value {
    full.post("/applications/bulk/delete", json!({ "ids": ids })).await.ok()
}

async fn an_application_that_somebody_uses_is_not_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let unused = RelyingParty::register(&full, json!({ "name": "Unused" })).await;
    assert!(can_delete(&full, &shop).await);
    let tokens = shop.sign_in(&app.browser(), ADA).await;
    assert!(!can_delete(&full, &shop).await && can_delete(&full, &unused).await);
    let path = format!("/applications/{}", shop.client_id);
    full.delete(&path).await.refused(409, "app_in_use_cannot_delete");
    // Disabled or not: a session is one.
    full.act(&format!("{path}/disable")).await.ok();
    full.delete(&path).await.refused(409, "app_in_use_cannot_delete");
    let outcome = bulk_delete(&full, &[&shop.client_id, &unused.client_id]).await;
    assert_eq!(outcome["meta"], json!({ "succeeded": 1, "failed": 1 }));
    let [refused, done] = [0, 1].map(|index| outcome["data"]["results"][index].clone());
    assert_eq!((&refused["id"], &refused["status"]), (&json!(shop.client_id), &json!("error")));
    assert_eq!(refused["error"], "app_in_use_cannot_delete");
    assert_eq!(done, json!({ "id": unused.client_id, "status": "ok" }));
    assert!(shop.is_good(&tokens.access).await, "nothing has happened to it");
    // Archiving ends its sessions.
    full.act(&format!("{path}/archive")).await.ok();
    assert!(can_delete(&full, &shop).await && !shop.is_good(&tokens.access).await);
    full.delete(&path).await.with(204);
}

async fn it_is_deleted_once_nobody_uses_it_any_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let (here, there) = (app.browser(), app.browser());
    for browser in [&here, &there] {
        shop.sign_in(browser, ADA).await;
    }
    let path = format!("/applications/{}", shop.client_id);
    for browser in [&here, &there] {
        full.delete(&path).await.refused(409, "app_in_use_cannot_delete");
        assert!(!can_delete(&full, &shop).await);
        let page = browser.get("/oauth2/logout").await;
        browser.submit(&page, &[("decision", "sign_out")]).await;
    }
    assert!(can_delete(&full, &shop).await);
    full.delete(&path).await.with(204);
    full.get(&path).await.refused(404, "app_not_found");
}

async fn a_session_that_expired_is_in_nobodys_way(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let week = 7 * 86_400_000_000;
    // It lasts as long as the sign-in, or as its refresh token.
    let body = json!({ "refresh_token_ttl_s": 8 * 86_400 });
    let shop = RelyingParty::register(&full, body).await;
    let browser = app.browser();
    shop.walk(&browser, ADA, &[("scope", "openid")]).await;
    let portal =
        RelyingParty::register(&full, json!({ "name": "Portal", "refresh_token_ttl_s": 8 * 86_400 })).await;
    portal.sign_in(&browser, ADA).await;
    app.clock.advance_micros(week - 1);
    let full = app.full().await;
    assert!(!can_delete(&full, &shop).await && !can_delete(&full, &portal).await);
    app.clock.advance_micros(1);
    assert!(can_delete(&full, &shop).await && !can_delete(&full, &portal).await);
    let outcome = bulk_delete(&full, &[&shop.client_id, &portal.client_id]).await;
    assert_eq!(outcome["meta"], json!({ "succeeded": 1, "failed": 1 }));
    app.clock.advance_micros(86_400_000_000);
    app.full().await.delete(&format!("/applications/{}", portal.client_id)).await.with(204);
}

async fn a_sign_in_that_races_a_delete_leaves_no_session_behind(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.person(ADA).await;
    let browser = app.browser();
    let portal = RelyingParty::register(&full, json!({ "name": "Portal" })).await;
    portal.sign_in(&browser, ADA).await;
    // That with the portal.
    let mut kept = 1;
    for round in 0..ROUNDS {
        let shop = RelyingParty::register(&full, json!({ "name": format!("Shop {round}") })).await;
        kept += usize::from(!race(&full, &shop, &browser, round).await);
        let listed = full.get(&format!("/users/{ada}/sessions?limit=250")).await.ok();
        let listed = listed["data"].as_array().map(Vec::len);
        assert_eq!(listed, Some(kept), "round {round}: one for each application that is there, and no other");
    }
    let left = database.dump().await.remove("sessions").expect("is a table");
    assert_eq!(left.len(), kept);
}

/// Whether the delete was first. Whoever is later starts a little later in
/// each round, so that each step of one meets each of the other.
async fn race(full: &User<'_>, shop: &RelyingParty<'_>, browser: &Browser<'_>, round: usize) -> bool {
    let path = format!("/applications/{}", shop.client_id);
    let (sign_in_waits, delete_waits) = if round.is_multiple_of(2) { (round, 0) } else { (0, round) };
    let signing_in = async {
        wait(sign_in_waits).await;
        browser.get(&shop.authorize_path(&[("prompt", "none")])).await
    };
    let deleting = async {
        wait(delete_waits).await;
        full.delete(&path).await
    };
    let (page, deleted) = tokio::join!(signing_in, deleting);
    let code = page.sent("code");
    if deleted.status == StatusCode::NO_CONTENT {
        assert_eq!(code, None, "a code of an application that is gone: {page:?}");
        full.get(&path).await.refused(404, "app_not_found");
        return true;
    }
    deleted.refused(409, "app_in_use_cannot_delete");
    shop.trade(&code.expect("the sign-in was first")).await.ok();
    let sessions = full.get(&format!("{path}/sessions?state=active")).await.ok();
    assert_eq!(sessions["data"].as_array().map(Vec::len), Some(1), "round {round}");
    false
}

async fn wait(turns: usize) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}
