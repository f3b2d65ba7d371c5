//! Operators sign in as everybody does, to an application of their own.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use crate::harness::{
    Answer, Browser, ISSUER, Operator, PASSWORD, Page, RelyingParty, TestApp, Tokens, claims,
};

on_each_database![
    an_operator_manages_with_their_role,
    an_operators_token_does_what_was_asked_for_and_no_more,
    each_signs_in_where_they_belong,
    an_ordinary_users_token_manages_nothing,
    operators_are_out_of_the_reach_of_a_tenants_administrators,
    an_operator_who_signed_out_manages_nothing,
    nobody_in_the_tenant_changes_where_operators_are_sent,
];

const ADA: &str = "ada@example.com";

/// The application that operators sign in to.
struct Console<'a> {
    app: &'a TestApp,
    party: RelyingParty<'a>,
    operator: Operator,
    callback: String,
}

impl<'a> Console<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let (client_id, operator) = app.console().await;
        let party = RelyingParty::new(app, client_id);
        Self { app, party, operator, callback: format!("{ISSUER}/console/callback") }
    }

    fn path(&self, more: &[(&str, &str)]) -> String {
        let more: Vec<_> = [("redirect_uri", self.callback.as_str())].iter().chain(more).copied().collect();
        self.party.authorize_path(&more)
    }

    async fn ask(&self, browser: &Browser<'_>, scope: &str) -> Page {
        browser.get(&self.path(&[("scope", scope)])).await
    }

    async fn trade(&self, back: &Page) -> Answer {
        let code = back.sent("code").unwrap_or_else(|| panic!("no code: {back:?}"));
        self.party.trade_with(&code, &[("redirect_uri", &self.callback)]).await
    }

    async fn sign_in(&self, browser: &Browser<'_>, scope: &str) -> Tokens {
        let page = self.ask(browser, scope).await;
        let back = browser.type_password(&page, &self.operator.email, &self.operator.password).await;
        Tokens::of(&self.trade(&back).await.ok())
    }
}

async fn an_operator_manages_with_their_role(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let console = Console::of(&app).await;
    let browser = app.browser();
    let scope = "openid email offline_access applications:read applications:write users:read audit:read";
    let tokens = console.sign_in(&browser, scope).await;
    let operator = app.bearing(&tokens.access);
    assert_eq!(claims(&tokens.access)["aud"], format!("{ISSUER}/api/v1"));
    let made = operator.create("spa", json!({ "name": "By an operator" })).await;
    assert_eq!((&made["can_update"], &made["can_delete"]), (&json!(true), &json!(true)));
    let (action, _, _) = operator.last_entry().await;
    assert_eq!(action, "application.created");
    let entry = operator.get("/audit?limit=1").await.ok()["data"][0].take();
    assert_eq!(entry["actor"]["kind"], "operator", "{entry}");
    assert_eq!(operator.get("/users").await.status, 200);
    // Refreshed, it is as good.
    let answer = console.party.refresh(&tokens.refresh.expect("asked for offline_access")).await;
    let renewed = Tokens::of(&answer.ok());
    assert_eq!(app.bearing(&renewed.access).get("/applications").await.status, 200);
    assert!(console.party.is_good(&renewed.access).await, "OIDC Core §5.3");
    // And there is no page the second time.
    let silently = browser.get(&console.path(&[("prompt", "none"), ("scope", "openid")])).await;
    assert!(silently.sent("code").is_some());
}

async fn an_operators_token_does_what_was_asked_for_and_no_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let console = Console::of(&app).await;
    let tokens = console.sign_in(&app.browser(), "openid applications:read").await;
    let operator = app.bearing(&tokens.access);
    assert_eq!(operator.get("/applications").await.status, 200);
    let body = json!({ "name": "a", "type": "spa" });
    operator.post("/applications", body).await.refused(403, "insufficient_scope");
    operator.get("/users").await.refused(403, "insufficient_scope");
    // For another API it cannot be had.
    let page = app.browser().get(&console.path(&[("resource", "https://api.shop.example")])).await;
    assert_eq!(page.sent("error").as_deref(), Some("invalid_target"));
}

async fn each_signs_in_where_they_belong(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let console = Console::of(&app).await;
    let full = app.full().await;
    full.person(ADA).await;
    // Somebody of the tenant has the operator's name.
    full.person(&console.operator.email).await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = app.browser();
    for name in [ADA, &console.operator.email] {
        let page = console.ask(&browser, "openid").await;
        assert_eq!(browser.type_password(&page, name, PASSWORD).await.status, 422, "{name}");
        let page = browser.get(&shop.authorize_path(&[])).await;
        let answer = browser.type_password(&page, name, &console.operator.password).await;
        assert_eq!(answer.status, 422, "{name}");
    }
    assert_eq!(browser.cookie("appkeep_session"), None);
    // Being signed in to one is nothing to the other.
    let tokens = shop.sign_in(&browser, ADA).await;
    let silently = browser.get(&console.path(&[("prompt", "none")])).await;
    assert_eq!(silently.sent("error").as_deref(), Some("login_required"));
    assert_eq!(console.ask(&browser, "openid").await.heading(), "Sign in");
    let operators = console.sign_in(&browser, "openid applications:read").await;
    let silently = browser.get(&shop.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silently.sent("error").as_deref(), Some("login_required"));
    assert!(!app.is_active(&tokens.access).await, "a browser is one person's");
    assert!(app.is_active(&operators.access).await);
}

