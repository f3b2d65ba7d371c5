//! People at a tenant's address: pages, sign-ins, and what they lead to.

use appkeep_domain::Owner;
use appkeep_service::ApplicationFields;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::{Method, StatusCode};
use serde_json::json;

use crate::harness::{
    AFTER_LOGOUT, Below, PASSWORD, Page, REDIRECT_URI, RelyingParty, TestApp, User, claims,
};

on_each_database![
    somebody_signs_in_at_their_tenants_address,
    a_sign_in_is_one_tenants,
    a_name_is_locked_where_it_was_tried,
    a_partners_application_signs_in_each_tenants_people,
    what_a_partners_application_got_at_one_tenant_is_no_good_at_another,
    what_was_taken_from_a_person_stands_in_their_tenants_history,
    a_person_is_led_back_to_where_they_came_from,
    an_account_is_the_tenants,
    a_mailed_link_leads_to_the_tenants_own_pages,
    a_page_that_is_over_says_so_at_the_tenants_address,
];

const ADA: &str = "ada@example.com";

/// A tenant where Ada is, and an application of its own.
async fn given<'a>(app: &'a TestApp, slug: &str) -> (Below, User<'a>, RelyingParty<'a>) {
    let tenant = app.tenant_of(None, slug).await;
    let full = app.full_at(&tenant).await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    (tenant, full, shop)
}

/// An application of a partner that people sign in to.
async fn partners(app: &TestApp, owner: Owner) -> RelyingParty<'_> {
    let texts = |texts: &[&str]| Some(texts.iter().map(|&text| text.to_owned()).collect());
    let fields = ApplicationFields {
        name: Some("Portal".to_owned()),
        redirect_uris: texts(&[REDIRECT_URI]),
        allowed_scopes: texts(&["openid", "email", "offline_access"]),
        ..ApplicationFields::default()
    };
    let (client_id, _) = app.application_of(owner, "spa", fields).await;
    RelyingParty::new(app, client_id)
}

async fn somebody_signs_in_at_their_tenants_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (tenant, full, shop) = given(&app, "acme").await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    assert_eq!(page.form_action(), "/t/acme/sign-in");
    assert!(page.html.contains("href=\"/t/acme/forgotten-password?"), "{}", page.html);
    let back = browser.type_password(&page, ADA, PASSWORD).await;
    let issuer = format!("{}/t/acme", crate::harness::ISSUER);
    assert_eq!(back.sent("iss"), Some(issuer.clone()), "RFC 9207 §2");
    let tokens = crate::harness::Tokens::of(&shop.trade(&back.sent("code").expect("a code")).await.ok());
    let id_token = claims(tokens.id.as_deref().expect("asked for openid"));
    assert_eq!((&id_token["iss"], &id_token["email"]), (&json!(issuer), &json!(ADA)));
    let said = claims(&tokens.access);
    assert_eq!((&said["iss"], &said["tenant_id"]), (&json!(issuer), &json!(tenant.id.to_string())));
    assert_eq!((said.get("token_type"), said.get("role")), (None, None));
    assert!(shop.is_good(&tokens.access).await);
    let user = app.bearing(&tokens.access);
    user.send(user.request(Method::GET, "/oauth2/userinfo"), "").await.refused(401, "invalid_token");
    let renewed = shop.refresh(tokens.refresh.as_deref().expect("asked for it")).await.ok();
    assert_eq!(claims(renewed["access_token"].as_str().expect("a token"))["iss"], issuer);
    // What was seen of the session is told to whose it is.
    app.clock.advance_micros(60_000_000);
    assert!(shop.is_good(renewed["access_token"].as_str().expect("a token")).await);
    app.tell_sightings().await;
    let sessions = full.get(&format!("/applications/{}/sessions", shop.client_id)).await.ok();
    assert_eq!(sessions["data"][0]["last_seen_at"], app.now(), "{sessions}");
    let hint = tokens.id.expect("asked for openid");
    let path = format!("/t/acme/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri={AFTER_LOGOUT}");
    let out = browser.get(&path).await;
    assert_eq!(out.location().map(String::from).as_deref(), Some(AFTER_LOGOUT));
    assert!(!shop.is_good(&tokens.access).await);
}

