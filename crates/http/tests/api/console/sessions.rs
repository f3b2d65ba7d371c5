//! Who is signed in, by the pages of the console.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use crate::harness::{Page, RelyingParty, TestApp};

on_each_database![
    the_sessions_of_an_application_are_shown_and_ended,
    the_sessions_of_agents_are_shown_and_ended,
    a_viewer_ends_nothing,
];

const ADA: &str = "ada@example.com";

#[track_caller]
fn says(page: &Page, expected: &str) {
    assert!(page.html.contains(expected), "`{expected}` is missing: {}", page.html);
}

async fn the_sessions_of_an_application_are_shown_and_ended(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    full.person(ADA).await;
    full.person("eve@example.com").await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let list = format!("/console/applications/{}/sessions", shop.client_id);
    says(&owner.get(&list).await, "No session fits.");
    let ada = shop.sign_in(&app.browser(), ADA).await;
    let eve = shop.sign_in(&app.browser(), "eve@example.com").await;
    let page = owner.get(&list).await;
    for part in [ADA, "eve@example.com", "203.0.113.7", "Firefox", "active"] {
        says(&page, part);
    }
    owner.led_to(&owner.send(&format!("{list}/end"), &[("id", &ada.session)]).await);
    assert!(!shop.is_good(&ada.access).await && shop.is_good(&eve.access).await);
    let page = owner.get(&format!("{list}?state=ended")).await;
    says(&page, ADA);
    assert!(!page.html.contains("eve@example.com"), "{}", page.html);
    assert_eq!(owner.send(&format!("{list}/end"), &[("id", "ses_nobody")]).await.status, 404);
    // All of them, after a question.
    says(&owner.get(&format!("{list}/end-all")).await, "Every session of the application ends");
    assert!(shop.is_good(&eve.access).await, "looking ends nothing");
    assert_eq!(owner.led_to(&owner.send(&format!("{list}/end-all"), &[]).await), list);
    assert!(!shop.is_good(&eve.access).await);
    let live = full.get(&format!("/applications/{}/sessions?state=active", shop.client_id)).await.ok();
    assert_eq!(live["data"], json!([]));
}

async fn the_sessions_of_agents_are_shown_and_ended(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let made = full.create("m2m", json!({ "name": "Agent" })).await;
    let id = made["id"].as_str().expect("an id");
    let list = format!("/console/applications/{id}/agent-sessions");
    says(&owner.get(&list).await, "No session fits.");
    for _ in 0..3 {
        app.begin_agent(id, 600).await;
    }
    let page = owner.get(&list).await;
    says(&page, "the application itself");
    let states = async |state: &str| {
        let path = format!("/applications/{id}/agent-sessions?state={state}");
        full.get(&path).await.ok()["data"].as_array().expect("a list").len()
    };
    assert_eq!(states("active").await, 3);
    let first = full.get(&format!("/applications/{id}/agent-sessions")).await.ok()["data"][0]["id"].take();
    let first = first.as_str().expect("an id");
    owner.led_to(&owner.send(&format!("{list}/end"), &[("id", first)]).await);
    assert_eq!((states("active").await, states("ended").await), (2, 1));
    says(&owner.get(&format!("{list}?state=ended")).await, "ended");
    says(&owner.get(&format!("{list}/end-all")).await, "Each agent has to begin another");
    assert_eq!(owner.led_to(&owner.send(&format!("{list}/end-all"), &[]).await), list);
    assert_eq!(states("active").await, 0);
}

async fn a_viewer_ends_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let tokens = shop.sign_in(&app.browser(), ADA).await;
    app.begin_agent(&shop.client_id, 600).await;
    app.runs("viewer", "platform").await;
    let viewer = app.at_console("viewer-platform@example.com").await;
    for kind in ["sessions", "agent-sessions"] {
        let list = format!("/console/applications/{}/{kind}", shop.client_id);
        let page = viewer.get(&list).await;
        let (_, main) = page.html.split_once("<main").expect("has a main part");
        let main = main.split("</main>").next().unwrap_or_default();
        for control in ["formaction", "method=\"post\"", "end-all"] {
            assert!(page.status == 200 && !main.contains(control), "{control} at {list}: {main}");
        }
        assert_eq!(viewer.send(&format!("{list}/end"), &[("id", &tokens.session)]).await.status, 403);
        assert_eq!(viewer.get(&format!("{list}/end-all")).await.status, 403);
        assert_eq!(viewer.send(&format!("{list}/end-all"), &[]).await.status, 403);
    }
    assert!(shop.is_good(&tokens.access).await);
}
