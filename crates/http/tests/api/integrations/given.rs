//! `urn:kontext:user-id`: what one of a client's people has, given out to it.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::connect::{arrives, by_oauth_client, put, server, travels};
use super::{id_of, made, path_of};
use crate::harness::{Answer, RelyingParty, TestApp, Tokens, User};

on_each_database![
    a_connected_user_is_somebody_whose_token_is_given,
    unknown_or_unconnected_is_integration_required,
    what_cannot_be_given_is_refused_in_the_words_of_the_reference,
    a_token_of_oauth_is_renewed_before_it_is_given,
];

const ADA: &str = "ada@example.com";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const USER: &str = "urn:kontext:user-id";

/// A confidential application that people sign in to, and Ada by it.
struct Agent<'a> {
    full: User<'a>,
    party: RelyingParty<'a>,
    secret: String,
    ada: String,
}

impl<'a> Agent<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let full = app.full().await;
        let ada = full.person(ADA).await;
        let body = json!({
            "name": "Agent", "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials", EXCHANGE],
        });
        let (party, secret) = RelyingParty::confidential(&full, body).await;
        Self { full, party, secret, ada }
    }

    async fn attached(&self, integration: Value) -> Value {
        let integration = made(&self.full, integration).await;
        self.full.act(&self.attachment(&integration)).await.with(204);
        integration
    }

    fn attachment(&self, integration: &Value) -> String {
        format!("/applications/{}/integrations/{}", self.party.client_id, id_of(integration))
    }

    /// Ada, by an access token of hers.
    async fn person(&self) -> User<'a> {
        let app = self.full.app();
        let back = self.party.walk(&app.browser(), ADA, &[]).await;
        let code = back.sent("code").unwrap_or_else(|| panic!("no code: {back:?}"));
        let given = self.party.trade_with(&code, &[("client_secret", self.secret.as_str())]).await.ok();
        app.bearing(&Tokens::of(&given).access)
    }

    async fn exchange(&self, subject: &str, more: &[(&str, &str)]) -> Answer {
        let secret = (self.party.client_id.as_str(), self.secret.as_str());
        exchange(self.full.app(), secret, subject, more).await
    }
}

async fn exchange(app: &TestApp, (id, secret): (&str, &str), subject: &str, more: &[(&str, &str)]) -> Answer {
    let mut all = vec![
        ("grant_type", EXCHANGE),
        ("subject_token_type", USER),
        ("subject_token", subject),
        ("client_id", id),
        ("client_secret", secret),
    ];
    all.extend(more);
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
    app.nobody().form("/oauth2/token", &form).await
}

fn connection(integration: &Value) -> String {
    format!("/account/integrations/{}/connection", id_of(integration))
}

const GIT: (&str, &str) = ("resource", "git");

fn brought() -> Value {
    json!({
        "name": "Git", "url": "https://a.example/mcp", "auth_mode": "user_token", "provider": "github",
        "category": "internal_mcp_credentials",
    })
}

