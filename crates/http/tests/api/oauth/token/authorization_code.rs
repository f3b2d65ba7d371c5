//! `grant_type=authorization_code` (RFC 6749 §4.1.3)

use appkeep_testkit::{TestDatabase, on_each_database};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{AFTER_LOGOUT, Browser, RelyingParty, TestApp, Tokens, User, claims};

on_each_database![
    a_code_brings_what_was_asked_for,
    a_code_that_is_brought_twice_takes_back_what_it_led_to,
    a_code_is_known_until_nothing_of_it_is_good,
    a_token_does_not_outlive_its_session,
    of_many_who_bring_a_code_at_once_one_is_first,
    a_code_is_refused_as_its_rfc_says,
    a_code_is_good_for_a_minute,
    a_verifier_without_a_challenge_is_a_challenge_taken_away,
    a_confidential_client_proves_who_it_is,
    what_ended_meanwhile_is_no_longer_to_be_had,
    an_audience_can_be_named,
    what_was_taken_from_the_application_is_not_issued_by_a_code,
];

const ADA: &str = "ada@example.com";

/// Ada, an application, and a browser in which she is signed in to it.
struct Given<'a> {
    full: User<'a>,
    ada: String,
    shop: RelyingParty<'a>,
    browser: Browser<'a>,
}

impl<'a> Given<'a> {
    async fn of(app: &'a TestApp, body: Value) -> Self {
        let full = app.full().await;
        let ada = full.person(ADA).await;
        let shop = RelyingParty::register(&full, body).await;
        let browser = app.browser();
        shop.walk(&browser, ADA, &[]).await.sent("code").expect("is let in");
        Self { full, ada, shop, browser }
    }

    async fn code(&self) -> String {
        self.code_for(&[]).await
    }

    async fn code_for(&self, more: &[(&str, &str)]) -> String {
        let page = self.browser.get(&self.shop.authorize_path(more)).await;
        page.sent("code").unwrap_or_else(|| panic!("no code: {page:?}"))
    }
}

