//! `/oauth2/logout` (OpenID Connect RP-Initiated Logout 1.0)

use appkeep_domain::ApplicationId;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::StatusCode;
use serde_json::json;
use url::form_urlencoded;

use crate::harness::{AFTER_LOGOUT, Browser, Page, RelyingParty, TestApp, Tokens};

on_each_database![
    an_id_token_of_the_sign_in_signs_out_at_once,
    without_one_the_person_is_asked,
    somebody_elses_id_token_signs_nobody_out,
    a_hint_that_names_somebody_else_has_the_person_asked,
    a_token_of_another_client_than_says_so_is_no_hint,
    nobody_is_sent_where_nobody_registered,
    every_session_of_the_browser_ends_and_no_other,
    a_request_by_post_is_the_same_by_get,
    whoever_is_signed_out_already_is_sent_on,
    what_another_site_sends_signs_nobody_out,
    a_session_that_outlived_its_sign_in_ends_by_its_token,
];

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

/// Ada, Bob, an application, and a browser in which Ada signed in to it.
struct Given<'a> {
    shop: RelyingParty<'a>,
    portal: RelyingParty<'a>,
    browser: Browser<'a>,
    tokens: Tokens,
}

impl<'a> Given<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let full = app.full().await;
        for email in [ADA, BOB] {
            full.person(email).await;
        }
        let shop = RelyingParty::register(&full, json!({})).await;
        let portal = json!({ "name": "Portal", "post_logout_redirect_uris": ["https://portal.example/bye"] });
        let portal = RelyingParty::register(&full, portal).await;
        let browser = app.browser();
        let tokens = shop.sign_in(&browser, ADA).await;
        Self { shop, portal, browser, tokens }
    }

    fn hint(&self) -> &str {
        self.tokens.id.as_deref().expect("asked for openid")
    }

    async fn logout(&self, parameters: &[(&str, &str)]) -> Page {
        self.browser.get(&path(parameters)).await
    }

    /// Whether Ada is signed in still, in her browser.
    async fn is_signed_in(&self) -> bool {
        let silently = self.browser.get(&self.shop.authorize_path(&[("prompt", "none")])).await;
        silently.sent("code").is_some()
    }
}

fn path(parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/oauth2/logout?{query}")
}

async fn an_id_token_of_the_sign_in_signs_out_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let cookie = given.browser.cookie("appkeep_session").expect("is signed in");
    // It has expired, which does not matter (§4).
    app.clock.advance_micros(2 * 3_600_000_000);
    let refreshed = given.shop.refresh(given.tokens.refresh.as_deref().expect("has one")).await.ok();
    let tokens = Tokens::of(&refreshed);
    assert!(app.is_active(&tokens.access).await);
    let back = given
        .logout(&[
            ("id_token_hint", given.hint()),
            ("post_logout_redirect_uri", AFTER_LOGOUT),
            ("state", "a b&c"),
        ])
        .await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert_eq!(back.location().expect("is sent back").as_str(), format!("{AFTER_LOGOUT}?state=a%20b%26c"));
    assert_eq!(given.browser.cookie("appkeep_session"), None);
    given.browser.plant_cookie("__Host-appkeep_session", &cookie);
    assert!(!given.is_signed_in().await, "the old cookie is worth nothing");
    assert!(!app.is_active(&tokens.access).await && !given.shop.is_good(&tokens.access).await);
    given.shop.refresh(&tokens.refresh.expect("is rotated")).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(app.times("user.signed_out").await, 1);
}