async fn a_connected_user_is_somebody_whose_token_is_given(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let agent = Agent::of(&app).await;
    let git = agent.attached(brought()).await;
    let ada = agent.person().await;
    let odd = "hush-\"ada\"\\1";
    let until = app.after(600);
    put(&ada, &connection(&git), json!({ "token": odd, "expires_at": until })).await.ok();
    let id = id_of(&git);
    let uuid = appkeep_domain::UserId::parse(&agent.ada).expect("an id").to_uuid();
    for (subject, resource) in [
        (agent.ada.as_str(), "git"),
        (&agent.ada, "GIT"),
        (&agent.ada, &id),
        (&uuid, "https://a.example/mcp"),
    ] {
        let given = agent.exchange(subject, &[("resource", resource)]).await;
        assert_eq!((given.header("cache-control"), given.header("pragma")), ("no-store", "no-cache"));
        let expected = json!({
            "access_token": odd, "token_type": "Bearer", "expires_in": 600, "scope": "",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "provider_handle": "Git", "provider_kind": "github",
        });
        assert_eq!(given.ok(), expected, "{subject} {resource}");
    }
    let told = json!({ "integration_id": git["id"], "user_id": agent.ada });
    let entries = agent.full.entries("integration.token_given").await;
    assert_eq!(entries, vec![(Value::Null, told); 4]);
    let entry = agent.full.get("/audit?action=integration.token_given").await.ok()["data"][0].take();
    assert_eq!(entry["actor"], json!({ "kind": "application", "id": agent.party.client_id }));
    assert!(!agent.full.get("/audit").await.text.contains("hush"));
    assert!(!format!("{:?}", database.dump().await).contains("hush"));
    // By her address, once it is shown to be hers.
    agent.exchange(ADA, &[GIT]).await.refused_by_oauth(400, "integration_required");
    let verified = json!({ "email_verified": true });
    agent.full.patch(&format!("/users/{}", agent.ada), verified).await.ok();
    agent.exchange(ADA, &[GIT]).await.ok();
    // After a detach it is of no use, and it is the same when it is attached again.
    agent.full.delete(&agent.attachment(&git)).await.with(204);
    agent.exchange(&agent.ada, &[GIT]).await.refused_by_oauth(400, "invalid_target");
    agent.full.act(&agent.attachment(&git)).await.with(204);
    agent.exchange(&agent.ada, &[GIT]).await.ok();
    ada.delete(&connection(&git)).await.with(204);
    agent.exchange(&agent.ada, &[GIT]).await.refused_by_oauth(400, "integration_required");
}

async fn unknown_or_unconnected_is_integration_required(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let agent = Agent::of(&app).await;
    let git = agent.attached(brought()).await;
    let bob = agent.full.person("bob@example.com").await;
    for subject in ["nobody", "nobody@example.com", "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", &bob, &agent.ada] {
        agent.exchange(subject, &[GIT]).await.refused_by_oauth(400, "integration_required");
    }
    // What she connected by another application is not for this one to have.
    let other = RelyingParty::register(&agent.full, json!({ "name": "Other" })).await;
    let attachment = format!("/applications/{}/integrations/{}", other.client_id, id_of(&git));
    agent.full.act(&attachment).await.with(204);
    let by_other = other.sign_in(&app.browser(), ADA).await;
    put(&app.bearing(&by_other.access), &connection(&git), json!({ "token": "hush" })).await.ok();
    agent.exchange(&agent.ada, &[GIT]).await.refused_by_oauth(400, "integration_required");
    put(&agent.person().await, &connection(&git), json!({ "token": "hush" })).await.ok();
    agent.exchange(&agent.ada, &[GIT]).await.ok();
    // Whoever may not use the client is nobody to it.
    let path = format!("/applications/{}", agent.party.client_id);
    agent.full.patch(&path, json!({ "assignment_required": true })).await.ok();
    agent.exchange(&agent.ada, &[GIT]).await.refused_by_oauth(400, "integration_required");
    agent.full.put(&format!("{path}/assignments/{}", agent.ada)).await.with(204);
    agent.exchange(&agent.ada, &[GIT]).await.ok();
    agent.full.delete(&format!("/users/{}", agent.ada)).await.with(204);
    agent.exchange(&agent.ada, &[GIT]).await.refused_by_oauth(400, "integration_required");
    assert_eq!(agent.full.entries("integration.token_given").await.len(), 2);
}