async fn a_sign_in_is_one_tenants(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (_, _, shop) = given(&app, "acme").await;
    let (_, _, stall) = given(&app, "bolt").await;
    let browser = app.browser();
    shop.sign_in(&browser, ADA).await;
    let cookie = browser.cookie("_session_acme").expect("is signed in");
    assert_eq!(browser.cookie("appkeep_session"), None);
    // At another tenant's address nobody is signed in, whoever has that cookie.
    let silently = stall.authorize_path(&[("prompt", "none")]);
    assert_eq!(browser.get(&silently).await.sent("error").as_deref(), Some("login_required"));
    let planted = browser.copied_to(&app);
    planted.plant_cookie("__Host-appkeep_session_bolt", &cookie);
    planted.plant_cookie("__Host-appkeep_session", &cookie);
    assert_eq!(planted.get(&silently).await.sent("error").as_deref(), Some("login_required"));
    assert_eq!(planted.get("/account").await.heading(), "You are not signed in");
    // Both go on beside each other.
    stall.sign_in(&browser, ADA).await;
    for party in [&shop, &stall] {
        let silently = party.authorize_path(&[("prompt", "none")]);
        assert!(browser.get(&silently).await.sent("code").is_some());
    }
    // A form of one is none of the other's.
    let page = browser.get(&shop.authorize_path(&[("prompt", "login")])).await;
    let mut fields = page.hidden_fields();
    fields
        .extend([("identifier", ADA), ("password", PASSWORD)].map(|(name, text)| (name.into(), text.into())));
    assert_eq!(browser.post("/t/bolt/sign-in", &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/sign-in", &fields).await.status, StatusCode::FORBIDDEN);
}

/// Or a name that is unknown at one address would tell, locked, that it is
/// known at another where it is not.
async fn a_name_is_locked_where_it_was_tried(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (_, _, shop) = given(&app, "acme").await;
    let (_, _, stall) = given(&app, "bolt").await;
    let eve = "eve@example.com";
    let browser = app.browser();
    for name in [ADA, eve] {
        let mut page = browser.get(&shop.authorize_path(&[])).await;
        while page.status != StatusCode::TOO_MANY_REQUESTS {
            page = browser.type_password(&page, name, "wrong").await;
        }
        let page = browser.get(&stall.authorize_path(&[])).await;
        let page = browser.type_password(&page, name, "wrong").await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
}

async fn a_partners_application_signs_in_each_tenants_people(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let north = app.partner("north").await;
    let portal = partners(&app, Owner::Partner(north)).await;
    for slug in ["acme", "bolt"] {
        let tenant = app.tenant_of(Some(north), slug).await;
        let full = app.full_at(&tenant).await;
        let ada = full.person(ADA).await;
        let here = portal.at(&app).asking(&tenant.path);
        let browser = app.browser();
        let tokens = here.sign_in(&browser, ADA).await;
        let said = claims(&tokens.access);
        assert_eq!((&said["sub"], &said["app_scope"]), (&json!(ada), &json!("PARTNER")));
        assert_eq!(said["tenant_id"], tenant.id.to_string());
        assert!(here.is_good(&tokens.access).await);
        // The tenant's history tells of its person.
        assert_eq!(full.last_entry().await.0, "session.started");
        here.refresh(tokens.refresh.as_deref().expect("asked for it")).await.ok();
        // Whoever is suspended there is refused.
        full.patch(&format!("/users/{ada}"), json!({ "status": "suspended" })).await.ok();
        assert!(!here.is_good(&tokens.access).await);
    }
}

async fn what_a_partners_application_got_at_one_tenant_is_no_good_at_another(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let north = app.partner("north").await;
    let portal = partners(&app, Owner::Partner(north)).await;
    for slug in ["acme", "bolt"] {
        let tenant = app.tenant_of(Some(north), slug).await;
        app.full_at(&tenant).await.person(ADA).await;
    }
    let (acme, bolt) = (portal.at(&app).asking("/t/acme"), portal.at(&app).asking("/t/bolt"));
    let browser = app.browser();
    let back = acme.walk(&browser, ADA, &[]).await;
    let code = back.sent("code").expect("a code");
    bolt.trade(&code).await.refused_by_oauth(400, "invalid_grant");
    let tokens = crate::harness::Tokens::of(&acme.trade(&code).await.ok());
    let refresh_token = tokens.refresh.as_deref().expect("asked for it");
    bolt.refresh(refresh_token).await.refused_by_oauth(400, "invalid_grant");
    assert!(!bolt.is_good(&tokens.access).await && acme.is_good(&tokens.access).await);
    acme.refresh(refresh_token).await.ok();
}

async fn what_was_taken_from_a_person_stands_in_their_tenants_history(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let north = app.partner("north").await;
    let portal = partners(&app, Owner::Partner(north)).await;
    let [acme, bolt] = [app.tenant_of(Some(north), "acme").await, app.tenant_of(Some(north), "bolt").await];
    let full = app.full_at(&acme).await;
    let ada = full.person(ADA).await;
    let here = portal.asking("/t/acme");
    let code = here.walk(&app.browser(), ADA, &[]).await.sent("code").expect("a code");
    let tokens = crate::harness::Tokens::of(&here.trade(&code).await.ok());
    here.trade(&code).await.refused_by_oauth(400, "invalid_grant");
    let tokens_again = here.sign_in(&app.browser(), ADA).await;
    let first = tokens_again.refresh.as_deref().expect("asked for it");
    let newest = crate::harness::Tokens::of(&here.refresh(first).await.ok());
    here.refresh(&newest.refresh.expect("is rotated")).await.ok();
    app.clock.advance_micros(10_000_000);
    here.refresh(first).await.refused_by_oauth(400, "invalid_grant");
    for (action, session) in
        [("authorization_code.replayed", &tokens.session), ("refresh_token.reused", &tokens_again.session)]
    {
        let told = full.entries(action).await;
        let [(_, said)] = told.as_slice() else { panic!("once: {told:?}") };
        assert_eq!((&said["user_id"], &said["session_id"]), (&json!(ada), &json!(session)), "{action}");
        assert_eq!(app.full_at(&bolt).await.entries(action).await, [], "{action}");
        let everybody = database.dump().await.remove("audit_entries").expect("is a table");
        let told = everybody.iter().filter(|row| format!("{row:?}").contains(action)).count();
        assert_eq!(told, 2, "and in that of the application's owner: {action}");
    }
}

async fn a_person_is_led_back_to_where_they_came_from(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (_, _, shop) = given(&app, "acme").await;
    let browser = app.browser();
    let path = shop.authorize_path(&[]);
    let (_, query) = path.split_once('?').expect("has a query");
    let asked = browser.get(&format!("/t/acme/forgotten-password?{query}")).await;
    assert_eq!(asked.form_action(), "/t/acme/forgotten-password");
    assert!(asked.html.contains("href=\"/t/acme/oauth2/authorize?"), "{}", asked.html);
    // By POST a browser is led to the same by GET.
    for page in ["oauth2/authorize", "oauth2/logout"] {
        let request = app.nobody().form(&format!("/t/acme/{page}"), query).await;
        assert_eq!(request.status, StatusCode::SEE_OTHER);
        assert_eq!(request.header("location"), format!("/t/acme/{page}?{query}"));
    }
}

async fn an_account_is_the_tenants(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (_, full, _) = given(&app, "acme").await;
    let asks = json!({ "name": "Asks", "first_party": false });
    let shop = RelyingParty::register(&full, asks).await;
    let browser = app.browser();
    shop.sign_in(&browser, ADA).await;
    let account = browser.get("/t/acme/account").await;
    assert!(account.html.contains(ADA) && account.html.contains("Asks"), "{}", account.html);
    assert_eq!(account.form_action(), "/t/acme/sign-out");
    assert!(
        !account.html.contains("action=\"/account\"") && account.html.contains("action=\"/t/acme/account\"")
    );
    let (first_form, _) = account.html.split_once("</form>").expect("has a form");
    let out = Page { html: first_form.to_owned(), ..account };
    let out = browser.submit(&out, &[]).await;
    assert_eq!((out.status, out.heading()), (StatusCode::OK, "You are signed out".to_owned()));
    assert_eq!(browser.cookie("_session_acme"), None);
}

async fn a_mailed_link_leads_to_the_tenants_own_pages(database: TestDatabase) {
    const NEW: &str = "battery staple horse";
    let (app, letters) = TestApp::with_mail(&database).await;
    let (_, full, shop) = given(&app, "acme").await;
    let (_, _, stall) = given(&app, "bolt").await;
    let users = full.get("/users").await.ok();
    let ada = users["data"][0]["id"].as_str().expect("is listed").to_owned();
    let browser = app.browser();
    // What she asks for herself, and what is asked for her.
    let page = browser.get("/t/acme/forgotten-password").await;
    assert_eq!(page.form_action(), "/t/acme/forgotten-password");
    browser.submit(&page, &[("address", ADA)]).await;
    app.goes_on().await;
    let wished = letters.take_link(ADA);
    full.act(&format!("/users/{ada}/mail-password-link")).await.with(204);
    let mailed = letters.take_link(ADA);
    for link in [&wished, &mailed] {
        let (path, token) = link.split_once('?').expect("has a token");
        assert_eq!(path, "/t/acme/reset-password");
        // It is good at no other address.
        for elsewhere in ["/reset-password", "/t/bolt/reset-password"] {
            assert_eq!(browser.get(&format!("{elsewhere}?{token}")).await.status, StatusCode::GONE);
        }
        let page = browser.get(link).await;
        assert_eq!((page.heading().as_str(), page.form_action().as_str()), ("Choose a new password", path));
    }
    let page = browser.get(&mailed).await;
    let done = browser.submit(&page, &[("new_password", NEW)]).await;
    assert_eq!(done.heading(), "Your password is changed");
    assert_eq!(browser.get(&wished).await.status, StatusCode::GONE, "a new password ends the others");
    app.clock.advance_micros(1_000_000);
    let page = browser.get(&shop.authorize_path(&[])).await;
    assert_eq!(browser.type_password(&page, ADA, PASSWORD).await.status, 422);
    assert!(browser.type_password(&page, ADA, NEW).await.sent("code").is_some());
    // Whoever has that address at another tenant has the password that they had.
    stall.sign_in(&app.browser(), ADA).await;
    full.act(&format!("/users/{ada}/mail-verification-link")).await.with(204);
    let link = letters.take_link(ADA);
    assert!(link.starts_with("/t/acme/verify-address?token="), "{link}");
    let page = browser.get(&link).await;
    let verified = browser.submit(&page, &[]).await;
    assert_eq!(verified.status, StatusCode::OK, "{}", verified.html);
}

async fn a_page_that_is_over_says_so_at_the_tenants_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.tenant_of(None, "acme").await;
    for mount in ["", "/t/acme"] {
        for page in ["/sign-in", "/consent", "/choose-account", "/sign-out"] {
            let shown = app.browser().get(&format!("{mount}{page}")).await;
            assert_eq!(shown.status, StatusCode::METHOD_NOT_ALLOWED, "{mount}{page}");
            assert_eq!(shown.headers["allow"], "POST", "{mount}{page}");
            assert_eq!(shown.heading(), "This page is over", "{mount}{page}: {}", shown.html);
            assert!(shown.html.contains("Start again from the application."), "{}", shown.html);
        }
    }
}
