//! `grant_type=refresh_token` (RFC 6749 §6, RFC 9700 §4.14.2)

use std::collections::BTreeSet;

use appkeep_testkit::{TestDatabase, on_each_database};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, RelyingParty, TestApp, Tokens, User, claims};

on_each_database![
    a_token_is_good_for_one_use,
    of_many_who_refresh_at_once_all_get_the_same_successor,
    a_token_that_is_used_again_after_the_grace_ends_its_family,
    a_latecomer_after_two_quick_rotations_gets_nothing_and_ends_nothing,
    some_of_the_scope_can_be_asked_for,
    what_is_refused_does_not_use_up_the_token,
    a_token_lives_from_use_to_use_and_not_for_ever,
    a_revoked_token_takes_its_access_tokens_along,
    a_revoked_access_token_leaves_the_family,
    what_was_taken_from_the_application_is_taken_from_its_tokens,
    whoever_may_not_sign_in_gets_nothing_more,
];

const ADA: &str = "ada@example.com";
const MINUTE: i64 = 60_000_000;

/// Ada, an application, and what it got when she signed in.
struct Given<'a> {
    app: &'a TestApp,
    full: User<'a>,
    ada: String,
    shop: RelyingParty<'a>,
    first: Tokens,
}

impl<'a> Given<'a> {
    async fn of(app: &'a TestApp, body: Value) -> Self {
        let full = app.full().await;
        let ada = full.person(ADA).await;
        let shop = RelyingParty::register(&full, body).await;
        let first = shop.sign_in(&app.browser(), ADA).await;
        Self { app, full, ada, shop, first }
    }

    fn token(&self) -> &str {
        self.first.refresh.as_deref().expect("asked for offline_access")
    }

    async fn sign_in_again(&self) -> (String, String) {
        let tokens = self.shop.sign_in(&self.app.browser(), ADA).await;
        (tokens.access, tokens.refresh.expect("asked for offline_access"))
    }
}

#[track_caller]
fn renewed(answer: Answer) -> (String, String) {
    let tokens = Tokens::of(&answer.ok());
    (tokens.access, tokens.refresh.expect("is rotated"))
}

async fn a_token_is_good_for_one_use(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let mut seen = BTreeSet::from([given.token().to_owned()]);
    let mut token = given.token().to_owned();
    for _ in 0..5 {
        app.clock.advance_micros(MINUTE);
        let whole = given.shop.refresh(&token).await.ok();
        // OIDC Core §12.2: the same person, and the sign-in that there was.
        let (before, now) = (given.first.id.as_deref(), whole["id_token"].as_str());
        let (before, now) = (claims(before.expect("a token")), claims(now.expect("a token")));
        for claim in ["iss", "sub", "aud", "auth_time", "sid"] {
            assert_eq!(before[claim], now[claim], "{claim}");
        }
        assert!(before["iat"].as_i64() < now["iat"].as_i64() && now.get("nonce").is_none());
        let tokens = Tokens::of(&whole);
        assert!(given.shop.is_good(&tokens.access).await && app.is_active(&tokens.access).await);
        token = tokens.refresh.expect("is rotated");
        assert!(seen.insert(token.clone()), "each is another");
    }
    assert!(given.shop.is_good(&given.first.access).await, "access tokens live as long as they live");
}

async fn of_many_who_refresh_at_once_all_get_the_same_successor(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let answers = join_all((0..50).map(|_| given.shop.refresh(given.token()))).await;
    let tokens: Vec<_> = answers.into_iter().map(renewed).collect();
    let successors: BTreeSet<_> = tokens.iter().map(|(_, refresh_token)| refresh_token).collect();
    assert_eq!(successors.len(), 1);
    for (access, _) in &tokens {
        assert!(app.is_active(access).await && given.shop.is_good(access).await);
    }
    // A latecomer within the grace, too.
    app.clock.advance_micros(9_999_999);
    let (access, late) = renewed(given.shop.refresh(given.token()).await);
    assert_eq!((&late, app.is_active(&access).await), (&tokens[0].1, true));
    app.clock.advance_micros(MINUTE);
    let (_, next) = renewed(given.shop.refresh(&late).await);
    assert_ne!(next, late, "the family lives");
    assert_eq!(app.times("refresh_token.reused").await, 0);
}

