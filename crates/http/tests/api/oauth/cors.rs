//! What pages of other sites may read (the CORS protocol of the Fetch standard).

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use crate::harness::{Answer, RelyingParty, TestApp, User};

on_each_database![
    an_applications_own_pages_may_ask,
    no_other_pages_may,
    what_anybody_may_know_any_page_may_know,
    the_native_api_is_for_no_page,
];

const ADA: &str = "ada@example.com";
const OWN: &str = "https://shop.example";
const PORTALS: &str = "https://portal.example:8443";
const FOREIGN: [&str; 7] = [
    "https://evil.example",
    "https://shop.example.evil.example",
    "https://shop.example:8443",
    "http://shop.example",
    "https://SHOP.example",
    "https://portal.example",
    "null",
];

async fn register<'a>(full: &User<'a>) -> (RelyingParty<'a>, RelyingParty<'a>) {
    let shop = RelyingParty::register(full, json!({ "allowed_origins": [OWN] })).await;
    let portal = json!({ "name": "Portal", "allowed_origins": [PORTALS] });
    (shop, RelyingParty::register(full, portal).await)
}

async fn preflight(user: &User<'_>, path: &str, origin: &str) -> Answer {
    let request = user.request(Method::OPTIONS, path).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    user.send(request.header("access-control-request-headers", "authorization"), "").await
}

async fn post(user: &User<'_>, path: &str, form: &str, origin: Option<&str>) -> Answer {
    let request =
        user.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
    let request = match origin {
        Some(origin) => request.header("origin", origin),
        None => request,
    };
    user.send(request, form.to_owned()).await
}

fn allowed(answer: &Answer) -> &str {
    // Never with cookies, and never kept for another page.
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    answer.header("access-control-allow-origin")
}

fn varies(answer: &Answer) -> bool {
    answer.headers.get_all("vary").iter().any(|vary| vary == "origin")
}

async fn an_applications_own_pages_may_ask(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let (shop, _) = register(&full).await;
    let nobody = app.nobody();
    for path in ["/oauth2/token", "/oauth2/userinfo", "/oauth2/revoke"] {
        for origin in [OWN, PORTALS] {
            let answer = preflight(&nobody, path, origin).await;
            assert_eq!((answer.status.as_u16(), allowed(&answer)), (204, origin), "{path}");
            assert!(answer.header("access-control-allow-headers").contains("authorization"));
            assert!(answer.header("access-control-allow-methods").contains("POST") && varies(&answer));
        }
    }
    let tokens = shop.sign_in(&app.browser(), ADA).await;
    let refresh_token = tokens.refresh.as_deref().expect("asked for offline_access");
    let form = format!("grant_type=refresh_token&client_id={}&refresh_token={refresh_token}", shop.client_id);
    let answer = post(&nobody, "/oauth2/token", &form, Some(OWN)).await;
    assert_eq!((answer.status.as_u16(), allowed(&answer), varies(&answer)), (200, OWN, true));
    // A page has to be able to read why it is refused.
    let refused = format!("grant_type=refresh_token&client_id={}&refresh_token=x", shop.client_id);
    let answer = post(&nobody, "/oauth2/token", &refused, Some(OWN)).await;
    assert_eq!((answer.status.as_u16(), allowed(&answer)), (400, OWN));
    let answer = post(&app.bearing(&tokens.access), "/oauth2/userinfo", "", Some(OWN)).await;
    assert_eq!((answer.status.as_u16(), allowed(&answer)), (200, OWN));
    assert!(answer.header("access-control-expose-headers").contains("www-authenticate"));
    let answer = post(&app.bearing("garbage"), "/oauth2/userinfo", "", Some(OWN)).await;
    assert_eq!((answer.status.as_u16(), allowed(&answer)), (401, OWN));
}

async fn no_other_pages_may(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let (shop, _) = register(&full).await;
    let tokens = shop.sign_in(&app.browser(), ADA).await;
    let nobody = app.nobody();
    let form = format!("grant_type=refresh_token&client_id={}&refresh_token=x", shop.client_id);
    for origin in FOREIGN {
        for path in ["/oauth2/token", "/oauth2/userinfo"] {
            let answer = preflight(&nobody, path, origin).await;
            assert_eq!((answer.status.as_u16(), allowed(&answer)), (204, ""), "{path} {origin}");
            assert!(varies(&answer) && answer.header("access-control-allow-methods").is_empty());
        }
        assert_eq!(allowed(&post(&nobody, "/oauth2/token", &form, Some(origin)).await), "", "{origin}");
        let answer = post(&app.bearing(&tokens.access), "/oauth2/userinfo", "", Some(origin)).await;
        assert_eq!((allowed(&answer), varies(&answer)), ("", true), "{origin}");
    }
    // Another application's pages may ask for it, and not for this one.
    assert_eq!(allowed(&post(&nobody, "/oauth2/token", &form, Some(PORTALS)).await), "");
    let answer = post(&app.bearing(&tokens.access), "/oauth2/userinfo", "", Some(PORTALS)).await;
    assert_eq!(allowed(&answer), "");
    // No page asks.
    let answer = post(&app.bearing(&tokens.access), "/oauth2/userinfo", "", None).await;
    assert_eq!((answer.status.as_u16(), allowed(&answer)), (200, ""));
    // Taken back, it counts no more.
    let path = format!("/applications/{}", shop.client_id);
    full.patch(&path, json!({ "allowed_origins": [] })).await.ok();
    assert_eq!(allowed(&preflight(&nobody, "/oauth2/token", OWN).await), "");
    assert_eq!(allowed(&post(&nobody, "/oauth2/token", &form, Some(OWN)).await), "");
}

async fn what_anybody_may_know_any_page_may_know(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let nobody = app.nobody();
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
    ] {
        for origin in ["https://evil.example", "null"] {
            let request = nobody.request(Method::GET, path).header("origin", origin);
            let answer = nobody.send(request, "").await;
            assert_eq!((answer.status.as_u16(), allowed(&answer)), (200, "*"), "{path}");
        }
    }
}

async fn the_native_api_is_for_no_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let _ = register(&full).await;
    for path in ["/api/v1/applications", "/oauth2/authorize", "/oauth2/logout", "/sign-in"] {
        let request = full.request(Method::OPTIONS, path).header("origin", OWN);
        let answer = full.send(request.header("access-control-request-method", "GET"), "").await;
        assert_eq!(allowed(&answer), "", "{path}");
    }
    let request = full.request(Method::GET, "/api/v1/applications").header("origin", OWN);
    assert_eq!(allowed(&full.send(request, "").await), "");
}
