//! The way of a browser to an integration and back: one browser, one address,
//! one authorization server, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::connect::{
    Place, arrives, back, by_oauth, by_oauth_of, departs, led_on, place_of, put, server, sets_out, status,
    travels,
};
use super::{id_of, made, path_of};
use crate::harness::{Browser, Elsewhere, ISSUER, Page, Sent, TestApp};

on_each_database![
    the_browser_that_sets_out_is_the_one_that_comes_back,
    an_application_brings_what_the_browser_brought,
    each_integration_and_each_tenant_has_an_address_of_its_own,
    an_answer_of_another_server_is_thrown_away,
    another_server_ends_what_people_have,
    nobody_is_on_many_errands_at_once,
    whoever_is_signed_in_connects_by_a_page_of_ours,
];

/// It is shown that the link is good no more.
async fn gone(browser: &Browser<'_>, path: &str) {
    let page = browser.get(path).await;
    assert_eq!((page.status.as_u16(), page.location_path()), (410, ""), "{path}");
}

async fn the_browser_that_sets_out_is_the_one_that_comes_back(database: TestDatabase) {
    let (app, server) = (TestApp::start(&database).await, server().await);
    let place = by_oauth(&app, &server).await;
    let (ada, _) = place.person("ada@example.com").await;
    let path = place.connection();
    let (own, other) = (app.browser(), app.browser());
    let (connect, state) = departs(&ada, &path).await;
    let id = id_of(&place.integration);
    let early = format!("/integrations/{id}/callback?state={state}&code=good");
    gone(&own, &early).await;
    let asked = own.get(&connect).await;
    assert_eq!((asked.status.as_u16(), asked.heading().as_str()), (200, "Connect Git?"));
    assert!(asked.html.contains("ada@example.com") && asked.html.contains("Shop"), "{}", asked.html);
    // Nobody says so for them.
    for fields in
        [vec![], vec![("parameters".to_owned(), state.clone())], other.get(&connect).await.hidden_fields()]
    {
        let forged = own.post(&asked.form_action(), &fields).await;
        assert_eq!((forged.status.is_client_error(), forged.location_path()), (true, ""), "{}", forged.html);
    }
    let page = own.submit(&asked, &[]).await;
    let query = led_on(&page);
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let cookie = own.cookie("appkeep_browser").expect("a cookie");
    assert!(!connect.contains(&cookie) && !format!("{:?}", database.dump().await).contains(&cookie));
    assert_eq!(led_on(&own.get(&connect).await), query, "it may follow the link again");
    let here = back(&query, "code=good");
    // Whoever is signed in as somebody else was given the link by them.
    let (eve, another) = (app.browser(), departs(&ada, &path).await.0);
    place.full.person("eve@example.com").await;
    place.party.sign_in(&eve, "eve@example.com").await;
    gone(&eve, &another).await;
    let adas = app.browser();
    place.party.sign_in(&adas, "ada@example.com").await;
    led_on(&adas.get(&another).await);
    for stranger in [&other, &app.browser()] {
        gone(stranger, &connect).await;
        gone(stranger, &here).await;
    }
    for query in ["", "state=", "state=garbage", "state=ins_garbage&code=good"] {
        for page in ["connect", "callback"] {
            gone(&own, &format!("/integrations/{id}/{page}?{query}")).await;
        }
    }
    for query in [format!("state={state}"), format!("state={state}&state={state}&code=good")] {
        gone(&own, &format!("/integrations/{id}/callback?{query}")).await;
    }
    assert_eq!(led_on(&own.get(&here).await)["state"], state);
    gone(&own, &here).await;
    gone(&own, &connect).await;
    arrives(&ada, &path, &state).await.ok();
    gone(&own, &here).await;
    assert_eq!(status(&ada, &path).await, "connected");
    let (late, _) = departs(&ada, &path).await;
    let query = sets_out(&own, &late).await;
    app.clock.advance_micros(600_000_000);
    gone(&own, &late).await;
    gone(&own, &back(&query, "code=good")).await;
}

async fn an_application_brings_what_the_browser_brought(database: TestDatabase) {
    let (app, server) = (TestApp::start(&database).await, server().await);
    let place = by_oauth(&app, &server).await;
    let (ada, _) = place.person("ada@example.com").await;
    let path = place.connection();
    let (_, never_left) = departs(&ada, &path).await;
    let (connect, never_back) = departs(&ada, &path).await;
    sets_out(&app.browser(), &connect).await;
    let other_code = travels(&ada, &path, "code=other").await;
    let refused = travels(&ada, &path, "error=access_denied").await;
    for state in [never_left, never_back, other_code, refused] {
        arrives(&ada, &path, &state).await.refused_for(422, "invalid_field", &["state"]);
    }
    assert_eq!((server.there.asked().len(), status(&ada, &path).await), (0, json!("none")));
}

