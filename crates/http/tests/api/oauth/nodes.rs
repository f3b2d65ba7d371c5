//! What one node does, every other obeys within a second.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::StatusCode;
use serde_json::json;

use crate::harness::{Browser, RelyingParty, TestApp, Tokens, within_a_second};

on_each_database![
    a_disabled_application_gets_nothing_new_and_keeps_what_it_has,
    what_ended_at_one_node_is_refused_at_the_other,
    nodes_that_refresh_at_once_give_the_same_successor,
    a_sign_in_at_one_node_counts_at_the_other,
    failures_at_two_nodes_are_those_of_one_whoever_it_is,
];

const ADA: &str = "ada@example.com";

async fn a_disabled_application_gets_nothing_new_and_keeps_what_it_has(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let full = one.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let there = shop.at(&other);
    let browser = other.browser();
    let tokens = there.sign_in(&browser, ADA).await;
    let silently = there.authorize_path(&[("prompt", "none")]);
    let code = browser.get(&silently).await.sent("code").expect("is signed in");
    let refresh_token = tokens.refresh.as_deref().expect("asked for offline_access");
    let refused = StatusCode::BAD_REQUEST;
    there.trade("ac_none").await.refused_by_oauth(400, "invalid_grant");

    full.act(&format!("/applications/{}/disable", shop.client_id)).await.ok();
    within_a_second("no codes", async || {
        browser.get(&silently).await.sent("error").as_deref() == Some("unauthorized_client")
    })
    .await;
    within_a_second("no tokens", async || {
        there.trade("ac_none").await.body["error"] == "unauthorized_client"
    })
    .await;
    there.trade(&code).await.refused_by_oauth(400, "unauthorized_client");
    within_a_second("no refreshing", async || there.refresh(refresh_token).await.status == refused).await;
    there.refresh(refresh_token).await.refused_by_oauth(400, "unauthorized_client");
    for node in [&one, &other] {
        assert!(node.is_active(&tokens.access).await && shop.at(node).is_good(&tokens.access).await);
    }

    full.act(&format!("/applications/{}/enable", shop.client_id)).await.ok();
    within_a_second("enabled", async || there.refresh(refresh_token).await.status == StatusCode::OK).await;
    there.trade(&code).await.ok();
}

/// What ends the tokens of a person.
#[derive(Debug, Clone, Copy)]
enum End {
    Suspend,
    DeleteUser,
    ReplacePassword,
    SignOut,
    RevokeRefreshToken,
    RevokeAccessToken,
    ReplayCode,
    ReuseRefreshToken,
    RevokeTokens,
    Archive,
    Session,
    SessionOfUser,
    EverySession,
    SignOutEverywhere,
    WithdrawConsent,
    WithdrawOwnConsent,
}

/// Somebody who is signed in at the other node.
struct Somebody<'a> {
    one: &'a TestApp,
    id: String,
    shop: RelyingParty<'a>,
    browser: Browser<'a>,
    code: String,
    tokens: Tokens,
}

impl Somebody<'_> {
    fn refresh_token(&self) -> &str {
        self.tokens.refresh.as_deref().expect("asked for offline_access")
    }

    /// At the one node.
    async fn end(&self, by: End) {
        let full = self.one.full().await;
        let (user, application) =
            (format!("/users/{}", self.id), format!("/applications/{}", self.shop.client_id));
        let revoke = async |token: &str| {
            let form = format!("client_id={}&token={token}", self.shop.client_id);
            assert_eq!(self.one.nobody().form("/oauth2/revoke", &form).await.status, 200);
        };
        let end = async |path: &str, status: u16| drop(full.delete(path).await.with(status));
        match by {
            End::Suspend => drop(full.patch(&user, json!({ "status": "suspended" })).await.ok()),
            End::DeleteUser => drop(full.delete(&user).await.with(204)),
            End::ReplacePassword => {
                let path = format!("/api/v1{user}/password");
                let body = json!({ "password": "battery staple horse" });
                full.json(http::Method::PUT, &path, body).await.with(204);
            }
            End::SignOut => {
                let hint = self.tokens.id.as_deref().expect("asked for openid");
                let path = format!("/oauth2/logout?id_token_hint={hint}");
                assert_eq!(self.browser.copied_to(self.one).get(&path).await.heading(), "You are signed out");
            }
            End::RevokeRefreshToken => revoke(self.refresh_token()).await,
            End::RevokeAccessToken => revoke(&self.tokens.access).await,
            End::ReplayCode => self.shop.trade(&self.code).await.refused_by_oauth(400, "invalid_grant"),
            End::ReuseRefreshToken => {
                let newest = Tokens::of(&self.shop.refresh(self.refresh_token()).await.ok());
                let newest = self.shop.refresh(&newest.refresh.expect("is rotated")).await.ok();
                self.shop.refresh(&Tokens::of(&newest).refresh.expect("is rotated")).await.ok();
                self.shop.refresh(self.refresh_token()).await.refused_by_oauth(400, "invalid_grant");
            }
            End::RevokeTokens => drop(full.act(&format!("{application}/revoke-tokens")).await.ok()),
            End::Archive => drop(full.act(&format!("{application}/archive")).await.ok()),
            End::Session => end(&format!("{application}/sessions/{}", self.tokens.session), 204).await,
            End::SessionOfUser => end(&format!("{user}/sessions/{}", self.tokens.session), 204).await,
            End::EverySession => end(&format!("{application}/sessions"), 200).await,
            End::SignOutEverywhere => end(&format!("{user}/sessions"), 200).await,
            End::WithdrawConsent => {
                end(&format!("{user}/consents/{}", self.shop.client_id), 204).await;
            }
            End::WithdrawOwnConsent => {
                let browser = self.browser.copied_to(self.one);
                let page = browser.get("/account").await.form_with("Withdraw");
                assert_eq!(browser.submit(&page, &[]).await.status, 303);
            }
        }
    }
}