async fn a_token_that_is_used_again_after_the_grace_ends_its_family(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let (others_access, others) = given.sign_in_again().await;
    let (access, newest) = renewed(given.shop.refresh(given.token()).await);
    app.clock.advance_micros(10_000_000);
    given.shop.refresh(given.token()).await.refused_by_oauth(400, "invalid_grant");
    for refresh_token in [given.token(), &newest] {
        given.shop.refresh(refresh_token).await.refused_by_oauth(400, "invalid_grant");
    }
    for access in [&given.first.access, &access] {
        assert!(!app.is_active(access).await && !given.shop.is_good(access).await);
    }
    let told = given.full.get("/audit?action=refresh_token.reused").await.ok();
    assert_eq!(told["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["data"][0]["application_id"], given.shop.client_id);
    let said = &told["data"][0]["after"];
    assert_eq!(said["session_id"], given.first.session);
    assert!(said["user_id"].as_str().is_some_and(|id| id.starts_with("usr_")), "{said}");
    assert!(said["grant_id"].as_str().is_some_and(|id| id.starts_with("gnt_")), "{said}");
    // Another sign-in is none of its business.
    assert!(given.shop.is_good(&others_access).await);
    let (_, others) = renewed(given.shop.refresh(&others).await);
    // Three rotations ago is too long ago, however quick they were.
    let mut newest = others.clone();
    for _ in 0..3 {
        newest = renewed(given.shop.refresh(&newest).await).1;
    }
    for token in [&others, &newest] {
        given.shop.refresh(token).await.refused_by_oauth(400, "invalid_grant");
    }
    assert_eq!(app.times("refresh_token.reused").await, 2);
}

/// One request is under way while another gets the successor and uses it.
async fn a_latecomer_after_two_quick_rotations_gets_nothing_and_ends_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let (_, second) = renewed(given.shop.refresh(given.token()).await);
    app.clock.advance_micros(50_000);
    let (access, third) = renewed(given.shop.refresh(&second).await);
    for advance in [50_000, 9_899_999] {
        app.clock.advance_micros(advance);
        given.shop.refresh(given.token()).await.refused_by_oauth(400, "invalid_grant");
        assert!(app.is_active(&access).await, "the family lives");
    }
    assert_eq!(app.times("refresh_token.reused").await, 0);
    // The same moment later it is taken for stolen.
    app.clock.advance_micros(1);
    given.shop.refresh(given.token()).await.refused_by_oauth(400, "invalid_grant");
    given.shop.refresh(&third).await.refused_by_oauth(400, "invalid_grant");
    assert!(!app.is_active(&access).await);
    assert_eq!(app.times("refresh_token.reused").await, 1);
}

/// RFC 6749 §6: never more than the person agreed to.
async fn some_of_the_scope_can_be_asked_for(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let narrow = given.shop.refresh_with(given.token(), &[("scope", "openid")]).await.ok();
    assert_eq!(narrow["scope"], "openid");
    assert_eq!(claims(narrow["access_token"].as_str().expect("text"))["scope"], "openid");
    assert_eq!(claims(narrow["id_token"].as_str().expect("text")).get("email"), None);
    // The refresh token keeps what it had.
    let token = narrow["refresh_token"].as_str().expect("is rotated");
    let whole = given.shop.refresh(token).await.ok();
    assert_eq!(whole["scope"], "openid email offline_access");
    let token = whole["refresh_token"].as_str().expect("is rotated");
    let without = given.shop.refresh_with(token, &[("scope", "email")]).await.ok();
    assert!(without.get("id_token").is_none() && without["refresh_token"].is_string());
}

type Row<'a> = (&'static str, &'a [(&'static str, &'a str)], &'static str);

async fn what_is_refused_does_not_use_up_the_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let another = RelyingParty::register(&given.full, json!({ "name": "Another" })).await;
    let (half, long) = (&given.token()[..given.token().len() - 1], "a".repeat(4_000));
    let table: &[Row<'_>] = &[
        ("RFC 6749 §6, was not granted", &[("scope", "openid profile")], "invalid_scope"),
        ("RFC 6749 §3.3", &[("scope", "openid  email")], "invalid_scope"),
        ("RFC 6749 §6", &[("scope", "applications:read")], "invalid_scope"),
        ("RFC 8707 §2.2", &[("resource", "https://another.example")], "invalid_target"),
        ("RFC 6749 §5.2, another client's", &[("client_id", &another.client_id)], "invalid_grant"),
        ("RFC 6749 §5.2, no client", &[("client_id", "")], "invalid_client"),
        ("RFC 6749 §6, no token", &[("refresh_token", "")], "invalid_request"),
        ("RFC 6749 §5.2, no such token", &[("refresh_token", half)], "invalid_grant"),
        ("RFC 6749 §5.2, no such token", &[("refresh_token", &long)], "invalid_grant"),
        ("RFC 6749 §5.2, no such token", &[("refresh_token", &given.first.access)], "invalid_grant"),
    ];
    for (section, otherwise, error) in table {
        let answer = given.shop.refresh_with(given.token(), otherwise).await;
        assert_eq!(answer.body["error"], *error, "{section} {otherwise:?}");
        answer.refused_by_oauth(if *error == "invalid_client" { 401 } else { 400 }, error);
    }
    app.clock.advance_micros(MINUTE);
    let (access, _) = renewed(given.shop.refresh(given.token()).await);
    assert!(given.shop.is_good(&access).await && given.shop.is_good(&given.first.access).await);
    assert_eq!(app.times("refresh_token.reused").await, 0);
}

