//! Registered clients at work, and those that nobody uses

use appkeep_domain::Lifetime;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{PATH, initial_token, let_in, register, shop, text, with};
use crate::harness::{Answer, PASSWORD, RelyingParty, TestApp, claims, within_a_second};

on_each_database![
    people_are_asked_what_a_registered_client_may,
    people_are_shown_where_a_registered_client_says_more_of_itself,
    a_machine_gets_tokens_without_a_disk_once_it_was_used,
    what_never_got_a_token_is_removed_in_its_time,
];

const ADA: &str = "ada@example.com";

async fn read(app: &TestApp, told: &Value) -> Answer {
    let holder = app.bearing(text(&told["registration_access_token"]));
    let path = format!("{PATH}/{}", text(&told["client_id"]));
    holder.send(holder.request(Method::GET, &path), "").await
}

async fn people_are_asked_what_a_registered_client_may(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    full.person(ADA).await;
    let told = register(&app.nobody(), shop()).await.with(201);
    let party = RelyingParty::new(&app, text(&told["client_id"]).to_owned());
    let browser = app.browser();
    let page = browser.get(&party.authorize_path(&[])).await;
    let page = browser.type_password(&page, ADA, PASSWORD).await;
    assert_eq!(page.form_action(), "/consent");
    assert!(page.html.contains("Shop"), "{}", page.html);
    let back = browser.submit(&page, &[("decision", "allow")]).await;
    let code = back.sent("code").expect("a code");
    let tokens = party.trade(&code).await.ok();
    assert_eq!(tokens["scope"], "openid email offline_access");
    assert_eq!(claims(text(&tokens["access_token"]))["client_id"], told["client_id"]);
    let tokens = party.refresh(text(&tokens["refresh_token"])).await.ok();
    let holder = app.bearing(text(&told["registration_access_token"]));
    let request = holder.request(Method::DELETE, &format!("{PATH}/{}", text(&told["client_id"])));
    holder.send(request, "").await.with(204);
    assert!(!party.is_good(text(&tokens["access_token"])).await);
    party.refresh(text(&tokens["refresh_token"])).await.refused_by_oauth(401, "invalid_client");
    // It may ask for nothing that it did not say.
    let other = register(&app.nobody(), with(shop(), &json!({ "scope": "openid" }))).await.with(201);
    let other = RelyingParty::new(&app, text(&other["client_id"]).to_owned());
    let refused = browser.get(&other.authorize_path(&[])).await;
    assert_eq!(refused.sent("error").as_deref(), Some("invalid_scope"));
}

async fn people_are_shown_where_a_registered_client_says_more_of_itself(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    full.person(ADA).await;
    let asked = async |told: &Value| {
        let party = RelyingParty::new(&app, text(&told["client_id"]).to_owned());
        let browser = app.browser();
        let page = browser.get(&party.authorize_path(&[])).await;
        browser.type_password(&page, ADA, PASSWORD).await
    };
    let more = json!({
        "client_uri": "https://shop.example/?a=1&b=2", "policy_uri": "https://law.example/privacy",
        "tos_uri": "https://shop.example/tos",
    });
    let said = register(&app.nobody(), with(shop(), &more)).await.with(201);
    let page = asked(&said).await;
    assert_eq!(page.form_action(), "/consent");
    for link in [
        "\"https://law.example/privacy\" rel=\"noopener noreferrer nofollow\">Privacy policy</a> (law.example)",
        "\"https://shop.example/tos\" rel=\"noopener noreferrer nofollow\">Terms of service</a> (shop.example)",
        ">Website</a> (shop.example)",
    ] {
        assert!(page.html.contains(link), "{link}: {}", page.html);
    }
    let bare = register(&app.nobody(), shop()).await.with(201);
    assert!(!asked(&bare).await.html.contains("says more of itself"));
}

async fn a_machine_gets_tokens_without_a_disk_once_it_was_used(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "token").await;
    let developer = app.bearing(&initial_token(&full, 1).await);
    let told = register(&developer, json!({ "grant_types": ["client_credentials"] })).await.with(201);
    let token = async |app: &TestApp| {
        let (id, secret) = (text(&told["client_id"]), text(&told["client_secret"]));
        app.token(id, secret, "").await.ok()
    };
    token(&app).await;
    // The feed tells once more of what was written here.
    within_a_second("a token is given out from memory", async || {
        let before = app.statements();
        for _ in 0..3 {
            token(&app).await;
        }
        app.statements() == before
    })
    .await;
    let node = app.another_node(&database).await;
    token(&node).await;
    app.clock.advance(Lifetime::from_days(2));
    app.sweep().await;
    read(&app, &told).await.ok();
}

async fn what_never_got_a_token_is_removed_in_its_time(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    full.person(ADA).await;
    let used = register(&app.nobody(), shop()).await.with(201);
    let unused = register(&app.nobody(), shop()).await.with(201);
    let party = RelyingParty::new(&app, text(&used["client_id"]).to_owned());
    party.sign_in(&app.browser(), ADA).await;
    // Sent somebody to sign in, and never came for the token.
    let other = RelyingParty::new(&app, text(&unused["client_id"]).to_owned());
    other.walk(&app.browser(), ADA, &[]).await.sent("code").expect("a code");
    full.patch("/tenant", json!({ "unused_registration_ttl_s": 3_600 })).await.ok();
    let brief = register(&app.nobody(), shop()).await.with(201);
    app.clock.advance(Lifetime::from_seconds(3_599));
    app.sweep().await;
    for told in [&used, &unused, &brief] {
        read(&app, told).await.ok();
    }
    app.clock.advance(Lifetime::from_seconds(1));
    app.sweep().await;
    read(&app, &brief).await.refused_by_oauth(401, "invalid_token");
    read(&app, &unused).await.ok();
    app.clock.advance(Lifetime::from_hours(23));
    app.sweep().await;
    read(&app, &unused).await.refused_by_oauth(401, "invalid_token");
    read(&app, &used).await.ok();
    let full = app.full().await;
    full.get(&format!("/applications/{}", text(&unused["client_id"]))).await.refused(404, "app_not_found");
    let entries = full.get("/audit?action=application.expired").await.ok();
    let gone: Vec<&Value> =
        entries["data"].as_array().expect("a list").iter().map(|one| &one["application_id"]).collect();
    assert_eq!(gone, [&unused["client_id"], &brief["client_id"]]);
    assert_eq!(database.dump().await["registrations"].len(), 1);
}