async fn a_code_brings_what_was_asked_for(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let answer = given.shop.trade(&given.code().await).await;
    // RFC 6749 §5.1
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let whole = answer.ok();
    assert_eq!((&whole["token_type"], &whole["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    assert_eq!(whole["scope"], "openid email offline_access");
    // OIDC Core §2, §3.1.3.6
    let id = claims(whole["id_token"].as_str().expect("a token"));
    assert_eq!(
        (&id["sub"], &id["aud"], &id["nonce"]),
        (&json!(given.ada), &json!(given.shop.client_id), &json!("n1"))
    );
    assert_eq!((&id["acr"], &id["amr"], &id["email"]), (&json!("1"), &json!(["pwd"]), &json!(ADA)));
    // RFC 9068 §2.2
    let access = claims(whole["access_token"].as_str().expect("a token"));
    assert_eq!((&access["sub"], &access["client_id"]), (&id["sub"], &id["aud"]));
    assert_eq!((&access["sid"], &access["auth_time"]), (&id["sid"], &id["auth_time"]));
    let told = app.introspect(whole["access_token"].as_str().expect("text")).await;
    assert_eq!((&told["active"], &told["sub"], &told["sid"]), (&json!(true), &id["sub"], &id["sid"]));
    // OIDC Core §11 and §3.1.2.1: each only for whoever asks for it.
    for (scope, has_refresh, has_id) in [("openid", false, true), ("offline_access", true, false)] {
        let code = given.code_for(&[("scope", scope)]).await;
        let tokens = Tokens::of(&given.shop.trade(&code).await.ok());
        assert_eq!((tokens.refresh.is_some(), tokens.id.is_some()), (has_refresh, has_id), "{scope}");
        assert_eq!(given.shop.is_good(&tokens.access).await, has_id, "userinfo is for OpenID Connect");
    }
    let without = json!({ "grant_types": ["authorization_code"] });
    given.full.patch(&format!("/applications/{}", given.shop.client_id), without).await.ok();
    let tokens = Tokens::of(&given.shop.trade(&given.code().await).await.ok());
    assert_eq!(tokens.refresh, None, "it may not use one");
}

/// RFC 6749 §4.1.2, RFC 9700 §2.1.1
async fn a_code_that_is_brought_twice_takes_back_what_it_led_to(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let (code, another) = (given.code().await, given.code().await);
    let tokens = Tokens::of(&given.shop.trade(&code).await.ok());
    let others = Tokens::of(&given.shop.trade(&another).await.ok());
    let refresh_token = tokens.refresh.expect("asked for offline_access");
    let renewed = Tokens::of(&given.shop.refresh(&refresh_token).await.ok());
    app.clock.advance_micros(3_000_000);
    for _ in 0..2 {
        given.shop.trade(&code).await.refused_by_oauth(400, "invalid_grant");
    }
    for access in [&tokens.access, &renewed.access] {
        assert!(!app.is_active(access).await && !given.shop.is_good(access).await);
    }
    for refresh_token in [refresh_token, renewed.refresh.expect("is rotated")] {
        given.shop.refresh(&refresh_token).await.refused_by_oauth(400, "invalid_grant");
    }
    let told = given.full.entries("authorization_code.replayed").await;
    let [(_, said)] = told.as_slice() else { panic!("once: {told:?}") };
    assert_eq!(said["session_id"], tokens.session);
    assert!(said["user_id"].as_str().is_some_and(|id| id.starts_with("usr_")), "{said}");
    assert!(said["grant_id"].as_str().is_some_and(|id| id.starts_with("gnt_")), "{said}");
    // What another code led to, in the same session, is as it was.
    assert!(app.is_active(&others.access).await && given.shop.is_good(&others.access).await);
    given.shop.refresh(&others.refresh.expect("has one")).await.ok();
}

/// RFC 6749 §4.1.2: however late.
async fn a_code_is_known_until_nothing_of_it_is_good(database: TestDatabase) {
    const HOUR: i64 = 3_600_000_000;
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({ "access_token_ttl_s": 5 * 86_400 })).await;
    for (scope, hours, known) in [
        // Its grant is swept after a day, its token lives on.
        ("openid", 5 * 24 - 1, true),
        ("openid", 5 * 24 + 1, false),
        ("openid offline_access", 6 * 24, true),
    ] {
        let code = given.shop.walk(&app.browser(), ADA, &[("scope", scope)]).await.sent("code");
        let code = code.expect("is let in");
        let mut tokens = Tokens::of(&given.shop.trade(&code).await.ok());
        for hour in 0..hours {
            app.clock.advance_micros(HOUR);
            if let Some(refresh_token) = tokens.refresh.as_ref().filter(|_| hour % 12 == 0) {
                tokens = Tokens::of(&given.shop.refresh(refresh_token).await.ok());
            }
        }
        app.sweep().await;
        let (before, told) =
            (app.is_active(&tokens.access).await, app.times("authorization_code.replayed").await);
        assert_eq!(before, known, "{scope}");
        for _ in 0..2 {
            given.shop.trade(&code).await.refused_by_oauth(400, "invalid_grant");
        }
        assert!(!app.is_active(&tokens.access).await, "{scope}");
        let newly = app.times("authorization_code.replayed").await - told;
        assert_eq!(newly, usize::from(known), "{scope} after {hours} hours");
    }
}

/// It could not be ended any more.
async fn a_token_does_not_outlive_its_session(database: TestDatabase) {
    const DAY: i64 = 86_400;
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({ "access_token_ttl_s": 30 * DAY })).await;
    for (days, expected) in [(0, 7), (6, 1)] {
        app.clock.advance_micros(days * DAY * 1_000_000);
        // The sign-in lasts for a week, and no refresh token for longer.
        let whole = given.shop.trade(&given.code_for(&[("scope", "openid")]).await).await.ok();
        let access = claims(whole["access_token"].as_str().expect("a token"));
        let lives = access["exp"].as_i64().zip(access["iat"].as_i64()).map(|(exp, iat)| exp - iat);
        assert_eq!(lives, Some(expected * DAY), "on day {days}");
        assert_eq!(whole["expires_in"], expected * DAY);
        let id = claims(whole["id_token"].as_str().expect("a token"));
        assert_eq!(id["exp"], access["exp"]);
    }
    let more = given.code_for(&[("scope", "openid offline_access")]).await;
    let whole = given.shop.trade(&more).await.ok();
    assert_eq!(whole["expires_in"], 14 * DAY, "with a refresh token it lasts for as long as that");
}

async fn of_many_who_bring_a_code_at_once_one_is_first(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let code = given.code().await;
    let answers = join_all((0..20).map(|_| given.shop.trade(&code))).await;
    let (good, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(good.len(), 1);
    for answer in refused {
        answer.refused_by_oauth(400, "invalid_grant");
    }
    let tokens = good.into_iter().next().map(|answer| Tokens::of(&answer.ok())).expect("there is one");
    assert!(!app.is_active(&tokens.access).await, "somebody has the code who should not");
    assert_eq!(app.times("authorization_code.replayed").await, 1);
}

type Row<'a> = (&'static str, &'a [(&'static str, &'a str)], &'static str);

async fn a_code_is_refused_as_its_rfc_says(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({ "audience": "https://api.shop.example" })).await;
    let another = RelyingParty::register(&given.full, json!({ "name": "Another" })).await;
    let code = given.code().await;
    let (long, wrong) = ("a".repeat(4_000), "another-verifier-that-is-long-enough-to-be-one");
    let table: &[Row<'_>] = &[
        ("RFC 7636 §4.6, another verifier", &[("code_verifier", wrong)], "invalid_grant"),
        ("RFC 7636 §4.6, no verifier", &[("code_verifier", "")], "invalid_grant"),
        ("RFC 7636 §4.1, too short for one", &[("code_verifier", "short")], "invalid_grant"),
        ("RFC 6749 §4.1.3, another redirect URI", &[("redirect_uri", AFTER_LOGOUT)], "invalid_grant"),
        ("RFC 6749 §4.1.3, no redirect URI", &[("redirect_uri", "")], "invalid_grant"),
        ("RFC 6749 §4.1.3", &[("redirect_uri", "https://SHOP.example/callback")], "invalid_grant"),
        ("RFC 6749 §5.2, another client's", &[("client_id", &another.client_id)], "invalid_grant"),
        (
            "RFC 6749 §5.2, unknown client",
            &[("client_id", "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")],
            "invalid_client",
        ),
        ("RFC 6749 §5.2, no client", &[("client_id", "")], "invalid_client"),
        ("RFC 6749 §4.1.3, no code", &[("code", "")], "invalid_request"),
        ("RFC 6749 §5.2, no such code", &[("code", "ac_garbage")], "invalid_grant"),
        ("RFC 6749 §5.2, no such code", &[("code", &long)], "invalid_grant"),
        ("RFC 6749 §5.2, no grant type", &[("grant_type", "")], "invalid_request"),
        ("RFC 6749 §5.2", &[("grant_type", "password")], "unsupported_grant_type"),
        ("RFC 6749 §5.2, not its grant", &[("grant_type", "client_credentials")], "unauthorized_client"),
        ("RFC 8707 §2.2, not agreed to", &[("resource", "https://another.example")], "invalid_target"),
        ("RFC 8707 §2, no URI", &[("resource", "https://api.shop.example#x")], "invalid_target"),
    ];
    for (section, otherwise, error) in table {
        let answer = given.shop.trade_with(&code, otherwise).await;
        assert_eq!(answer.body["error"], *error, "{section} {otherwise:?}");
        answer.refused_by_oauth(if *error == "invalid_client" { 401 } else { 400 }, error);
    }
    // RFC 6749 §3.2: a parameter is there once.
    for name in ["code", "redirect_uri", "code_verifier", "client_id", "grant_type"] {
        let form = format!("grant_type=authorization_code&client_id={}&code={code}", given.shop.client_id);
        let twice = format!("{form}&{name}=x&{name}=x");
        app.nobody().form("/oauth2/token", &twice).await.refused_by_oauth(400, "invalid_request");
    }
    // Nobody who was refused has used it up.
    given.shop.trade(&code).await.ok();
    assert_eq!(app.times("authorization_code.replayed").await, 0);
}

