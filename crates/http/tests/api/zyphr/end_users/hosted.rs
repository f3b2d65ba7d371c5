//! Our own pages, for an application that has users of its own.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use super::{ADA, Pool, text};
use crate::harness::{REDIRECT_URI, RelyingParty, TestApp, claims};

on_each_database![its_users_sign_in_to_it_and_nobody_else_does, its_users_are_at_home_on_our_pages,];

async fn spa(app: &TestApp) -> Pool<'_> {
    let body = json!({
        "user_pool": "application", "redirect_uris": [REDIRECT_URI], "first_party": true,
        "allowed_scopes": ["openid", "profile", "email", "offline_access"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    Pool::with(app, body).await
}

async fn its_users_sign_in_to_it_and_nobody_else_does(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pool = spa(&app).await;
    app.full().await.person("eve@example.com").await;
    let (user, _) = pool.test().register(ADA).await;
    for (keys, name, is_let_in) in
        [(&pool.test, ADA, true), (&pool.live, ADA, false), (&pool.test, "eve@example.com", false)]
    {
        let shop = RelyingParty::new(&app, keys.public.clone());
        let browser = app.browser();
        let page = browser.get(&shop.authorize_path(&[])).await;
        let page = browser.type_password(&page, name, crate::harness::PASSWORD).await;
        assert_eq!(page.location().is_some(), is_let_in, "{name}: {}", page.html);
        let Some(code) = page.sent("code") else { continue };
        let tokens = shop.trade_with(&code, &[("client_secret", keys.secret.as_str())]).await.ok();
        let access = text(&tokens["access_token"]);
        let said = claims(access);
        assert_eq!((&said["sub"], &said["environment"]), (&user["id"], &json!("test")));
        assert!(pool.test().knows(&tokens["access_token"]).await);
        assert!(!pool.live().knows(&tokens["access_token"]).await);
        let bearer = app.bearing(access);
        let told = bearer.send(bearer.request(Method::GET, "/oauth2/userinfo"), "").await.ok();
        assert_eq!(told["email"], ADA);
    }
}

async fn its_users_are_at_home_on_our_pages(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let pool = spa(&app).await;
    pool.live().register(ADA).await;
    let (shop, browser) = (RelyingParty::new(&app, pool.live.public.clone()), app.browser());
    shop.walk(&browser, ADA, &[]).await;
    let page = browser.get("/account").await;
    assert!(page.html.contains(ADA), "{}", page.html);
    browser.submit(&page.form_with("everywhere"), &[]).await;
    assert_eq!(browser.get("/account").await.heading(), "You are not signed in");
    app.clock.advance_micros(1_000_000);
    pool.live().post("/forgot-password", json!({ "email": ADA })).await.data();
    app.goes_on().await;
    let page = browser.get(&letters.take_link(ADA)).await;
    let new = "a password chosen on our page";
    let done = browser.submit(&page, &[("new_password", new)]).await;
    assert_eq!(done.status, 200, "{}", done.html);
    app.clock.advance_micros(1_000_000);
    pool.live().log_in(ADA, new).await.data();
}