async fn each_integration_and_each_tenant_has_an_address_of_its_own(database: TestDatabase) {
    let (app, server) = (TestApp::start(&database).await, server().await);
    let acme = app.tenant_of(None, "acme").await;
    app.tenant_of(None, "bolt").await;
    let place = by_oauth_of(app.full_at(&acme).await, "/t/acme", &server).await;
    let other = json!({ "name": "Other", "url": "https://a.example", "auth_mode": "oauth" });
    let other = id_of(&made(&place.full, other).await);
    let id = id_of(&place.integration);
    let (ada, _) = place.person("ada@example.com").await;
    let path = place.connection();
    let (browser, (connect, state)) = (app.browser(), departs(&ada, &path).await);
    assert_eq!(connect, format!("/t/acme/integrations/{id}/connect?state={state}"));
    for elsewhere in [
        connect.replace("/t/acme", ""),
        connect.replace("/t/acme", "/t/bolt"),
        connect.replace(&id, &other),
        connect.replace(&id, "garbage"),
    ] {
        gone(&browser, &elsewhere).await;
    }
    let query = sets_out(&browser, &connect).await;
    let redirect_uri = format!("{ISSUER}/t/acme/integrations/{id}/callback");
    assert_eq!(query["redirect_uri"], redirect_uri);
    let oauth = place.full.get(&format!("{}/oauth", path_of(&place.integration))).await.data();
    assert_eq!(oauth["redirect_uri"], redirect_uri);
    let here = back(&query, "code=good");
    for elsewhere in [
        here.replace("/t/acme", ""),
        here.replace("/t/acme", "/t/bolt"),
        here.replace(&id, &other),
        here.replace(&id, "garbage"),
    ] {
        gone(&browser, &elsewhere).await;
    }
    assert_eq!(browser.get(&here.replace("acme", "nobody")).await.status, 404);
    led_on(&browser.get(&here).await);
    arrives(&ada, &path, &state).await.ok();
    let form = server.there.asked().remove(0).body;
    assert!(form.contains("%2Ft%2Facme%2Fintegrations%2F"), "{form}");
}

/// A server of tools that says of itself who gives out tokens, and whether that
/// says who answers; it gives them out elsewhere once it has moved.
async fn telling(says_so: Value) -> (Elsewhere, Arc<AtomicBool>) {
    let moved = Arc::new(AtomicBool::new(false));
    let is_moved = Arc::clone(&moved);
    let there = Elsewhere::start(move |here, asked| {
        let at = if is_moved.load(Ordering::SeqCst) { "/moved" } else { "" };
        let metadata = json!({
            "issuer": here, "authorization_endpoint": format!("{here}{at}/authorize"),
            "token_endpoint": format!("{here}{at}/token"),
            "authorization_response_iss_parameter_supported": says_so,
        });
        match asked.path.as_str() {
            "/mcp" => Sent::json(401, "{}".to_owned()),
            "/.well-known/oauth-authorization-server" => Sent::json(200, metadata.to_string()),
            "/token" | "/moved/token" => {
                Sent::json(200, json!({ "access_token": "hush", "token_type": "Bearer" }).to_string())
            }
            _ => Sent::json(404, "{}".to_owned()),
        }
    })
    .await;
    (there, moved)
}

/// An integration of which we know what it says of itself, with a client there.
async fn told<'a>(app: &'a TestApp, name: &str, there: &Elsewhere) -> Place<'a> {
    let url = format!("{}/mcp", there.url);
    let integration = json!({ "name": name, "url": url, "auth_mode": "oauth" });
    let place = place_of(app.full().await, "", integration).await;
    let integration = path_of(&place.integration);
    place.full.act(&format!("{integration}/validate")).await.ok();
    put(&place.full, &format!("{integration}/oauth"), json!({ "client_id": "ours" })).await.ok();
    place
}

async fn an_answer_of_another_server_is_thrown_away(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.full().await.person("ada@example.com").await;
    for (name, says_so, without) in [("Git", json!(true), 410), ("Old", json!(false), 303)] {
        let (there, _) = telling(says_so).await;
        let place = told(&app, name, &there).await;
        let ada = place.again("ada@example.com").await;
        for (iss, expected) in [
            ("&iss=https%3A%2F%2Fevil.example".to_owned(), 410),
            (format!("&iss={}%2Fother", there.url), 410),
            ("&iss=".to_owned(), 410),
            (String::new(), without),
            (format!("&iss={}", there.url), 303),
        ] {
            let (browser, (connect, _)) = (app.browser(), departs(&ada, &place.connection()).await);
            let query = sets_out(&browser, &connect).await;
            let page = browser.get(&back(&query, &format!("code=good{iss}"))).await;
            assert_eq!(page.status.as_u16(), expected, "{name} {iss}");
        }
    }
}