/// §2: anybody can make a browser follow a link.
async fn without_one_the_person_is_asked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let parameters = [("client_id", &*given.shop.client_id), ("post_logout_redirect_uri", AFTER_LOGOUT)];
    let page = given.logout(&parameters).await;
    assert_eq!((page.status, page.heading().as_str()), (StatusCode::OK, "Sign out?"));
    assert!(page.html.contains("Shop asks") && page.html.contains(ADA), "{}", page.html);
    assert!(given.is_signed_in().await, "nothing has happened yet");
    let stayed = given.browser.submit(&page, &[("decision", "stay")]).await;
    assert_eq!((stayed.heading().as_str(), given.is_signed_in().await), ("You are still signed in", true));
    // Neither does another's page press the button.
    let mut fields = page.hidden_fields();
    fields.push(("decision".to_owned(), "sign_out".to_owned()));
    let headers = [("origin", "https://evil.example")];
    assert_eq!(given.browser.post_from("/sign-out", &fields, &headers).await.status, StatusCode::FORBIDDEN);
    fields.retain(|(name, _)| name != "form_token");
    assert_eq!(given.browser.post("/sign-out", &fields).await.status, StatusCode::FORBIDDEN);
    assert!(given.is_signed_in().await);
    let back = given.browser.submit(&page, &[("decision", "sign_out")]).await;
    assert_eq!(back.location().expect("is sent back").as_str(), AFTER_LOGOUT);
    assert!(!given.is_signed_in().await && !app.is_active(&given.tokens.access).await);
}

async fn somebody_elses_id_token_signs_nobody_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let bobs = given.shop.sign_in(&app.browser(), BOB).await.id.expect("asked for openid");
    let elsewhere = given.shop.sign_in(&app.browser(), ADA).await.id.expect("asked for openid");
    let mut forged = given.hint().to_owned();
    forged.truncate(forged.len() - 10);
    for hint in [&*bobs, &elsewhere, &forged, "garbage", &given.tokens.access] {
        let page = given.logout(&[("id_token_hint", hint)]).await;
        assert_eq!((page.heading().as_str(), given.is_signed_in().await), ("Sign out?", true), "{hint}");
    }
}

/// §2, `logout_hint`
async fn a_hint_that_names_somebody_else_has_the_person_asked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    for hint in [BOB, "somebody", "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD"] {
        let page = given.logout(&[("id_token_hint", given.hint()), ("logout_hint", hint)]).await;
        assert_eq!((page.heading().as_str(), given.is_signed_in().await), ("Sign out?", true), "{hint}");
        assert!(page.html.contains(ADA), "who would be signed out: {}", page.html);
    }
    // By itself it signs nobody out.
    let page = given.logout(&[("client_id", &given.shop.client_id), ("logout_hint", ADA)]).await;
    assert_eq!((page.heading().as_str(), given.is_signed_in().await), ("Sign out?", true));
    let sub = crate::harness::claims(given.hint())["sub"].as_str().expect("text").to_owned();
    for hint in ["ADA@example.com ", &sub] {
        let browser = app.browser();
        let id = given.shop.sign_in(&browser, ADA).await.id.expect("asked for openid");
        let page = browser.get(&path(&[("id_token_hint", &id), ("logout_hint", hint)])).await;
        assert_eq!(page.heading(), "You are signed out", "{hint}");
    }
}

/// §2, `client_id`
async fn a_token_of_another_client_than_says_so_is_no_hint(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    for client in [&*given.portal.client_id, "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage"] {
        for uri in [AFTER_LOGOUT, "https://portal.example/bye"] {
            let parameters =
                [("id_token_hint", given.hint()), ("client_id", client), ("post_logout_redirect_uri", uri)];
            let page = given.logout(&parameters).await;
            assert_eq!(
                (page.heading().as_str(), given.is_signed_in().await),
                ("Sign out?", true),
                "{client}"
            );
            assert!(!page.html.contains("asks to sign you out"), "nobody is named: {}", page.html);
            assert_eq!(app.browser().get(&path(&parameters)).await.location(), None, "{client}");
        }
    }
    let parameters = [("id_token_hint", given.hint()), ("client_id", &given.portal.client_id)];
    let page = given.logout(&parameters).await;
    let left = given.browser.submit(&page, &[("decision", "sign_out")]).await;
    assert_eq!((left.location(), left.heading().as_str()), (None, "You are signed out"));
    // In whatever spelling it is one.
    let uuid = ApplicationId::parse(&given.shop.client_id).expect("an id").to_uuid();
    let browser = app.browser();
    let tokens = given.shop.sign_in(&browser, ADA).await;
    let hint = tokens.id.as_deref().expect("asked for openid");
    let back = browser.get(&path(&[("id_token_hint", hint), ("client_id", &uuid)])).await;
    assert_eq!(back.heading(), "You are signed out");
}