async fn an_ordinary_users_token_manages_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person(ADA).await;
    let scopes = json!({ "allowed_scopes": ["openid", "applications:read", "users:write"] });
    let greedy = RelyingParty::register(&full, scopes).await;
    let page = app.browser().get(&greedy.authorize_path(&[("scope", "openid applications:read")])).await;
    assert_eq!(page.sent("error").as_deref(), Some("invalid_scope"));
    let back = greedy.walk(&app.browser(), ADA, &[("scope", "")]).await;
    let tokens = Tokens::of(&greedy.trade(&back.sent("code").expect("is let in")).await.ok());
    assert_eq!(claims(&tokens.access)["scope"], "openid");
    for path in ["/applications", "/users", "/tenant", "/audit"] {
        app.bearing(&tokens.access).get(path).await.refused(401, "invalid_token");
    }
    let id_token = tokens.id.expect("asked for openid");
    app.bearing(&id_token).get("/applications").await.refused(401, "invalid_token");
}

async fn operators_are_out_of_the_reach_of_a_tenants_administrators(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let console = Console::of(&app).await;
    let tokens = console.sign_in(&app.browser(), "openid applications:read").await;
    let id = claims(&tokens.access)["sub"].as_str().expect("text").to_owned();
    let full = app.full().await;
    let path = format!("/users/{id}");
    full.get(&path).await.refused(404, "user_not_found");
    full.patch(&path, json!({ "email": ADA })).await.refused(404, "user_not_found");
    full.patch(&path, json!({ "status": "suspended" })).await.refused(404, "user_not_found");
    full.delete(&path).await.refused(404, "user_not_found");
    let password = json!({ "password": PASSWORD });
    let answer = full.json(Method::PUT, &format!("/api/v1{path}/password"), password).await;
    answer.refused(404, "user_not_found");
    full.delete(&format!("{path}/password")).await.refused(404, "user_not_found");
    let group = full.group("Operators").await;
    full.put(&format!("/groups/{group}/members/{id}")).await.refused(404, "user_not_found");
    let application = full.create("spa", json!({})).await["id"].as_str().expect("text").to_owned();
    full.put(&format!("/applications/{application}/assignments/{id}")).await.refused(404, "user_not_found");
    // Nor is anything seen of who signs in to what.
    let people = format!("/applications/{}", console.party.client_id);
    for of in ["sessions", "assignments", "effective-users"] {
        full.get(&format!("{people}/{of}")).await.refused(404, "app_not_found");
    }
    full.delete(&format!("{people}/sessions")).await.refused(404, "app_not_found");
    let listed = full.get("/users").await;
    assert!(!listed.text.contains(&console.operator.email), "{}", listed.text);
    let history = full.get("/audit?limit=200").await;
    assert!(!history.text.contains(&console.operator.email), "{}", history.text);
    assert_eq!(app.bearing(&tokens.access).get("/applications").await.status, 200);
}

async fn an_operator_who_signed_out_manages_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let console = Console::of(&app).await;
    let browser = app.browser();
    let tokens = console.sign_in(&browser, "openid offline_access applications:read").await;
    let operator = app.bearing(&tokens.access);
    assert_eq!(operator.get("/applications").await.status, 200);
    let hint = tokens.id.as_deref().expect("asked for openid");
    let back = format!("{ISSUER}/console");
    let path = format!("/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri={back}");
    assert_eq!(browser.get(&path).await.location().expect("is sent back").as_str(), back);
    operator.get("/applications").await.refused(401, "invalid_token");
    assert!(!console.app.is_active(&tokens.access).await);
    let answer = console.party.refresh(&tokens.refresh.expect("asked for offline_access")).await;
    answer.refused_by_oauth(400, "invalid_grant");
}

/// Whoever could would be handed an operator's code.
async fn nobody_in_the_tenant_changes_where_operators_are_sent(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let console = Console::of(&app).await;
    let path = format!("/applications/{}", console.party.client_id);
    let evil = json!({ "redirect_uris": ["https://evil.example/callback"] });
    for scopes in ["applications:read applications:write", crate::harness::ALL_SCOPES] {
        let somebody = app.with(scopes).await;
        let answer = somebody.patch(&path, evil.clone()).await;
        assert_eq!(answer.status, 403, "{scopes}: {}", answer.body);
        assert_eq!(somebody.delete(&path).await.status, 403, "{scopes}");
        assert_eq!(somebody.read(&console.party.client_id).await["can_update"], false);
    }
    // An operator of the platform may.
    let tokens = console.sign_in(&app.browser(), crate::harness::ALL_SCOPES).await;
    let operator = app.bearing(&tokens.access);
    operator.patch(&path, json!({ "description": "For operators" })).await.ok();
    let sessions = operator.get(&format!("{path}/sessions")).await.ok();
    assert_eq!(sessions["data"].as_array().map(Vec::len), Some(1));
    let page = app.browser().get(&console.path(&[("redirect_uri", "https://evil.example/callback")])).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None));
}
