//! Who gets into the console, and with what.

use appkeep_testkit::{TestDatabase, on_each_database};

use crate::harness::{TestApp, own_path};

on_each_database![
    a_stranger_is_led_to_sign_in_and_back,
    nobody_is_led_elsewhere_after_signing_in,
    an_answer_that_was_not_waited_for_signs_nobody_in,
    a_form_is_taken_from_a_page_of_ours_only,
    nobody_frames_a_page_and_nothing_runs_in_it,
    a_session_is_renewed_and_ends_with_the_sign_in,
    a_token_of_an_application_opens_no_console,
    what_is_not_there_is_a_page,
    each_tenant_has_a_console,
];

async fn a_stranger_is_led_to_sign_in_and_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let browser = app.browser();
    let page = app.asked_to_sign_in(&browser, "/console/applications?q=a%26b").await;
    assert_eq!(page.heading(), "Sign in");
    let back = browser.type_password(&page, &app.operator.email, &app.operator.password).await;
    let arrived = browser.get(&own_path(&back)).await;
    assert_eq!(arrived.location_path(), "/console/applications?q=a%26b");
    let cookies: Vec<_> = arrived.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 3, "the session, what renews it, and the way is gone: {cookies:?}");
    for cookie in cookies {
        let cookie = cookie.to_str().expect("text");
        let is_strict = ["__Host-", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"];
        assert!(is_strict.iter().all(|part| cookie.contains(part)), "{cookie}");
    }
    assert_eq!(browser.get("/console/applications").await.heading(), "Applications");
    // A form that comes without a session changes nothing, and says so.
    let page = app.browser().post("/console/sign-out", &[]).await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (401, "You are not signed in any more"));
}

async fn nobody_is_led_elsewhere_after_signing_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for to in [
        "//evil.example/console",
        "https://evil.example/",
        "/%5C%5Cevil.example",
        "/account",
        "/console/../account",
    ] {
        let browser = app.browser();
        let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
        let page = browser.get(&format!("/console/sign-in?to={to}")).await;
        let page = browser.get(page.location_path()).await;
        let back = browser.type_password(&page, &app.operator.email, &app.operator.password).await;
        assert_eq!(browser.get(&own_path(&back)).await.location_path(), "/console", "{to}");
    }
}

/// RFC 6749 §10.12: a code that somebody else got, or one that is brought twice.
async fn an_answer_that_was_not_waited_for_signs_nobody_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (browser, victim) = (app.browser(), app.browser());
    let page = app.asked_to_sign_in(&browser, "/console").await;
    let back = browser.type_password(&page, &app.operator.email, &app.operator.password).await;
    let answer = own_path(&back);
    let page = victim.get(&answer).await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (400, "Sign in to Appkeep"));
    app.asked_to_sign_in(&victim, "/console").await;
    assert_eq!(victim.get(&answer).await.status, 400, "another attempt's state");
    assert_eq!(victim.cookie("appkeep_console"), None);
    assert_eq!(browser.get(&answer).await.status, 303);
    assert_eq!(browser.get(&answer).await.status, 400, "once");
    let state = browser.get("/console/callback?error=access_denied&state=x").await;
    assert_eq!(state.status, 400);
}

async fn a_form_is_taken_from_a_page_of_ours_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, other) = (app.owner_at_console().await, app.owner_at_console().await);
    let field = |token: &str| vec![("form_token".to_owned(), token.to_owned())];
    for (fields, headers) in [
        (vec![], vec![]),
        (field("x"), vec![]),
        (field(&other.token), vec![]),
        (field(&owner.token), vec![("sec-fetch-site", "cross-site")]),
        (field(&owner.token), vec![("sec-fetch-site", "same-site")]),
        (field(&owner.token), vec![("origin", "https://evil.example")]),
    ] {
        let page = owner.browser.post_from("/console/sign-out", &fields, &headers).await;
        assert_eq!(page.status, 403, "{fields:?} {headers:?}");
        assert!(page.html.contains("was not opened here"), "{}", page.html);
        assert_eq!(owner.get("/console/applications").await.status, 200, "still signed in");
    }
    let page = owner.send("/console/sign-out", &[]).await;
    assert!(page.location_path().starts_with("/oauth2/logout?client_id="), "{page:?}");
    assert_eq!(owner.browser.cookie("appkeep_console"), None);
}