/// §3: exactly what was registered, by the application that is meant.
async fn nobody_is_sent_where_nobody_registered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let hint = given.hint().to_owned();
    for uri in [
        "https://evil.example/",
        "https://shop.example/bye/",
        "https://shop.example/bye?x=1",
        "https://shop.example/callback",
        "https://SHOP.example/bye",
        "https://shop.example@evil.example/bye",
        "https://shop.example\\@evil.example/bye",
        "https://portal.example/bye",
    ] {
        let page = given.logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", uri)]).await;
        assert_eq!(page.location(), None, "{uri}");
        assert!(!page.html.contains("evil"), "{uri}: {}", page.html);
    }
    let (shop, portal) = (&*given.shop.client_id, &*given.portal.client_id);
    for (hint, client, uri) in [
        // Nobody says which application it is.
        (None, None, AFTER_LOGOUT),
        (None, Some("app_01KAH8Q2M4F7V9X3C5N8R1T6ZD"), AFTER_LOGOUT),
        // The token and the client are not one.
        (Some(&*hint), Some(portal), AFTER_LOGOUT),
        (Some(&*hint), Some(portal), "https://portal.example/bye"),
        (None, Some(shop), "https://portal.example/bye"),
    ] {
        let named = [("id_token_hint", hint), ("client_id", client), ("post_logout_redirect_uri", Some(uri))];
        let named: Vec<_> = named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        assert_eq!(app.browser().get(&path(&named)).await.location(), None, "{named:?}");
    }
    let twice = format!("{}&client_id=x", path(&[("client_id", shop)]));
    assert_eq!(given.browser.get(&twice).await.status, StatusCode::BAD_REQUEST);
}

async fn every_session_of_the_browser_ends_and_no_other(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let portal = given.portal.sign_in(&given.browser, ADA).await;
    let elsewhere = given.shop.sign_in(&app.browser(), ADA).await;
    let bobs = given.shop.sign_in(&app.browser(), BOB).await;
    assert_ne!(portal.session, given.tokens.session, "a session is with one application");
    given.logout(&[("id_token_hint", given.hint())]).await;
    for (tokens, is_good) in [(&given.tokens, false), (&portal, false), (&elsewhere, true), (&bobs, true)] {
        assert_eq!(app.is_active(&tokens.access).await, is_good);
    }
    let refresh_token = portal.refresh.expect("asked for offline_access");
    given.portal.refresh(&refresh_token).await.refused_by_oauth(400, "invalid_grant");
}

