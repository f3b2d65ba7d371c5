//! Agents that speak for somebody: what they reach is shown what that person has
//! with it.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{InSession, agent, answer, attach, machine, request, send};
use crate::harness::{Elsewhere, ISSUER, RelyingParty, Sent, TestApp, Tokens, User};

on_each_database![
    what_somebody_has_is_shown_in_their_name_and_in_nobody_elses,
    another_application_never_sees_a_tool,
    somebody_who_is_gone_reaches_nothing,
];

const GATEWAY: (&str, &str) = ("resource", "mcp-gateway");
const SCOPE: (&str, &str) = ("scope", "openid mcp:invoke");

/// A server of tools without sessions of its own that takes one token only.
async fn guarded(takes: &'static str) -> Elsewhere {
    Elsewhere::start(move |_, asked| {
        let call: Value = serde_json::from_str(&asked.body).expect("JSON");
        if asked.authorization != takes {
            return Sent::json(401, "{}".to_owned());
        }
        match call["method"].as_str() {
            Some("initialize") => {
                let result = json!({ "protocolVersion": "2025-06-18", "capabilities": {} });
                Sent::json(200, json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }).to_string())
            }
            Some("notifications/initialized") => {
                Sent { status: 202, headers: Vec::new(), body: String::new() }
            }
            _ => answer(&call),
        }
    })
    .await
}

pub(super) async fn party<'a>(full: &User<'a>, name: &str) -> RelyingParty<'a> {
    let scopes = json!(["openid", "mcp:invoke"]);
    let body = json!({ "name": name, "allowed_scopes": scopes, "allowed_resources": ["mcp-gateway"] });
    RelyingParty::register(full, body).await
}

/// Two tokens of theirs: for the gateway, and for their own account.
pub(super) async fn person<'a>(
    app: &'a TestApp,
    party: &RelyingParty<'a>,
    email: &str,
) -> (User<'a>, User<'a>) {
    let mut tokens = Vec::new();
    for more in [&[GATEWAY, SCOPE][..], &[("scope", "openid")]] {
        let back = party.walk(&app.browser(), email, more).await;
        let given = party.trade(&back.sent("code").expect("a code")).await.ok();
        tokens.push(app.bearing(&Tokens::of(&given).access));
    }
    let own = tokens.pop().expect("two");
    (tokens.pop().expect("two"), own)
}

async fn what_somebody_has_is_shown_in_their_name_and_in_nobody_elses(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let server = guarded("Bearer hush-ada").await;
    let party = party(&full, "Shop").await;
    let url = format!("{}/mcp", server.url);
    let git =
        attach(&full, &party.client_id, json!({ "name": "git", "url": url, "auth_mode": "user_token" }))
            .await;
    let ada_id = full.person("ada@example.com").await;
    let (ada, own) = person(&app, &party, "ada@example.com").await;
    full.person("bob@example.com").await;
    let (bob, _) = person(&app, &party, "bob@example.com").await;

    let ada = InSession::begin(ada).await;
    let told = |why: &str| {
        json!({
            "error": why, "integration_id": git, "integration": "git", "auth_mode": "user_token",
            "connect_url": format!("{ISSUER}/api/v1/account/integrations/{git}/connection"),
        })
    };
    let listed = ada.ask("tools/list", json!({})).await.expect("is listed");
    assert_eq!(listed["tools"], json!([]));
    assert_eq!(listed["_meta"]["appkeep/left_out"], json!([told("integration_required")]));
    let error = ada.call("git__echo", json!({})).await.expect_err("is not connected");
    assert_eq!((&error["code"], &error["data"]), (&json!(-32_050), &told("integration_required")));
    assert_eq!(full.entries("integration.called").await, [], "nothing was passed on");

    let path = format!("/api/v1/account/integrations/{git}/connection");
    own.json(Method::PUT, &path, json!({ "token": "hush-ada" })).await.ok();
    assert_eq!(ada.names().await, ["git__echo", "git__fail", "git__add"]);
    ada.call("git__echo", json!({})).await.expect("is called");
    assert!(server.asked().iter().all(|asked| asked.authorization == "Bearer hush-ada"));
    let entry = full.get("/audit?action=integration.called").await.ok()["data"][0].take();
    assert_eq!((&entry["actor"]["kind"], &entry["actor"]["id"]), (&json!("user"), &json!(ada_id)));
    assert!(!full.get("/audit").await.text.contains("hush"));

    let bob = InSession::begin(bob).await;
    assert_eq!(bob.names().await, [] as [&str; 0]);
    let answer = send(&bob.user, &[("mcp-session-id", &ada.id)], request("ping", json!({}))).await;
    assert_eq!(answer.status, 404, "a session is its own person's");

    own.json(Method::PUT, &path, json!({ "token": "hush-other" })).await.ok();
    let error = ada.call("git__echo", json!({})).await.expect_err("is not taken there");
    assert_eq!(error["data"], told("reauthorization_required"));
    let status = own.get(&format!("/account/integrations/{git}/connection")).await.data()["status"].take();
    assert_eq!(status, "expired", "it is not shown again");
    own.json(Method::PUT, &path, json!({ "token": "hush-ada" })).await.ok();
    ada.call("git__echo", json!({})).await.expect("is called again");
}