async fn what_ended_at_one_node_is_refused_at_the_other(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let full = one.full().await;
    for (number, by) in [
        End::Suspend,
        End::DeleteUser,
        End::ReplacePassword,
        End::SignOut,
        End::RevokeRefreshToken,
        End::RevokeAccessToken,
        End::ReplayCode,
        End::ReuseRefreshToken,
        End::RevokeTokens,
        End::Archive,
        End::Session,
        End::SessionOfUser,
        End::EverySession,
        End::SignOutEverywhere,
        End::WithdrawConsent,
        End::WithdrawOwnConsent,
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("number{number}@example.com");
        let id = full.person(&email).await;
        let asks = json!({ "name": format!("Shop {number}"), "first_party": false });
        let shop = RelyingParty::register(&full, asks).await;
        let (there, browser) = (shop.at(&other), other.browser());
        let code = there.walk(&browser, &email, &[]).await.sent("code").expect("is let in");
        let tokens = Tokens::of(&there.trade(&code).await.ok());
        let access = tokens.access.clone();
        assert!(other.is_active(&access).await && there.is_good(&access).await, "{by:?}");
        let somebody = Somebody { one: &one, id, shop, browser, code, tokens };
        somebody.end(by).await;
        within_a_second(&format!("introspection: {by:?}"), async || !other.is_active(&access).await).await;
        within_a_second(&format!("userinfo: {by:?}"), async || !there.is_good(&access).await).await;
        if !matches!(by, End::RevokeAccessToken | End::RevokeTokens) {
            assert_eq!(
                there.refresh(somebody.refresh_token()).await.status,
                StatusCode::BAD_REQUEST,
                "{by:?}"
            );
        }
        assert!(!one.is_active(&access).await && !somebody.shop.is_good(&access).await, "{by:?}");
    }
}

async fn nodes_that_refresh_at_once_give_the_same_successor(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let full = one.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let there = shop.at(&other);
    let mut token = shop.sign_in(&one.browser(), ADA).await.refresh.expect("asked for offline_access");
    for _ in 0..5 {
        let answers = futures_util::future::join_all((0..10).map(|number| {
            let shop = if number % 2 == 0 { &shop } else { &there };
            shop.refresh(&token)
        }))
        .await;
        let answers = answers.into_iter().map(|answer| Tokens::of(&answer.ok()));
        let mut successors: Vec<_> = answers.map(|tokens| tokens.refresh.expect("is rotated")).collect();
        successors.dedup();
        assert_eq!(successors.len(), 1);
        token = successors.remove(0);
    }
}

/// No request has to come back to where the one before it went.
async fn a_sign_in_at_one_node_counts_at_the_other(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let full = one.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let here = one.browser();
    let page = here.get(&shop.authorize_path(&[])).await;
    let there = here.copied_to(&other);
    let back = there.type_password(&page, ADA, crate::harness::PASSWORD).await;
    let code = back.sent("code").expect("the form is taken");
    let tokens = Tokens::of(&shop.trade(&code).await.ok());
    assert!(one.is_active(&tokens.access).await && other.is_active(&tokens.access).await);
    let silently = shop.authorize_path(&[("prompt", "none")]);
    assert!(there.copied_to(&one).get(&silently).await.sent("code").is_some());
    // Whatever one node forgets of failures, the database knows.
    for number in 0..6 {
        let node = if number % 2 == 0 { &one } else { &other };
        let browser = node.browser();
        let page = browser.get(&shop.authorize_path(&[])).await;
        browser.type_password(&page, ADA, "wrong").await;
    }
    for node in [&one, &other] {
        let browser = node.browser();
        let page = browser.get(&shop.authorize_path(&[])).await;
        let page = browser.type_password(&page, ADA, crate::harness::PASSWORD).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    }
}

/// Status, seconds to wait, and the page, of one attempt.
async fn fail_at(node: &TestApp, shop: &RelyingParty<'_>, name: &str) -> (u16, Option<String>, String) {
    let browser = node.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    let page = browser.type_password(&page, name, "wrong").await;
    let wait = page.headers.get("retry-after").map(|value| value.to_str().expect("ASCII").to_owned());
    (page.status.as_u16(), wait, page.html.replace(name, "NAME"))
}

async fn failures_at_two_nodes_are_those_of_one_whoever_it_is(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let full = one.full().await;
    full.person(ADA).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let mut traces = Vec::new();
    for name in [ADA, "eve@example.com"] {
        let mut trace = Vec::new();
        for number in 0..8 {
            let node = if number % 2 == 0 { &one } else { &other };
            trace.push(fail_at(node, &shop, name).await);
        }
        let statuses: Vec<_> = trace.iter().map(|(status, ..)| *status).collect();
        assert_eq!(statuses, [422, 422, 422, 422, 422, 422, 429, 429], "{name}");
        assert_eq!(trace[6].1.as_deref(), Some("30"), "{name}");
        traces.push(trace);
    }
    let without_tokens = |trace: &[(u16, Option<String>, String)]| {
        let texts = trace.iter().map(|(status, wait, html)| {
            let shown = html
                .split("<input type=\"hidden\"")
                .map(|part| part.split_once('>').map_or(part, |(_, rest)| rest).to_owned());
            (*status, wait.clone(), shown.collect::<String>())
        });
        texts.collect::<Vec<_>>()
    };
    assert_eq!(without_tokens(&traces[0]), without_tokens(&traces[1]), "neither is told from the other");
}