async fn a_request_by_post_is_the_same_by_get(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let fields = [("id_token_hint", given.hint()), ("post_logout_redirect_uri", AFTER_LOGOUT)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers = [("origin", "https://shop.example"), ("sec-fetch-site", "cross-site")];
    let page = given.browser.post_from("/oauth2/logout", &fields, &headers).await;
    let location = page.headers["location"].to_str().expect("ASCII").to_owned();
    assert!(location.starts_with("/oauth2/logout?"), "{location}");
    let back = given.browser.get(&location).await;
    assert_eq!(back.location().expect("is sent back").as_str(), AFTER_LOGOUT);
    assert!(!given.is_signed_in().await);
}

async fn whoever_is_signed_out_already_is_sent_on(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let parameters = [("id_token_hint", given.hint()), ("post_logout_redirect_uri", AFTER_LOGOUT)];
    let back = app.browser().get(&path(&parameters)).await;
    assert_eq!(back.location().expect("is sent back").as_str(), AFTER_LOGOUT);
    let page = app.browser().get("/oauth2/logout").await;
    assert_eq!((page.status, page.location()), (StatusCode::OK, None));
    assert!(given.is_signed_in().await, "in her own browser");
}

/// A browser leaves the cookie out of what another site has it post (RFC 6265bis
/// §5.6.7.1), and keeps what it has.
async fn what_another_site_sends_signs_nobody_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let takes_away = |page: &Page| {
        let mut set = page.headers.get_all("set-cookie").iter();
        set.any(|line| line.to_str().is_ok_and(|line| line.contains("appkeep_session")))
    };
    let without_cookies = app.browser();
    for hint in ["h".repeat(9_000), given.hint().to_owned() + "\r\n"] {
        let long = [("id_token_hint".to_owned(), hint)];
        let headers = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
        let page = without_cookies.post_from("/oauth2/logout", &long, &headers).await;
        let is_refused = page.status == StatusCode::BAD_REQUEST;
        assert!(is_refused || page.location_path().starts_with("/oauth2/logout?"), "{page:?}");
        assert!(!takes_away(&page) && !page.html.contains("signed out"), "{page:?}");
    }
    let plain = without_cookies.post_text("/oauth2/logout", "a=b\r\n").await;
    assert_eq!((plain.status, takes_away(&plain)), (StatusCode::BAD_REQUEST, false));
    // Nor does a page that shows ours as a picture.
    let page = without_cookies.get(&path(&[("id_token_hint", given.hint())])).await;
    assert!(!takes_away(&page));
    assert!(given.is_signed_in().await && app.is_active(&given.tokens.access).await);
    let page = given.logout(&[("id_token_hint", given.hint())]).await;
    assert!(takes_away(&page), "whoever is signed out loses the cookie");
}

/// Refresh tokens live for longer than sign-ins.
async fn a_session_that_outlived_its_sign_in_ends_by_its_token(database: TestDatabase) {
    const EIGHT_DAYS: i64 = 8 * 86_400_000_000;
    let app = TestApp::start(&database).await;
    let given = Given::of(&app).await;
    let long = json!({ "refresh_token_ttl_s": 30 * 86_400, "refresh_token_max_age_s": 60 * 86_400 });
    app.full().await.patch(&format!("/applications/{}", given.shop.client_id), long).await.ok();
    let (old, other) = (app.browser(), app.browser());
    let left = [given.shop.sign_in(&old, ADA).await, given.shop.sign_in(&other, ADA).await];
    app.clock.advance_micros(EIGHT_DAYS);
    let anew = given.shop.sign_in(&given.browser, ADA).await;
    let [mut first, second] = left;
    let renewed = Tokens::of(&given.shop.refresh(first.refresh.as_deref().expect("has one")).await.ok());
    assert!(app.is_active(&renewed.access).await, "the session lives");
    let hint = first.id.take().expect("asked for openid");
    // Who is named by another hint is meant.
    old.get(&path(&[("id_token_hint", &hint), ("logout_hint", BOB)])).await;
    assert!(app.is_active(&renewed.access).await);
    let gone = old.get(&path(&[("id_token_hint", &hint), ("logout_hint", ADA)])).await;
    assert_eq!(gone.heading(), "You are signed out");
    assert!(!app.is_active(&renewed.access).await);
    let refresh_token = renewed.refresh.expect("is rotated");
    given.shop.refresh(&refresh_token).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(app.times("session.ended").await, 1);
    // Whoever signed in anew is asked about that, and loses what is left at once.
    let hint = second.id.as_deref().expect("asked for openid");
    let page = given.logout(&[("id_token_hint", hint)]).await;
    assert_eq!((page.heading().as_str(), given.is_signed_in().await), ("Sign out?", true));
    let refresh_token = second.refresh.expect("has one");
    given.shop.refresh(&refresh_token).await.refused_by_oauth(400, "invalid_grant");
    assert!(app.is_active(&anew.access).await, "that of a live sign-in lives");
    assert_eq!(app.times("session.ended").await, 2);
}
