//! Errors: a message and the status once more.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{BASE, UNKNOWN, formed, get, placed, public, refused};
use crate::harness::TestApp;

on_each_database![
    nobody_does_anything_without_a_token,
    what_is_not_there_and_what_cannot_be_read_is_refused_in_its_own_words,
    a_token_without_the_scope_is_403,
    what_is_no_uuid_is_not_there,
];

const ROUTES: [(Method, &str); 34] = [
    (Method::POST, "/applications"),
    (Method::GET, "/applications"),
    (Method::GET, "/applications/x"),
    (Method::PATCH, "/applications/x"),
    (Method::DELETE, "/applications/x"),
    (Method::POST, "/applications/x/rotate-secret"),
    (Method::GET, "/applications/x/oauth"),
    (Method::PATCH, "/applications/x/oauth"),
    (Method::GET, "/applications/x/integrations"),
    (Method::PUT, "/applications/x/integrations"),
    (Method::POST, "/applications/x/integrations/y"),
    (Method::DELETE, "/applications/x/integrations/y"),
    (Method::GET, "/applications/x/sessions"),
    (Method::DELETE, "/applications/x/sessions"),
    (Method::GET, "/applications/x/sessions/y"),
    (Method::DELETE, "/applications/x/sessions/y"),
    (Method::DELETE, "/applications/x/agent-instances"),
    (Method::GET, "/agent-instances"),
    (Method::GET, "/agent-instances/y"),
    (Method::DELETE, "/agent-instances/y"),
    (Method::POST, "/integrations"),
    (Method::GET, "/integrations"),
    (Method::GET, "/integrations/y"),
    (Method::PATCH, "/integrations/y"),
    (Method::DELETE, "/integrations/y"),
    (Method::POST, "/integrations/y/validate"),
    (Method::GET, "/integrations/y/oauth"),
    (Method::PUT, "/integrations/y/oauth"),
    (Method::DELETE, "/integrations/y/oauth"),
    (Method::POST, "/service-accounts"),
    (Method::GET, "/service-accounts"),
    (Method::GET, "/service-accounts/z"),
    (Method::POST, "/service-accounts/z/rotate-secret"),
    (Method::DELETE, "/service-accounts/z"),
];

async fn nobody_does_anything_without_a_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let before = database.dump().await;
    for user in [app.nobody(), app.bearing("x")] {
        for (method, path) in ROUTES {
            for path in [path.to_owned(), format!("{path}/")] {
                let request = user.request(method.clone(), &format!("{BASE}{path}"));
                let answer = formed(user.send(request, "").await);
                assert!(answer.header("www-authenticate").starts_with("Bearer "), "{method} {path}");
                refused(answer, 401);
            }
        }
    }
    assert_eq!(database.dump().await, before);
}

async fn what_is_not_there_and_what_cannot_be_read_is_refused_in_its_own_words(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    refused(get(&owner, "/nowhere").await, 404);
    let request = owner.request(Method::GET, "/kontext/nowhere");
    refused(formed(owner.send(request, "").await), 404);
    refused(formed(owner.json(Method::PUT, &format!("{BASE}/applications"), json!({})).await), 405);
    for (declared, body, status) in
        [("application/json", "{", 400), ("application/json", "[]", 400), ("text/plain", "{}", 415)]
    {
        let request = owner.request(Method::POST, &format!("{BASE}/applications"));
        let answer = owner.send(request.header("content-type", declared), body).await;
        refused(formed(answer), status);
    }
}

async fn a_token_without_the_scope_is_403(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let user = app.with("groups:read").await;
    for (method, path) in ROUTES {
        let path = path.replace("/x", &format!("/{UNKNOWN}"));
        let request = user.request(method.clone(), &format!("{BASE}{path}"));
        let answer = formed(user.send(request, "").await);
        assert!(answer.header("www-authenticate").contains("insufficient_scope"), "{method} {path}");
        refused(answer, 403);
    }
}

/// "`id` and `integrationId` path params are UUIDs."
async fn what_is_no_uuid_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (_, path) = placed(&owner, "My App", public()).await;
    let before = database.dump().await;
    let cut = &UNKNOWN[..35];
    let long = format!("{UNKNOWN}0");
    for garbage in
        ["garbage", "12345", cut, &long, "app_", "550e8400e29b41d4a71644665544000g", "%F0%9F%92%A9"]
    {
        for (method, route) in ROUTES {
            let Some((noun, _)) = route[1..].split_once('/') else { continue };
            let below = route.splitn(4, '/').nth(3).map(|below| format!("/{below}")).unwrap_or_default();
            let whole = format!("{BASE}/{noun}/{garbage}{}", below.replace('y', UNKNOWN));
            let answer = match method {
                Method::PATCH => owner.json(method.clone(), &whole, json!({ "name": "B" })).await,
                Method::PUT => owner.json(method.clone(), &whole, body_of(route)).await,
                _ => owner.send(owner.request(method.clone(), &whole), "").await,
            };
            assert_eq!(formed(answer).status, 404, "{method} {whole}");
        }
        for (method, below) in
            [(Method::POST, "integrations"), (Method::GET, "sessions"), (Method::DELETE, "sessions")]
        {
            let request = owner.request(method.clone(), &format!("{BASE}{path}/{below}/{garbage}"));
            assert_eq!(formed(owner.send(request, "").await).status, 404, "{method} {below}/{garbage}");
        }
    }
    assert_eq!(database.dump().await, before);
}

fn body_of(route: &str) -> Value {
    if route.starts_with("/integrations") {
        json!({ "clientId": "ours" })
    } else {
        json!({ "integrationIds": [] })
    }
}