/// RFC 6749 §4.1.2
async fn a_code_is_good_for_a_minute(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let (early, late) = (given.code().await, given.code().await);
    app.clock.advance_micros(59_999_999);
    given.shop.trade(&early).await.ok();
    app.clock.advance_micros(1);
    given.shop.trade(&late).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(app.times("authorization_code.replayed").await, 0);
}

/// RFC 9700 §4.8.2
async fn a_verifier_without_a_challenge_is_a_challenge_taken_away(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let body = json!({ "type": "server", "token_endpoint_auth_method": "client_secret_post" });
    let (shop, secret) = RelyingParty::confidential(&full, body).await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let browser = app.browser();
    let code = shop.walk(&browser, ADA, &without).await.sent("code").expect("may do without");
    let proof = ("client_secret", secret.as_str());
    shop.trade_with(&code, &[proof]).await.refused_by_oauth(400, "invalid_grant");
    shop.trade_with(&code, &[proof, ("code_verifier", "")]).await.ok();
    let code = shop.walk(&browser, ADA, &[]).await.sent("code").expect("is let in");
    shop.trade_with(&code, &[proof, ("code_verifier", "")]).await.refused_by_oauth(400, "invalid_grant");
    shop.trade_with(&code, &[proof]).await.ok();
}

/// RFC 6749 §3.2.1
async fn a_confidential_client_proves_who_it_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let body = json!({ "type": "server", "token_endpoint_auth_method": "client_secret_post" });
    let (shop, secret) = RelyingParty::confidential(&full, body.clone()).await;
    let (another, others) = RelyingParty::confidential(&full, body).await;
    let code = shop.walk(&app.browser(), ADA, &[]).await.sent("code").expect("is let in");
    for proof in ["", "ias_wrong", &others] {
        let answer = shop.trade_with(&code, &[("client_secret", proof)]).await;
        answer.refused_by_oauth(401, "invalid_client");
    }
    another.trade_with(&code, &[("client_secret", &others)]).await.refused_by_oauth(400, "invalid_grant");
    let tokens = Tokens::of(&shop.trade_with(&code, &[("client_secret", &secret)]).await.ok());
    let refresh_token = tokens.refresh.expect("asked for offline_access");
    shop.refresh(&refresh_token).await.refused_by_oauth(401, "invalid_client");
    let foreign = another.refresh_with(&refresh_token, &[("client_secret", &others)]).await;
    foreign.refused_by_oauth(400, "invalid_grant");
    shop.refresh_with(&refresh_token, &[("client_secret", &secret)]).await.ok();
}