async fn a_token_lives_from_use_to_use_and_not_for_ever(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let body = json!({ "refresh_token_ttl_s": 120, "refresh_token_max_age_s": 300 });
    let given = Given::of(&app, body).await;
    let (_, unused) = given.sign_in_again().await;
    let mut token = given.token().to_owned();
    for _ in 0..2 {
        app.clock.advance_micros(119_000_000);
        token = renewed(given.shop.refresh(&token).await).1;
    }
    given.shop.refresh(&unused).await.refused_by_oauth(400, "invalid_grant");
    // 238 s are over, and the last 62 s are all that there is.
    app.clock.advance_micros(61_000_000);
    token = renewed(given.shop.refresh(&token).await).1;
    app.clock.advance_micros(1_000_000);
    given.shop.refresh(&token).await.refused_by_oauth(400, "invalid_grant");
    assert_eq!(app.times("refresh_token.reused").await, 0, "nobody did anything wrong");
    let (_, token) = given.sign_in_again().await;
    app.clock.advance_micros(120_000_000);
    given.shop.refresh(&token).await.refused_by_oauth(400, "invalid_grant");
}

/// RFC 7009 §2.1
async fn a_revoked_token_takes_its_access_tokens_along(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let another = RelyingParty::register(&given.full, json!({ "name": "Another" })).await;
    let (kept_access, kept) = given.sign_in_again().await;
    let (access, newest) = renewed(given.shop.refresh(given.token()).await);
    let revoke = async |client: &str, token: &str| {
        app.nobody().form("/oauth2/revoke", &format!("client_id={client}&token={token}")).await
    };
    revoke(&another.client_id, &newest).await.refused_by_oauth(400, "unauthorized_client");
    assert!(app.is_active(&access).await);
    // One that was replaced names its family as well.
    for token in [given.token(), &newest] {
        assert_eq!(revoke(&given.shop.client_id, token).await.status, 200);
    }
    for access in [&given.first.access, &access] {
        assert!(!app.is_active(access).await && !given.shop.is_good(access).await);
    }
    given.shop.refresh(&newest).await.refused_by_oauth(400, "invalid_grant");
    let told = given.full.entries("refresh_token.revoked").await;
    let [(_, said)] = told.as_slice() else { panic!("once: {told:?}") };
    assert_eq!((&said["user_id"], &said["session_id"]), (&json!(given.ada), &json!(given.first.session)));
    assert!(said["grant_id"].as_str().is_some_and(|id| id.starts_with("gnt_")), "{said}");
    assert!(app.is_active(&kept_access).await);
    given.shop.refresh(&kept).await.ok();
}

async fn a_revoked_access_token_leaves_the_family(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let form = format!("client_id={}&token={}", given.shop.client_id, given.first.access);
    assert_eq!(app.nobody().form("/oauth2/revoke", &form).await.status, 200);
    assert!(!app.is_active(&given.first.access).await && !given.shop.is_good(&given.first.access).await);
    let (access, _) = renewed(given.shop.refresh(given.token()).await);
    assert!(app.is_active(&access).await);
}

async fn what_was_taken_from_the_application_is_taken_from_its_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let path = format!("/applications/{}", given.shop.client_id);
    given.full.patch(&path, json!({ "allowed_scopes": ["openid", "offline_access"] })).await.ok();
    let left = given.shop.refresh(given.token()).await.ok();
    assert_eq!(left["scope"], "openid offline_access");
    let token = left["refresh_token"].as_str().expect("is rotated");
    given.full.patch(&path, json!({ "grant_types": ["authorization_code"] })).await.ok();
    given.shop.refresh(token).await.refused_by_oauth(400, "unauthorized_client");
    let both = json!({ "grant_types": ["authorization_code", "refresh_token"] });
    given.full.patch(&path, both).await.ok();
    given.full.act(&format!("{path}/disable")).await.ok();
    given.shop.refresh(token).await.refused_by_oauth(400, "unauthorized_client");
    assert!(given.shop.is_good(&given.first.access).await, "disabling leaves what was issued");
    given.full.act(&format!("{path}/enable")).await.ok();
    let (_, token) = renewed(given.shop.refresh(token).await);
    given.full.act(&format!("{path}/archive")).await.ok();
    assert!(!given.shop.is_good(&given.first.access).await, "archiving ends sessions");
    given.full.act(&format!("{path}/restore")).await.ok();
    given.shop.refresh(&token).await.refused_by_oauth(400, "invalid_grant");
}

async fn whoever_may_not_sign_in_gets_nothing_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let given = Given::of(&app, json!({})).await;
    let path = format!("/users/{}", given.ada);
    app.clock.advance_micros(MINUTE);
    given.full.patch(&path, json!({ "status": "suspended" })).await.ok();
    given.shop.refresh(given.token()).await.refused_by_oauth(400, "invalid_grant");
    assert!(!app.is_active(&given.first.access).await && !given.shop.is_good(&given.first.access).await);
    app.clock.advance_micros(MINUTE);
    given.full.patch(&path, json!({ "status": "active" })).await.ok();
    given.shop.refresh(given.token()).await.refused_by_oauth(400, "invalid_grant");
    assert!(!app.is_active(&given.first.access).await, "what ended has ended");
    let (access, _) = given.sign_in_again().await;
    assert!(app.is_active(&access).await);
    app.clock.advance_micros(MINUTE);
    given.full.delete(&path).await.with(204);
    assert!(!app.is_active(&access).await && !given.shop.is_good(&access).await);
}