async fn nobody_frames_a_page_and_nothing_runs_in_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner_at_console().await;
    for path in ["/console/applications", "/console/nothing", "/console/callback"] {
        let page = owner.get(path).await;
        let header = |name: &str| page.headers[name].to_str().expect("text").to_owned();
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        let policy = header("content-security-policy");
        for part in
            ["default-src 'none'", "frame-ancestors 'none'", "script-src 'self'", "form-action 'self'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!page.html.contains("<script>") && !page.html.contains(" style="), "{path}");
    }
    let page = owner.get("/console/applications").await;
    let files: Vec<_> = page.html.split('"').filter(|part| part.starts_with("/console/assets/")).collect();
    assert!(files.len() >= 3, "a style sheet and two scripts: {files:?}");
    for file in files {
        let sent = app.browser().get(file).await;
        assert_eq!(sent.status, 200, "{file}");
        assert_eq!(sent.headers["cache-control"], "public, max-age=31536000, immutable");
    }
    assert_eq!(app.browser().get("/console/assets/js").await.status, 404);
}

async fn a_session_is_renewed_and_ends_with_the_sign_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner_at_console().await;
    let before = owner.browser.cookie("appkeep_console");
    app.clock.advance_micros(3_700 * 1_000_000);
    let page = owner.get("/console/applications").await;
    assert_eq!(page.status, 200, "{}", page.html);
    assert_ne!(owner.browser.cookie("appkeep_console"), before, "renewed");
    // A form of the page before is as good as it was.
    app.clock.advance_micros(3_700 * 1_000_000);
    let page = owner.send("/console/nothing", &[]).await;
    assert_eq!(page.status, 404, "{}", page.html);
    app.registry.bootstrap(true).await.expect("is reset");
    app.clock.advance_micros(1_000_000);
    let page = owner.get("/console/applications").await;
    assert_eq!(page.status, 303, "whoever was reset is signed in nowhere: {}", page.html);
    assert!(page.location_path().starts_with("/console/sign-in?to="), "{page:?}");
}

async fn a_token_of_an_application_opens_no_console(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let browser = app.browser();
    browser.plant_cookie("__Host-appkeep_console", app.full().await.token());
    assert_eq!(browser.get("/console/applications").await.status, 303);
    browser.plant_cookie("__Host-appkeep_console", "nonsense");
    assert_eq!(browser.get("/console/applications").await.status, 303);
}

async fn what_is_not_there_is_a_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner_at_console().await;
    for path in ["/console/nothing", "/console/applications/app_x"] {
        let page = owner.get(path).await;
        assert_eq!((page.status.as_u16(), page.heading().as_str()), (404, "There is nothing here"), "{path}");
    }
    let page = owner.get("/t/nobody/console").await;
    assert_eq!((page.status.as_u16(), page.heading().as_str()), (404, "There is nothing here"));
}

async fn each_tenant_has_a_console(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let tenant = app.owner().await.tenant("acme", None).await;
    let admin = format!("admin-{tenant}@example.com").to_lowercase();
    app.runs("admin", &tenant).await;
    let (owner, admin) = (app.owner_at_console().await, app.at_console(&admin).await);
    for at in [&owner, &admin] {
        let page = at.get("/t/acme/console/applications").await;
        assert_eq!(page.status, 200, "{}", page.html);
        assert!(page.html.contains("<title>Applications · acme · Appkeep</title>"), "{}", page.html);
    }
    assert!(!admin.get("/console/applications").await.html.contains("Appkeep management"));
    assert!(owner.get("/console/applications").await.html.contains("Appkeep management"));
}