async fn what_ended_meanwhile_is_no_longer_to_be_had(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let application = format!("/applications/{}", given.shop.client_id);
    let code = given.code().await;
    given.full.act(&format!("{application}/disable")).await.ok();
    given.shop.trade(&code).await.refused_by_oauth(400, "unauthorized_client");
    given.full.act(&format!("{application}/enable")).await.ok();
    given.full.patch(&application, json!({ "grant_types": ["refresh_token"] })).await.ok();
    given.shop.trade(&code).await.refused_by_oauth(400, "unauthorized_client");
    let both = json!({ "grant_types": ["authorization_code", "refresh_token"] });
    given.full.patch(&application, both).await.ok();
    given.full.patch(&application, json!({ "assignment_required": true })).await.ok();
    given.shop.trade(&code).await.refused_by_oauth(400, "invalid_grant");
    given.full.patch(&application, json!({ "assignment_required": false })).await.ok();
    given.shop.trade(&code).await.ok();
    let code = given.code().await;
    let page = given.browser.get("/oauth2/logout").await;
    given.browser.submit(&page, &[("decision", "sign_out")]).await;
    given.shop.trade(&code).await.refused_by_oauth(400, "invalid_grant");
    let code = given.shop.walk(&given.browser, ADA, &[]).await.sent("code").expect("signs in again");
    given.full.patch(&format!("/users/{}", given.ada), json!({ "status": "suspended" })).await.ok();
    given.shop.trade(&code).await.refused_by_oauth(400, "invalid_grant");
}

/// RFC 8707 §2.2
async fn an_audience_can_be_named(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({ "audience": "https://api.shop.example" })).await;
    let api = ("resource", "https://api.shop.example");
    for (asked, traded) in [(&[][..], &[][..]), (&[api], &[]), (&[], &[api]), (&[api], &[api])] {
        let code = given.code_for(asked).await;
        let tokens = Tokens::of(&given.shop.trade_with(&code, traded).await.ok());
        assert_eq!(claims(&tokens.access)["aud"], "https://api.shop.example");
        // It is for another API, and opens nothing of ours.
        app.bearing(&tokens.access).get("/applications").await.refused(401, "invalid_token");
        assert!(given.shop.is_good(&tokens.access).await, "OIDC Core §5.3");
    }
}

async fn what_was_taken_from_the_application_is_not_issued_by_a_code(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let path = format!("/applications/{}", given.shop.client_id);
    for (left, scope, has_refresh_token) in [
        (json!(["openid", "offline_access"]), "openid offline_access", true),
        (json!(["email"]), "email", false),
    ] {
        let code = given.code_for(&[("scope", "openid email offline_access")]).await;
        given.full.patch(&path, json!({ "allowed_scopes": left })).await.ok();
        let tokens = given.shop.trade(&code).await.ok();
        assert_eq!(tokens["scope"], scope);
        assert_eq!(claims(tokens["access_token"].as_str().expect("text"))["scope"], scope);
        assert_eq!(tokens.get("refresh_token").is_some(), has_refresh_token, "{tokens}");
        assert_eq!(tokens.get("id_token").is_some(), scope.contains("openid"), "{tokens}");
        let all = json!({ "allowed_scopes": ["openid", "profile", "email", "offline_access"] });
        given.full.patch(&path, all).await.ok();
    }
}