async fn what_cannot_be_given_is_refused_in_the_words_of_the_reference(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let agent = Agent::of(&app).await;
    let git = agent.attached(brought()).await;
    put(&agent.person().await, &connection(&git), json!({ "token": "hush" })).await.ok();
    let shared = json!({
        "name": "shared", "url": "https://b.example/mcp", "auth_mode": "server_token", "server_token": "hush-2",
    });
    agent.attached(shared).await;
    agent.attached(json!({ "name": "open", "url": "https://c.example/mcp" })).await;
    agent.attached(json!({ "name": "mail", "url": "https://d.example/mcp", "auth_mode": "oauth" })).await;
    made(&agent.full, json!({ "name": "away", "url": "https://e.example/mcp" })).await;
    for (more, code, said) in [
        (&[][..], "provider_required", "resource"),
        (&[GIT, ("resource", "open")], "invalid_target", "several"),
        (&[("resource", "away")], "invalid_target", "not connected"),
        (&[("resource", "nothing")], "invalid_target", "not connected"),
        (&[("resource", "shared")], "invalid_target", "shared server token"),
        (&[("resource", "open")], "invalid_target", "no token"),
        (&[("resource", "mail")], "provider_not_configured", "registered"),
        (&[GIT, ("scope", "repo")], "invalid_scope", "scope"),
        (
            &[
                GIT,
                ("actor_token", "x"),
                ("actor_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ],
            "invalid_request",
            "nobody acts",
        ),
    ] {
        let answer = agent.exchange(&agent.ada, more).await;
        let description = answer.body["error_description"].as_str().unwrap_or_default().to_owned();
        assert!(description.contains(said), "{more:?}: {}", answer.body);
        answer.refused_by_oauth(400, code);
    }
    let path = format!("/applications/{}", agent.party.client_id);
    let wrong = (agent.party.client_id.as_str(), "wrong");
    exchange(&app, wrong, &agent.ada, &[GIT]).await.refused_by_oauth(401, "invalid_client");
    let grants = |all: &[&str]| json!({ "grant_types": all });
    agent.full.patch(&path, grants(&["authorization_code", "refresh_token"])).await.ok();
    agent.exchange(&agent.ada, &[GIT]).await.refused_by_oauth(400, "unauthorized_client");
    agent.full.patch(&path, grants(&["authorization_code", "refresh_token", EXCHANGE])).await.ok();
    agent.full.act(&format!("{path}/disable")).await.ok();
    agent.exchange(&agent.ada, &[GIT]).await.refused_by_oauth(400, "unauthorized_client");
    agent.full.act(&format!("{path}/enable")).await.ok();
    agent.exchange(&agent.ada, &[GIT]).await.ok();
}

async fn a_token_of_oauth_is_renewed_before_it_is_given(database: TestDatabase) {
    let (app, server) = (TestApp::start(&database).await, server().await);
    let agent = Agent::of(&app).await;
    let mail = json!({
        "name": "mail", "url": "https://a.example/mcp", "auth_mode": "oauth", "scopes": ["repo", "user"],
    });
    let mail = agent.attached(mail).await;
    let path = format!("/api/v1{}/oauth", path_of(&mail));
    agent.full.json(Method::PUT, &path, by_oauth_client(&server)).await.ok();
    let (ada, path) = (agent.person().await, connection(&mail));
    let resource = [("resource", "mail")];
    agent.exchange(&agent.ada, &resource).await.refused_by_oauth(400, "integration_required");
    let state = travels(&ada, &path, "code=good&iss=x").await;
    arrives(&ada, &path, &state).await.data();
    let given = agent.exchange(&agent.ada, &resource).await.ok();
    assert_eq!((&given["access_token"], &given["expires_in"]), (&json!("hush-access-0"), &json!(3_600)));
    app.clock.advance_micros(3_590_000_000);
    let given = agent.exchange(&agent.ada, &resource).await.ok();
    assert_eq!((&given["access_token"], &given["expires_in"]), (&json!("hush-access-1"), &json!(3_600)));
    server.is_unwilling();
    app.clock.advance_micros(3_601_000_000);
    for _ in 0..2 {
        let refused = agent.exchange(&agent.ada, &resource).await;
        refused.refused_by_oauth(400, "provider_reauthorization_required");
    }
}