async fn another_application_never_sees_a_tool(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let server = guarded("").await;
    let (one, other) = (party(&full, "One").await, party(&full, "Other").await);
    attach(&full, &one.client_id, json!({ "name": "git", "url": format!("{}/mcp", server.url) })).await;
    full.person("ada@example.com").await;
    let (here, _) = person(&app, &one, "ada@example.com").await;
    let (there, _) = person(&app, &other, "ada@example.com").await;
    let (here, there) = (InSession::begin(here).await, InSession::begin(there).await);
    assert_eq!(here.names().await, ["git__echo", "git__fail", "git__add"]);
    assert_eq!(there.names().await, [] as [&str; 0]);
    assert_eq!(there.call("git__echo", json!({})).await.expect_err("is none of its")["code"], -32_602);
    here.call("git__echo", json!({})).await.expect("is called");
}

async fn somebody_who_is_gone_reaches_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let party = party(&full, "Shop").await;
    let url = "https://a.example/mcp";
    let theirs = json!({ "name": "git", "url": url, "auth_mode": "oauth" });
    let git = attach(&full, &party.client_id, theirs.clone()).await;
    let ada_id = full.person("ada@example.com").await;
    let (ada, _) = person(&app, &party, "ada@example.com").await;
    let ada = InSession::begin(ada).await;
    ada.send(request("ping", json!({}))).await.ok();
    assert_eq!(database.dump().await["agent_sessions"].len(), 1);
    // What people allow there, they allow by a page of ours.
    let error = ada.call("git__echo", json!({})).await.expect_err("is not connected");
    let page = format!("{ISSUER}/integrations/{git}/connect-own?client_id={}", party.client_id);
    assert_eq!(error["data"]["connect_url"], page);
    full.delete(&format!("/users/{ada_id}")).await.with(204);
    ada.send(request("ping", json!({}))).await.refused(401, "invalid_token");
    assert_eq!(database.dump().await["agent_sessions"].len(), 0);

    let machine = machine(&full, "Agent").await;
    let id = machine["id"].as_str().expect("an id");
    full.act(&format!("/applications/{id}/integrations/{git}")).await.with(204);
    let machine = InSession::begin(agent(&app, &machine).await).await;
    let error = machine.call("git__echo", json!({})).await.expect_err("speaks for nobody");
    assert_eq!(
        (&error["data"]["error"], &error["data"]["connect_url"]),
        (&json!("integration_required"), &Value::Null)
    );
    full.delete(&format!("/applications/{id}")).await.with(204);
    machine.send(request("ping", json!({}))).await.refused(401, "invalid_token");
    assert_eq!(database.dump().await["agent_sessions"].len(), 0);
}