async fn another_server_ends_what_people_have(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (there, moved) = telling(json!(true)).await;
    let place = told(&app, "Git", &there).await;
    let (ada, _) = place.person("ada@example.com").await;
    let (path, integration) = (place.connection(), path_of(&place.integration));
    let with = format!("code=good&iss={}", there.url);
    let connect = async || {
        let state = travels(&ada, &path, &with).await;
        arrives(&ada, &path, &state).await.ok();
        assert_eq!(status(&ada, &path).await, "connected");
    };
    connect().await;
    place.full.act(&format!("{integration}/validate")).await.ok();
    assert_eq!(status(&ada, &path).await, "connected", "nothing else was said");
    let under_way = travels(&ada, &path, &with).await;
    moved.store(true, Ordering::SeqCst);
    place.full.act(&format!("{integration}/validate")).await.ok();
    assert_eq!(status(&ada, &path).await, "none");
    assert_eq!(database.dump().await["linked_accounts"].len(), 0);
    arrives(&ada, &path, &under_way).await.refused_for(422, "invalid_field", &["state"]);
    connect().await;
    place.full.patch(&integration, json!({ "issuer": "https://id.example" })).await.ok();
    assert_eq!(status(&ada, &path).await, "none");
    assert_eq!(place.full.get(&integration).await.data()["oauth_metadata"], Value::Null);
}

async fn nobody_is_on_many_errands_at_once(database: TestDatabase) {
    let (app, server) = (TestApp::start(&database).await, server().await);
    let place = by_oauth(&app, &server).await;
    let (ada, _) = place.person("ada@example.com").await;
    let (bob, _) = place.person("bob@example.com").await;
    let path = place.connection();
    for _ in 0..10 {
        departs(&ada, &path).await;
    }
    let body = json!({ "return_to": crate::harness::REDIRECT_URI });
    let answer = ada.post(&format!("{path}/departure"), body).await;
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
    answer.refused(429, "too_many_requests");
    assert_eq!(database.dump().await["integration_errands"].len(), 10);
    departs(&bob, &path).await;
    app.clock.advance_micros(600_000_000);
    departs(&ada, &path).await;
    app.sweep().await;
    assert_eq!(database.dump().await["integration_errands"].len(), 1);
}

async fn whoever_is_signed_in_connects_by_a_page_of_ours(database: TestDatabase) {
    let (app, server) = (TestApp::start(&database).await, server().await);
    let place = by_oauth(&app, &server).await;
    let (ada, ada_id) = place.person("ada@example.com").await;
    let (id, client) = (id_of(&place.integration), place.party.client_id.clone());
    let other = place.full.create("spa", json!({ "redirect_uris": ["https://o.example/cb"] })).await;
    let other = other["id"].as_str().expect("an id").to_owned();
    let link = format!("/integrations/{id}/connect-own?client_id={client}");
    let nobody = app.browser().get(&link).await;
    assert_eq!((nobody.status.as_u16(), nobody.heading().as_str()), (403, "Sign in first"));
    let browser = app.browser();
    place.party.sign_in(&browser, "ada@example.com").await;
    for elsewhere in [
        link.replace(&id, "garbage"),
        link.replace(&client, "garbage"),
        link.replace(&client, &other),
        link.replace("client_id", "client"),
    ] {
        gone(&browser, &elsewhere).await;
    }
    let asked = browser.get(&link).await;
    assert_eq!((asked.status.as_u16(), asked.heading().as_str()), (200, "Connect Git?"));
    assert!(asked.html.contains("ada@example.com") && asked.html.contains("Shop"), "{}", asked.html);
    let forged = browser.post(&asked.form_action(), &[]).await;
    assert_eq!((forged.status.as_u16(), forged.location_path()), (403, ""));
    assert_eq!(database.dump().await["integration_errands"].len(), 0);
    let query = led_on(&browser.submit(&asked, &[]).await);
    let here = back(&query, "code=good");
    gone(&app.browser(), &here).await;
    let connected = browser.get(&here).await;
    assert_eq!((connected.status.as_u16(), connected.heading().as_str()), (200, "Git is connected"));
    gone(&browser, &here).await;
    assert_eq!(status(&ada, &place.connection()).await, "connected");
    let told = json!({ "integration_id": place.integration["id"] });
    assert_eq!(place.full.entries("integration.connected").await, [(Value::Null, told)]);
    let entry = place.full.get("/audit?action=integration.connected").await.ok()["data"][0].take();
    assert_eq!((&entry["actor"]["id"], &entry["application_id"]), (&json!(ada_id), &json!(client)));
    // What is not allowed there leaves what there was.
    let query = led_on(&browser.submit(&browser.get(&link).await, &[]).await);
    let refused = browser.get(&back(&query, "error=access_denied")).await;
    assert_eq!(refused.heading(), "Git is not connected");
    assert_eq!(status(&ada, &place.connection()).await, "connected");
    // Somebody else is signed in by the time that they answer.
    let asked = browser.get(&link).await;
    place.full.person("eve@example.com").await;
    let eve = app.browser();
    place.party.sign_in(&eve, "eve@example.com").await;
    browser.plant_cookie("__Host-appkeep_session", &eve.cookie("appkeep_session").expect("is signed in"));
    gone_after(&browser.submit(&asked, &[]).await);
    place.full.act(&format!("/applications/{client}/disable")).await.ok();
    gone(&browser, &link).await;
}

#[track_caller]
fn gone_after(page: &Page) {
    assert_eq!((page.status.as_u16(), page.location_path()), (410, ""), "{}", page.html);
}
