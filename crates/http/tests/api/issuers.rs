//! Each tenant's address: `/t/<slug>`.

mod callers;
mod clients;
mod nodes;
mod people;
mod refused;

use appkeep_testkit::{TestDatabase, on_each_database};
use http::{Method, StatusCode};
use serde_json::Value;

use crate::harness::{Answer, ISSUER, TestApp};

on_each_database![
    a_tenants_address_says_what_is_there,
    a_tenant_signs_with_keys_of_its_own,
    where_no_tenant_is_nothing_is,
    a_tenant_that_is_made_later_is_there_at_once,
    below_an_address_pages_of_its_applications_may_ask,
];

async fn get(app: &TestApp, path: &str) -> Answer {
    let nobody = app.nobody();
    nobody.send(nobody.request(Method::GET, path), "").await
}

async fn a_tenants_address_says_what_is_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.tenant_of(None, "acme").await;
    let acme = format!("{ISSUER}/t/acme");
    let answer = get(&app, "/t/acme/.well-known/openid-configuration").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let metadata = answer.ok();
    assert_eq!(metadata["issuer"], acme);
    for (member, path) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("token_endpoint", "/oauth2/token"),
        ("userinfo_endpoint", "/oauth2/userinfo"),
        ("end_session_endpoint", "/oauth2/logout"),
        ("introspection_endpoint", "/oauth2/introspect"),
        ("revocation_endpoint", "/oauth2/revoke"),
        ("jwks_uri", "/.well-known/jwks.json"),
    ] {
        assert_eq!(metadata[member], format!("{acme}{path}"), "{member}");
    }
    // RFC 8414 §3.1 puts it before the path; OpenID Connect Discovery §4 behind.
    for path in [
        "/.well-known/oauth-authorization-server/t/acme",
        "/.well-known/openid-configuration/t/acme",
        "/t/acme/.well-known/oauth-authorization-server",
    ] {
        assert_eq!(get(&app, path).await.ok(), metadata, "{path}");
    }
    let roots = get(&app, "/.well-known/openid-configuration").await.ok();
    assert_eq!(roots["issuer"], ISSUER);
}

async fn a_tenant_signs_with_keys_of_its_own(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.tenant_of(None, "acme").await;
    let kids = async |path: &str| -> Vec<Value> {
        let keys = get(&app, path).await.ok()["keys"].take();
        keys.as_array().expect("a list").iter().map(|key| key["kid"].clone()).collect()
    };
    let (roots, acmes) = (kids("/.well-known/jwks.json").await, kids("/t/acme/.well-known/jwks.json").await);
    assert_eq!((roots.len(), acmes.len()), (3, 3));
    assert!(acmes.iter().all(|kid| !roots.contains(kid)));
    assert_eq!(kids("/t/acme/.well-known/jwks.json").await, acmes, "they were made once");
}

/// The default tenant is at the root, and nowhere else.
async fn where_no_tenant_is_nothing_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.tenant_of(None, "acme").await;
    let full = app.full().await;
    let browser = app.browser();
    for slug in ["default", "nobody", "ACME", "acme-", "acme.", "%61cme-", "a%2Fb"] {
        for path in [".well-known/openid-configuration", ".well-known/jwks.json"] {
            get(&app, &format!("/t/{slug}/{path}")).await.refused(404, "not_found");
        }
        get(&app, &format!("/.well-known/oauth-authorization-server/t/{slug}"))
            .await
            .refused(404, "not_found");
        let (id, secret) = app.management();
        let client = app.client(id, secret).at(&format!("/t/{slug}"));
        client.form("/oauth2/token", "grant_type=client_credentials").await.refused(404, "not_found");
        full.clone().at(&format!("/t/{slug}")).get("/tenant").await.refused(404, "not_found");
        // Whoever brings no token learns nothing more.
        app.nobody().at(&format!("/t/{slug}")).get("/tenant").await.refused(401, "invalid_token");
        for page in ["oauth2/authorize?client_id=x", "account", "forgotten-password"] {
            let page = browser.get(&format!("/t/{slug}/{page}")).await;
            assert_eq!(
                (page.status, page.heading()),
                (StatusCode::NOT_FOUND, "There is nothing here".to_owned())
            );
        }
    }
    for path in ["/t", "/t/", "/t/acme", "/t/acme/", "/t/acme/metrics", "/t/acme/openapi.json"] {
        assert_eq!(get(&app, path).await.status, 404, "{path}");
    }
}

async fn a_tenant_that_is_made_later_is_there_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let path = "/t/acme/.well-known/openid-configuration";
    get(&app, path).await.refused(404, "not_found");
    let before = app.statements();
    get(&app, path).await.refused(404, "not_found");
    assert_eq!(app.statements(), before, "that there is none is remembered");
    app.tenant_of(None, "acme").await;
    get(&app, path).await.ok();
}

async fn below_an_address_pages_of_its_applications_may_ask(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (acme, _) = (app.tenant_of(None, "acme").await, app.tenant_of(None, "bolt").await);
    let origin = "https://shop.example";
    let body = serde_json::json!({ "allowed_origins": [origin] });
    crate::harness::RelyingParty::register(&app.full_at(&acme).await, body).await;
    for (mount, allowed) in [("/t/acme", origin), ("/t/bolt", ""), ("/t/nobody", ""), ("", "")] {
        let nobody = app.nobody().at(mount);
        let request = nobody.request(Method::OPTIONS, "/oauth2/token").header("origin", origin);
        let answer = nobody.send(request.header("access-control-request-method", "POST"), "").await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (204, allowed));
        let request = nobody.request(Method::POST, "/oauth2/token").header("origin", origin);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = nobody.send(request, "grant_type=client_credentials").await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{mount}");
    }
}
