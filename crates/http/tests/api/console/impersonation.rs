//! Acting as somebody, by the pages of the console.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{Page, RelyingParty, TestApp, claims};

on_each_database![
    an_owner_acts_as_a_user_and_every_page_says_so_until_it_ends,
    what_is_wrong_with_it_is_said_and_nobody_else_may,
    a_user_of_an_applications_own_is_acted_as_from_their_page,
];

const ADA: &str = "ada@example.com";
const REASON: &str = "Ticket 4711: \"></textarea><script>alert(1)</script>";
const BANNER: &str = "You act as <strong>ada@example.com</strong>";

#[track_caller]
fn says(page: &Page, expected: &str) {
    assert!(page.html.contains(expected), "`{expected}` is missing: {}", page.html);
}

#[track_caller]
fn says_not(page: &Page, unexpected: &str) {
    assert!(!page.html.contains(unexpected), "`{unexpected}` is there: {}", page.html);
}

/// What is shown this one time, by its name.
fn shown(page: &Page, name: &str) -> String {
    let before = format!("<dt>{name}</dt><dd><code class=\"copied\" data-copy>");
    let rest = page.html.split_once(&before).unwrap_or_else(|| panic!("no {name}: {}", page.html)).1;
    rest.split("</code>").next().expect("ends").to_owned()
}

async fn an_owner_acts_as_a_user_and_every_page_says_so_until_it_ends(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let ada = full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({ "name": "Corner shop" })).await;
    let list = format!("/console/applications/{}/impersonations", shop.client_id);
    says(&owner.get(&list).await, "Nobody acts as anybody.");
    says(&owner.get(&format!("/console/users/{ada}")).await, "/act-as\"");
    let page = owner.get(&format!("/console/users/{ada}/act-as?q=corner")).await;
    says(&page, &format!("{list}/new?user_id={ada}"));
    let page = owner.get(&format!("{list}/new?user_id={ada}")).await;
    assert_eq!(page.heading(), format!("Act as {ADA}"));
    says_not(&page, BANNER);
    let typed = [("user_id", &*ada), ("reason", REASON), ("duration_s", "900")];
    let begun = owner.send(&format!("{list}/new"), &typed).await;
    assert_eq!((begun.status.as_u16(), begun.heading().as_str()), (200, "You act as somebody else"));
    assert_eq!(begun.headers["cache-control"], "no-store");
    let token = shown(&begun, "access_token");
    let claims = claims(&token);
    assert_eq!((&claims["sub"], claims["act"]["sub"].is_string()), (&json!(ada), true));
    assert!(shop.is_good(&token).await);
    let listed = full.get(&format!("/applications/{}/impersonations", shop.client_id)).await.ok();
    let id = listed["data"][0]["id"].as_str().expect("is listed").to_owned();
    assert_eq!((&listed["data"][0]["reason"], &listed["data"][0]["user_id"]), (&json!(REASON), &json!(ada)));
    assert_eq!(listed["data"][0]["expires_at"], json!(app.after(900)));
    // It is told everywhere, and the token nowhere again.
    for path in ["/console/applications", "/console/users", "/console/nothing", &list] {
        let page = owner.get(path).await;
        says(&page, BANNER);
        says(&page, &format!("href=\"{list}\">Look, or end it</a>"));
        says_not(&page, &token);
        says_not(&page, "<script>alert");
    }
    says(&owner.get(&list).await, "going on");
    let sessions = format!("/console/applications/{}/sessions", shop.client_id);
    says(&owner.get(&sessions).await, "impersonated");
    assert_eq!(owner.led_to(&owner.send(&format!("{list}/end"), &[("id", &id)]).await), list);
    assert!(!shop.is_good(&token).await);
    says_not(&owner.get(&list).await, BANNER);
    let page = owner.get(&format!("{list}?user_id={ada}")).await;
    says(&page, "Ticket 4711");
    says(&page, "ended");
    // One that is left alone is over by itself.
    owner.send(&format!("{list}/new"), &typed).await;
    says(&owner.get(&list).await, BANNER);
    app.clock.advance_micros(901 * 1_000_000);
    says_not(&owner.get(&list).await, BANNER);
}

async fn what_is_wrong_with_it_is_said_and_nobody_else_may(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let ada = full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let list = format!("/console/applications/{}/impersonations", shop.client_id);
    let new = format!("{list}/new");
    for (reason, duration, field) in
        [("", "900", "reason"), ("Why", "30", "duration_s"), ("Why", "x", "duration_s")]
    {
        let page = owner.send(&new, &[("user_id", &ada), ("reason", reason), ("duration_s", duration)]).await;
        assert_eq!(page.status, 422, "{field}: {}", page.html);
        says(&page, &format!("id=\"{field}-fault\""));
        says_not(&page, "access_token");
    }
    // Who is suspended could not get a token themselves.
    full.patch(&format!("/users/{ada}"), json!({ "status": "suspended" })).await.ok();
    let page = owner.send(&new, &[("user_id", &ada), ("reason", "Why"), ("duration_s", "900")]).await;
    assert_eq!(page.status, 422, "{}", page.html);
    says(&page, "role=\"alert\"");
    assert_eq!(owner.send(&new, &[("user_id", "usr_nobody"), ("reason", "Why")]).await.status, 404);
    full.patch(&format!("/users/{ada}"), json!({ "status": "active" })).await.ok();
    app.clock.advance_micros(1_000_000);
    // A member manages people, and acts as none of them.
    app.runs("member", "platform").await;
    let member = app.at_console("member-platform@example.com").await;
    says_not(&member.get(&format!("/console/users/{ada}")).await, "act-as");
    for path in [format!("/console/users/{ada}/act-as"), format!("{new}?user_id={ada}")] {
        assert_eq!(member.get(&path).await.status, 403, "{path}");
    }
    let page = member.send(&new, &[("user_id", &ada), ("reason", "Why"), ("duration_s", "900")]).await;
    assert_eq!(page.status, 403);
    let listed = full.get(&format!("/applications/{}/impersonations", shop.client_id)).await.ok();
    assert_eq!(listed["data"], json!([]));
    assert_eq!(full.entries("impersonation.started").await, [] as [(Value, Value); 0]);
}

async fn a_user_of_an_applications_own_is_acted_as_from_their_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let forum = full.create("server", json!({ "name": "Forum", "user_pool": "application" })).await;
    let id = forum["id"].as_str().expect("an id");
    let list = format!("/console/applications/{id}/impersonations");
    for environment in ["live", "test"] {
        let api = format!("/applications/{id}/users?environment={environment}");
        let made = full.post(&api, json!({ "email": ADA })).await.created();
        let user = made["id"].as_str().expect("an id");
        let page =
            owner.get(&format!("/console/applications/{id}/users/{user}?environment={environment}")).await;
        says(&page, &format!("{list}/new?user_id={user}"));
        let typed = [("user_id", user), ("reason", "Why"), ("duration_s", "300")];
        let page = owner.send(&format!("{list}/new"), &typed).await;
        assert_eq!(page.status, 200, "{}", page.html);
        assert_eq!(claims(&shown(&page, "access_token"))["sub"], json!(user));
        says(&owner.get(&list).await, BANNER);
        app.clock.advance_micros(301 * 1_000_000);
    }
}
